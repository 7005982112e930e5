"""All queries about commands."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from cloud.commands.models import Command
from cloud.telemetry.messages import EventRow

LIFE_S = 60.0
REPORTED_S = 300.0
FATES = {"remote_done": "done", "remote_refused": "refused"}


def issue(session: Session, gateway_id: str, do: str, args: dict[str, Any], who: str, now_s: float) -> Command:
    """A new command; its number is above all earlier ones, and by the clock, so that it rises after a lost database too."""
    last = session.scalar(select(func.max(Command.number)).where(Command.gateway_id == gateway_id)) or 0
    made = Command(
        gateway_id=gateway_id,
        number=max(last + 1, int(now_s * 1000)),
        do=do,
        args=json.dumps(args),
        who=who,
        issued_at=now_s,
        expires=now_s + LIFE_S,
        sent_at=None,
        fate=None,
        reason="",
    )
    session.add(made)
    session.flush()
    return made


def unsent(session: Session, now_s: float) -> Sequence[Command]:
    """Commands that still wait to be sent and still live, in their order."""
    return session.scalars(
        select(Command)
        .where(Command.sent_at.is_(None), Command.fate.is_(None), Command.expires > now_s)
        .order_by(Command.id)
    ).all()


def sent(session: Session, command_id: int, now_s: float) -> None:
    """The broker has it."""
    session.get_one(Command, command_id).sent_at = now_s


def expire(session: Session, now_s: float) -> None:
    """Give up what was never sent, and what no gateway reported on for a long time; a late report still counts."""
    silent = Command.fate.is_(None)
    never = update(Command).where(silent, Command.sent_at.is_(None), Command.expires <= now_s)
    session.execute(never.values(fate="expired", reason="not_sent"))
    unheard = update(Command).where(silent, Command.expires <= now_s - REPORTED_S)
    session.execute(unheard.values(fate="expired", reason="not_reported"))


def learn_fates(session: Session, gateway_id: str, events: list[EventRow]) -> None:
    """What a gateway's journal says of its commands; the first word on a number counts, for later ones are repetitions."""
    for event in events:
        fate, number = FATES.get(event.kind), event.detail.get("number")
        if fate is None or isinstance(number, bool) or not isinstance(number, int):
            continue
        open_ones = (Command.fate.is_(None)) | (Command.fate == "expired")
        session.execute(
            update(Command)
            .where(Command.gateway_id == gateway_id, Command.number == number, open_ones)
            .values(fate=fate, reason=str(event.detail.get("reason", ""))[:60])
        )


def one(session: Session, command_id: int) -> Command | None:
    """One command."""
    return session.get(Command, command_id)


def one_seen(session: Session, seen: Select[str], command_id: int) -> Command | None:
    """One command, None when it is to none of these farms."""
    return session.scalars(select(Command).where(Command.id == command_id, Command.gateway_id.in_(seen))).first()


def newest(session: Session, gateway_id: str, limit: int) -> Sequence[Command]:
    """A gateway's newest commands, newest first."""
    return session.scalars(
        select(Command).where(Command.gateway_id == gateway_id).order_by(Command.id.desc()).limit(limit)
    ).all()


def issued_since(session: Session, gateway_id: str, since_s: float) -> Sequence[Command]:
    """A gateway's commands since a time, newest first."""
    mine = select(Command).where(Command.gateway_id == gateway_id, Command.issued_at > since_s)
    return session.scalars(mine.order_by(Command.id.desc())).all()
