"""All queries about reports that are sent, and what becomes of a sending."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from cloud.reports.models import Schedule, Sending
from cloud.reports.periods import Period

CLAIM_S = 900.0
FIRST_WAIT_S, LONGEST_WAIT_S = 300.0, 6 * 3600.0
GIVEN_UP_AFTER_S = 7 * 86400.0
KEPT_SENDINGS = 60


def of_person(session: Session, person_id: int) -> Sequence[Schedule]:
    """What somebody has set up, the oldest first."""
    return session.scalars(select(Schedule).where(Schedule.person_id == person_id).order_by(Schedule.id)).all()


def one(session: Session, person_id: int, schedule_id: int) -> Schedule | None:
    """One of somebody's own."""
    mine = select(Schedule).where(Schedule.id == schedule_id, Schedule.person_id == person_id)
    return session.scalars(mine).first()


def remove(session: Session, schedule: Schedule) -> None:
    """No more of it, with the record of its sendings."""
    session.execute(delete(Sending).where(Sending.schedule_id == schedule.id))
    session.delete(schedule)


def sendings(session: Session, schedule_id: int, limit: int) -> Sequence[Sending]:
    """The newest sendings, newest first."""
    of = select(Sending).where(Sending.schedule_id == schedule_id)
    return session.scalars(of.order_by(Sending.id.desc()).limit(limit)).all()


def due(session: Session, now_s: float) -> Sequence[Schedule]:
    """Schedules whose time has come."""
    return session.scalars(select(Schedule).where(Schedule.next_at <= now_s).order_by(Schedule.next_at)).all()


def begin(session: Session, schedule: Schedule, period: Period, file: str, next_at: float, now_s: float) -> None:
    """A sending of this period, and the schedule's next time; nothing where another process was first."""
    was = schedule.next_at
    moved = update(Schedule).where(Schedule.id == schedule.id, Schedule.next_at == was).values(next_at=next_at)
    if not _one_row(session, moved):
        return
    session.add(
        Sending(
            schedule_id=schedule.id,
            first=period.first,
            last=period.last,
            due_at=now_s,
            file=file,
            content=None,
            told="",
            tries=0,
            again_at=now_s,
            sent_at=None,
            error="",
        )
    )
    session.flush()
    newest = select(Sending.id).where(Sending.schedule_id == schedule.id).order_by(Sending.id.desc())
    kept = newest.limit(KEPT_SENDINGS).scalar_subquery()
    old = delete(Sending).where(Sending.schedule_id == schedule.id, Sending.again_at.is_(None), Sending.id.not_in(kept))
    session.execute(old)


def waiting(session: Session, now_s: float) -> list[int]:
    """Sendings to be tried now."""
    ready = select(Sending.id).where(Sending.again_at.is_not(None), Sending.again_at <= now_s)
    return list(session.scalars(ready.order_by(Sending.again_at)))


def claim(session: Session, sending_id: int, now_s: float) -> tuple[Sending, Schedule] | None:
    """A sending for this process alone, for a quarter of an hour; None where another has it."""
    mine = update(Sending).where(Sending.id == sending_id, Sending.again_at <= now_s)
    if not _one_row(session, mine.values(again_at=now_s + CLAIM_S)):
        return None
    sending = session.get_one(Sending, sending_id)
    session.refresh(sending)
    return sending, session.get_one(Schedule, sending.schedule_id)


def made(session: Session, sending_id: int, content: bytes) -> None:
    """The report is made and kept until it is sent."""
    session.execute(update(Sending).where(Sending.id == sending_id).values(content=content))


def tried(session: Session, sending_id: int, told: Sequence[str], error: str, now_s: float) -> None:
    """What came of a try: everybody has it, or it is tried again later and later, and given up after a week."""
    sending = session.get(Sending, sending_id)
    if sending is None:
        return
    sending.tries += 1
    sending.told = "\n".join(told)
    sending.error = error
    if not error:
        sending.sent_at, sending.again_at, sending.content = now_s, None, None
    elif now_s - sending.due_at >= GIVEN_UP_AFTER_S:
        sending.again_at, sending.content = None, None
    else:
        sending.again_at = now_s + min(FIRST_WAIT_S * 2 ** (sending.tries - 1), LONGEST_WAIT_S)


def count(session: Session, person_id: int) -> int:
    """How many somebody has set up."""
    mine = select(func.count()).select_from(Schedule).where(Schedule.person_id == person_id)
    return session.scalar(mine) or 0


def _one_row(session: Session, statement: Any) -> bool:
    result = session.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount == 1
