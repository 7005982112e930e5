"""Reports over REST: an officer's areas, the figures, the files, and what is sent by e-mail."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict

from cloud.accounts.access import REFUSED, InPerson, Officer
from cloud.accounts.page import Now
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.ids import Id
from cloud.reports import schedules
from cloud.reports.areas import Area, area_of, areas_of
from cloud.reports.files import KINDS, Format, file_of, name_of
from cloud.reports.making import make
from cloud.reports.models import Schedule
from cloud.reports.periods import Kind, Period, Regular, local_day, period_of
from cloud.reports.subscribing import Refused, ScheduleIn, end, subscribe
from gateway.text import LANGUAGES, text

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "It is none of yours, or there is none."}}
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"description": "There are as many schedules as may be."}}
FILES: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in KINDS.values()}}}

router = APIRouter(prefix="/api/reports", tags=["reports"], responses={**REFUSED, **NOT_FOUND})

Key = Annotated[str, Query(min_length=1, max_length=60, description="From the list of areas.")]
On = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31), description="A day in it; today.")]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AreaOut(_Out):
    """An area that lies whole in your scope."""

    key: str
    kind: str
    name: str
    province: str


class SpanOut(_Out):
    """Lowest, mean, highest."""

    low: float
    mean: float
    high: float


class PlaceOut(_Out):
    """Of a pond's farm."""

    id: int
    name: str
    farm: str
    commune: str


class PondLineOut(_Out):
    """A pond; `complete`, `survival` are shares (0 to 1), `below_h` hours under 3 mg/L, null what is not known."""

    pond: PlaceOut
    first: date
    last: date
    water: dict[str, SpanOut]
    lowest_at: float | None
    low_days: int
    below_h: float | None
    seen_days: int
    complete: float | None
    kwh: float | None
    alarms: dict[str, int] | None
    fcr: float | None
    survival: float | None
    harvest_kg: float | None


class AreaLineOut(_Out):
    """Ponds together; `low_days` counts each pond's days under 3 mg/L."""

    code: str
    name: str
    farms: int
    ponds: int
    without_data: int
    water: dict[str, SpanOut]
    low_ponds: int
    low_days: int
    below_h: float | None
    complete: float | None
    kwh: float | None
    alarms: dict[str, int]


class AreaDayOut(_Out):
    """All ponds on a local day."""

    day: date
    ponds: int
    oxygen: SpanOut | None
    low_ponds: int
    below_h: float | None


class PeriodOut(_Out):
    """Local days, both of them in it."""

    kind: Kind
    first: date
    last: date


class ReportOut(_Out):
    """A report; `withheld` farms do not show officers their water."""

    area: str
    province: str
    period: PeriodOut
    made_at: float
    withheld: int
    total: AreaLineOut
    communes: list[AreaLineOut]
    days: list[AreaDayOut]
    ponds: list[PondLineOut]


class ScheduleOut(_Out):
    """A report that is sent; Unix seconds."""

    id: int
    area: str
    area_name: str
    period: Regular
    format: Format
    language: str
    recipients: list[str]
    next_at: float


class SendingOut(_Out):
    """One sending; `again_at` is null once nothing is left to do, `error` empty when the last try went well."""

    id: int
    first: date
    last: date
    file: str
    tries: int
    again_at: float | None
    sent_at: float | None
    error: str


def known_area(area: Key, asking: Officer, reading: Reading, now_s: Now) -> Area:
    """The area that is asked for; 404 when it does not lie whole in their scope."""
    found = area_of(reading, asking, area, now_s, local_day(now_s))
    if found is None:
        raise HTTPException(404, f"there is no area {area} in your scope")
    return found


def known_period(now_s: Now, period: Kind = "month", on: On = None) -> Period:
    """The period that is asked for."""
    return period_of(period, on or local_day(now_s))


def known_schedule(schedule_id: Id, asking: Officer, writing: Writing) -> Schedule:
    """One of their own; 404."""
    found = schedules.one(writing, asking.id, schedule_id)
    if found is None:
        raise HTTPException(404, f"there is no schedule {schedule_id} of yours")
    return found


KnownArea = Annotated[Area, Depends(known_area)]
KnownPeriod = Annotated[Period, Depends(known_period)]
KnownSchedule = Annotated[Schedule, Depends(known_schedule)]


@router.get("/areas")
def list_areas(asking: Officer, reading: Reading, now_s: Now) -> list[AreaOut]:
    """What you may have reports of: provinces, extension areas, communes."""
    return [AreaOut.model_validate(area) for area in areas_of(reading, asking, now_s, local_day(now_s))]


@router.get("")
def get_report(asking: Officer, area: KnownArea, period: KnownPeriod, reading: Reading, now_s: Now) -> ReportOut:
    """The figures of a report."""
    return ReportOut.model_validate(make(reading, asking, area, period, now_s))


@router.get("/file", responses=FILES, response_class=Response)
def get_file(
    asking: Officer,
    area: KnownArea,
    period: KnownPeriod,
    reading: Reading,
    now_s: Now,
    format: Format = "pdf",  # noqa: A002
    language: Annotated[str, Query(pattern="^(vi|en)$")] = LANGUAGES[0],
) -> Response:
    """A report as a file, with the same figures."""
    report = make(reading, asking, area, period, now_s)
    named = {"Content-Disposition": f'attachment; filename="{name_of(area.name, period, format)}"'}
    return Response(file_of(report, format, text(language)), media_type=KINDS[format], headers=named)


@router.get("/schedules")
def list_schedules(asking: Officer, reading: Reading) -> list[ScheduleOut]:
    """The reports that are sent for you."""
    return [schedule_out(schedule) for schedule in schedules.of_person(reading, asking.id)]


@router.post("/schedules", status_code=201, responses=CONFLICT)
def post_schedule(wish: ScheduleIn, asking: Officer, _: InPerson, writing: Writing, now_s: Now) -> ScheduleOut:
    """Have a report sent after every period, from the one that runs now on."""
    try:
        return schedule_out(subscribe(writing, asking, wish, now_s))
    except Refused as error:
        if error.reason == "area":
            raise HTTPException(404, f"there is no area {wish.area} in your scope") from error
        raise HTTPException(409, "there are as many schedules as may be; end one first") from error


@router.delete("/schedules/{schedule_id}", status_code=204)
def delete_schedule(schedule: KnownSchedule, asking: Officer, _: InPerson, writing: Writing, now_s: Now) -> Response:
    """No more of it."""
    end(writing, asking, schedule, now_s)
    return Response(status_code=204)


@router.get("/schedules/{schedule_id}/sendings")
def list_sendings(
    schedule_id: Id, asking: Officer, reading: Reading, limit: Annotated[int, Query(ge=1, le=100)] = 30
) -> list[SendingOut]:
    """What became of it, newest first."""
    schedule = known_schedule(schedule_id, asking, reading)
    return [SendingOut.model_validate(sending) for sending in schedules.sendings(reading, schedule.id, limit)]


def schedule_out(schedule: Schedule) -> ScheduleOut:
    """A schedule as the interface shows it."""
    stored = {name: getattr(schedule, name) for name in ScheduleOut.model_fields if name != "recipients"}
    return ScheduleOut(recipients=schedule.recipients.splitlines(), **stored)
