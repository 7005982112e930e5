"""Sends the reports that are due: made once, kept, and tried again until every address has them."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typst import TypstError

from cloud.accounts.access import Asking
from cloud.accounts.door_repository import asking_of
from cloud.accounts.models import Person
from cloud.database import Database
from cloud.reports import schedules
from cloud.reports.areas import area_of
from cloud.reports.files import KINDS, Format, file_of, name_of
from cloud.reports.mail import Letter, Send
from cloud.reports.making import make
from cloud.reports.models import Schedule, Sending
from cloud.reports.periods import Period, Regular, clock, last_whole, local_day, next_sending_s
from gateway.text import text

log = logging.getLogger(__name__)

LOOK_S = 60.0


class NoRight(Exception):
    """Who set the schedule up has left, or may not see its area any more."""


class Post:
    """The reports of all schedules. `send` is None where no mail server is set: reports are then made and kept."""

    def __init__(self, database: Database, send: Send | None, wall: Callable[[], float]) -> None:
        self._database = database
        self._send = send
        self._wall = wall

    async def run(self) -> None:
        """Look every minute, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.to_thread(self.step)
            except DBAPIError as error:
                log.error("the database refuses (%s); no report is sent", str(error).splitlines()[0])

    def step(self) -> None:
        """Begin what is due and try what waits, once; DBAPIError when the database refuses."""
        with self._database.write() as session:
            for schedule in schedules.due(session, self._wall()):
                self._begin(session, schedule)
        with self._database.read() as session:
            waiting = schedules.waiting(session, self._wall())
        for sending_id in waiting:
            self._try(sending_id)

    def _begin(self, session: Session, schedule: Schedule) -> None:
        """Only the newest period is sent: who was away for a month of days wants one report, not thirty."""
        kind, now_s = cast(Regular, schedule.period), self._wall()
        period = last_whole(kind, local_day(now_s))
        file = name_of(schedule.area_name, period, cast(Format, schedule.format))
        schedules.begin(session, schedule, period, file, next_sending_s(kind, now_s), now_s)

    def _try(self, sending_id: int) -> None:
        with self._database.write() as session:
            claimed = schedules.claim(session, sending_id, self._wall())
        if claimed is None:
            return
        sending, schedule = claimed
        told = sending.told.splitlines()
        error = "not_made"
        try:
            content = self._content(sending, schedule)
            error = self._deliver(sending, schedule, content, told)
        except NoRight:
            error = "no_right"
        except (TypstError, OSError, ValueError, ArithmeticError, LookupError):
            log.exception("report %d of schedule %d could not be made", sending.id, schedule.id)
        with self._database.write() as session:
            schedules.tried(session, sending_id, told, error, self._wall())

    def _content(self, sending: Sending, schedule: Schedule) -> bytes:
        """The report, made now or at an earlier try; NoRight also for one that was made while there was a right."""
        now_s = self._wall()
        with self._database.read() as session:
            asking = _who(session, schedule)
            area = area_of(session, asking, schedule.area, now_s, local_day(now_s))
            if area is None:
                raise NoRight
            if sending.content is not None:
                return sending.content
            report = make(session, asking, area, _period(sending, schedule), now_s)
        content = file_of(report, cast(Format, schedule.format), text(schedule.language))
        with self._database.write() as session:
            schedules.made(session, sending.id, content)
        return content

    def _deliver(self, sending: Sending, schedule: Schedule, content: bytes, told: list[str]) -> str:
        """Send to whom it was not sent yet, adding to `told`; what went wrong, empty for nothing."""
        if self._send is None:
            return "no_mail"
        letter = _letter(sending, schedule, content, self._wall())
        left = [address for address in schedule.recipients.splitlines() if address not in told]
        told += [address for address in left if self._send(address, letter)]
        failed = len(set(left) - set(told))
        if failed:
            log.warning("%d of %d addresses did not take report %d, trying again", failed, len(left), sending.id)
        return "not_taken" if failed else ""


def _who(session: Session, schedule: Schedule) -> Asking:
    person = session.get(Person, schedule.person_id)
    if person is None or person.closed_at is not None or person.role not in ("officer", "administrator"):
        raise NoRight
    return asking_of(person)


def _period(sending: Sending, schedule: Schedule) -> Period:
    return Period(cast(Regular, schedule.period), sending.first, sending.last)


def _letter(sending: Sending, schedule: Schedule, content: bytes, now_s: float) -> Letter:
    words = text(schedule.language)
    period = _period(sending, schedule).title(words)
    values = {"area": schedule.area_name, "period": period, "file": sending.file, "made": clock(now_s)}
    return Letter(
        title=words("reports.mail_subject", **values),
        body=words("reports.mail_body", **values),
        file=sending.file,
        content=content,
        kind=KINDS[cast(Format, schedule.format)],
    )
