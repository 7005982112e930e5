"""All queries about what a farmer lets officers see."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.accounts.access import Kind
from cloud.accounts.models import Grant


def granted(session: Session, gateway_id: str) -> dict[str, Grant]:
    """What is granted of a farm now, by kind."""
    rows = session.scalars(select(Grant).where(Grant.gateway_id == gateway_id, Grant.withdrawn_at.is_(None)))
    return {row.kind: row for row in rows}


def grant(session: Session, gateway_id: str, kind: Kind, person_id: int, now_s: float) -> bool:
    """Officers of the farm's commune see this kind from now on; False when they did already."""
    if kind in granted(session, gateway_id):
        return False
    session.add(Grant(gateway_id=gateway_id, kind=kind, granted_by=person_id, granted_at=now_s, withdrawn_at=None))
    return True


def withdraw(session: Session, gateway_id: str, kind: Kind, now_s: float) -> bool:
    """Officers see this kind no more; False when they did not."""
    found = granted(session, gateway_id).get(kind)
    if found is not None:
        found.withdrawn_at = now_s
    return found is not None


def record(session: Session, gateway_id: str) -> Sequence[Grant]:
    """What was ever granted of a farm, newest first."""
    return session.scalars(select(Grant).where(Grant.gateway_id == gateway_id).order_by(Grant.id.desc())).all()
