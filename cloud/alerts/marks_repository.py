"""All queries about what officers see to. What a mark spoke of may be over: its reader compares `began`."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.alerts.models import Mark

Key = tuple[str, str, str]


def marks(session: Session, gateway_ids: Collection[str]) -> dict[Key, Mark]:
    """By (gateway, pond, cause), those of these farms."""
    found = {(mark.gateway_id, mark.pond, mark.cause): mark for mark in session.scalars(select(Mark))}
    return {key: mark for key, mark in found.items() if key[0] in gateway_ids}


def mark(session: Session, asking: Asking, key: Key, began: float, now_s: float) -> None:
    """This officer sees to it from now on, in the place of whoever did."""
    gateway_id, pond, cause = key
    made = Mark(gateway_id=gateway_id, pond=pond, cause=cause)
    made.began, made.person_id, made.person, made.at = began, asking.id, asking.name, now_s
    session.merge(made)


def unmark(session: Session, key: Key) -> None:
    """Nobody sees to it any more."""
    gateway_id, pond, cause = key
    session.execute(delete(Mark).where(Mark.gateway_id == gateway_id, Mark.pond == pond, Mark.cause == cause))
