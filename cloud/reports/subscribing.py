"""Setting up and ending reports by e-mail."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.orm import Session

from cloud.accounts import audit
from cloud.accounts.access import Asking
from cloud.reports import schedules
from cloud.reports.areas import area_of
from cloud.reports.files import Format
from cloud.reports.models import Schedule
from cloud.reports.periods import Regular, local_day, next_sending_s

MOST_SCHEDULES = 20
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
Refusal = Literal["area", "many"]


class ScheduleIn(BaseModel):
    """A report to send after every period to these e-mail addresses; `area` is a key from the list of areas."""

    model_config = ConfigDict(extra="forbid")

    area: Annotated[str, Field(min_length=1, max_length=60)]
    period: Regular
    format: Format = "pdf"
    language: Literal["vi", "en"] = "vi"
    recipients: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=20)]

    @field_validator("recipients")
    @classmethod
    def _addresses(cls, given: list[str]) -> list[str]:
        wrong = [address for address in given if not ADDRESS.fullmatch(address)]
        if wrong:
            raise ValueError("a recipient is no e-mail address")
        return list(dict.fromkeys(given))


class Refused(Exception):
    """A schedule that cannot be: `reason` is area (not theirs) or many (they have enough)."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason


def subscribe(session: Session, asking: Asking, wish: ScheduleIn, now_s: float) -> Schedule:
    """Set one up; its first report is that of the period that runs now. Refused."""
    area = area_of(session, asking, wish.area, now_s, local_day(now_s))
    if area is None:
        raise Refused("area")
    if schedules.count(session, asking.id) >= MOST_SCHEDULES:
        raise Refused("many")
    made = Schedule(
        person_id=asking.id,
        area=area.key,
        area_name=area.name,
        period=wish.period,
        format=wish.format,
        language=wish.language,
        recipients="\n".join(wish.recipients),
        made_at=now_s,
        next_at=next_sending_s(wish.period, now_s),
    )
    session.add(made)
    session.flush()
    detail = {"schedule": made.id, **wish.model_dump()}
    audit.note(session, asking.who, "report_scheduled", None, detail, now_s)
    return made


def end(session: Session, asking: Asking, schedule: Schedule, now_s: float) -> None:
    """No more of it."""
    audit.note(session, asking.who, "report_unscheduled", None, {"schedule": schedule.id}, now_s)
    schedules.remove(session, schedule)
