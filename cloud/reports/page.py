"""The officers' page of reports, and that of what is sent by e-mail."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, InPerson, Officer
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.reports import schedules
from cloud.reports.api import KnownPeriod, KnownSchedule
from cloud.reports.areas import areas_of
from cloud.reports.columns import alarm_title, all_day_columns, area_columns, pond_columns
from cloud.reports.making import make
from cloud.reports.periods import Regular, clock, local_day
from cloud.reports.subscribing import Refused, ScheduleIn, end, subscribe
from cloud.reports.summary import facts
from gateway.text import Text
from gateway.web.shared import Words

router = APIRouter(prefix="/reports", include_in_schema=False)

KINDS = ("day", "week", "month", "crop")
MOST_PONDS = 50
SHOWN_SENDINGS = 5
OF_AREAS = ("commune", "ponds", "without_data", "low_ponds", "low_days", "below_h", "do_low", "do_mean", "complete")
OF_PONDS = ("pond", "farm", "low_days", "below_h", "do_low", "do_mean", "lowest_at", "complete")
Chosen = Annotated[str, Query(max_length=60)]


@router.get("")
def reports(
    request: Request,
    asking: Officer,
    reading: Reading,
    words: Words,
    now_s: Now,
    period: KnownPeriod,
    area: Chosen = "",
) -> Response:
    """Choose an area and a period; the figures; the files."""
    areas = areas_of(reading, asking, now_s, local_day(now_s))
    chosen = next((found for found in areas if found.key == area), areas[0] if areas else None)
    report = make(reading, asking, chosen, period, now_s) if chosen else None
    ponds = {column.key: column for column in pond_columns(clock, chosen.communes if chosen else {})}
    columns = {column.key: column for column in area_columns()}
    return show(
        request,
        "reports.html",
        words,
        title=words("reports.title"),
        areas=areas,
        kinds=KINDS,
        chosen=chosen,
        period=period,
        report=report,
        facts=facts(report, words) if report else [],
        area_columns=[columns[key] for key in OF_AREAS],
        day_columns=all_day_columns(),
        pond_columns=[ponds[key] for key in OF_PONDS],
        most=MOST_PONDS,
        alarm_title=alarm_title,
    )


@router.get("/schedules")
def sent(request: Request, asking: Officer, reading: Reading, words: Words, now_s: Now) -> Response:
    """What is sent for me, and what became of it."""
    return _sent(request, asking, reading, words, now_s)


@router.post("/schedules")
def add(
    request: Request,
    asking: Officer,
    _: InPerson,
    writing: Writing,
    words: Words,
    now_s: Now,
    area: Annotated[str, Form(max_length=60)],
    period: Annotated[Regular, Form()],
    format: Annotated[str, Form(max_length=4)],  # noqa: A002
    recipients: Annotated[str, Form(max_length=5000)],
) -> Response:
    """One more."""
    given = {"area": area, "period": period, "format": format, "recipients": recipients.split()}
    try:
        subscribe(writing, asking, ScheduleIn.model_validate({**given, "language": words.language}), now_s)
    except ValidationError:
        return _sent(request, asking, writing, words, now_s, words("schedules.refused_recipients"))
    except Refused as error:
        return _sent(request, asking, writing, words, now_s, words(f"schedules.refused_{error.reason}"))
    return RedirectResponse("/reports/schedules", status_code=303)


@router.post("/schedules/{schedule_id}/remove")
def remove(schedule: KnownSchedule, asking: Officer, _: InPerson, writing: Writing, now_s: Now) -> Response:
    """One less."""
    end(writing, asking, schedule, now_s)
    return RedirectResponse("/reports/schedules", status_code=303)


def _sent(request: Request, asking: Asking, session: Session, words: Text, now_s: float, problem: str = "") -> Response:
    mine = schedules.of_person(session, asking.id)
    return show(
        request,
        "report_schedules.html",
        words,
        title=words("schedules.title"),
        status=422 if problem else 200,
        areas=areas_of(session, asking, now_s, local_day(now_s)),
        schedules=[(one, schedules.sendings(session, one.id, SHOWN_SENDINGS)) for one in mine],
        kinds=KINDS[:3],
        no_mail=not request.app.state.settings.mail_url,
        problem=problem,
        clock=clock,
    )
