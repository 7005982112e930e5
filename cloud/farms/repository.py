"""All queries about gateways, farms and ponds."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.farms.models import Gateway, Pond
from cloud.telemetry.messages import FarmMessage


def add_gateway(session: Session, gateway_id: str, now_s: float) -> None:
    """Let a gateway send; a second time changes nothing."""
    if session.get(Gateway, gateway_id) is None:
        session.add(Gateway(id=gateway_id, created_at=now_s, farm_name=None, described_at=None))


def knows(session: Session, gateway_id: str) -> bool:
    """True when this gateway may send."""
    return session.get(Gateway, gateway_id) is not None


def known(session: Session, gateway_ids: set[str]) -> set[str]:
    """Those of these gateways that may send."""
    return set(session.scalars(select(Gateway.id).where(Gateway.id.in_(gateway_ids))))


def describe(session: Session, gateway_id: str, message: FarmMessage, now_s: float) -> None:
    """Take a farm's description: ponds keep their ids, those that are gone go."""
    gateway = session.get_one(Gateway, gateway_id)
    gateway.farm_name = message.name
    gateway.described_at = now_s
    known = {pond.key: pond for pond in ponds_of(session, gateway_id)}
    for row in message.ponds:
        pond = known.pop(row.id, None) or Pond(gateway_id=gateway_id, key=row.id)
        pond.name = row.name
        pond.node = row.node or pond.node
        pond.aerators = row.aerators
        pond.alarm_low = row.alarm_low
        pond.danger_low = row.danger_low
        session.add(pond)
    for gone in known.values():
        session.execute(delete(Pond).where(Pond.id == gone.id))


def farms(session: Session) -> Sequence[Gateway]:
    """All gateways that have described their farm, by name."""
    return session.scalars(select(Gateway).where(Gateway.farm_name.is_not(None)).order_by(Gateway.farm_name)).all()


def ponds_of(session: Session, gateway_id: str) -> Sequence[Pond]:
    """The ponds of one farm."""
    return session.scalars(select(Pond).where(Pond.gateway_id == gateway_id).order_by(Pond.name)).all()


def ponds(session: Session) -> Sequence[Pond]:
    """All ponds."""
    return session.scalars(select(Pond).order_by(Pond.gateway_id, Pond.name)).all()


def pond(session: Session, pond_id: int) -> Pond | None:
    """One pond, None when there is none of this id."""
    return session.get(Pond, pond_id)
