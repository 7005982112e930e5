"""All queries about gateways, farms and ponds."""

from collections.abc import Sequence

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from cloud.accounts.models import FarmPerson
from cloud.farms.models import ClaimCode, Gateway, Pond
from cloud.telemetry.messages import FarmMessage
from cloud.telemetry.models import Node


def add_gateway(session: Session, gateway_id: str, now_s: float) -> None:
    """Let a gateway send; a second time changes nothing."""
    if session.get(Gateway, gateway_id) is None:
        session.add(Gateway(id=gateway_id, created_at=now_s, farm_name=None, described_at=None))


def knows(session: Session, gateway_id: str) -> bool:
    """True when this gateway may send."""
    found = session.get(Gateway, gateway_id)
    return found is not None and found.revoked_at is None


def known(session: Session, gateway_ids: set[str]) -> set[str]:
    """Those of these gateways that may send."""
    asked = select(Gateway.id).where(Gateway.id.in_(gateway_ids), Gateway.revoked_at.is_(None))
    return set(session.scalars(asked))


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
        pond.panel = row.panel or pond.panel
        pond.aerators = row.aerators
        pond.aerator_numbers = " ".join(map(str, row.aerator_numbers or ()))
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


def one(session: Session, gateway_id: str) -> Gateway | None:
    """One gateway, whether it may send or not."""
    return session.get(Gateway, gateway_id)


def of_person(session: Session, person_id: int) -> Sequence[Gateway]:
    """The farms that a person belongs to, by name; also those that have not described themselves yet."""
    asked = select(Gateway).join(FarmPerson, FarmPerson.gateway_id == Gateway.id)
    return session.scalars(asked.where(FarmPerson.person_id == person_id).order_by(Gateway.farm_name)).all()


def seen(session: Session, farms_seen: Select[str]) -> Sequence[Gateway]:
    """The farms among these that have described themselves, by name."""
    asked = select(Gateway).where(Gateway.farm_name.is_not(None), Gateway.id.in_(farms_seen))
    return session.scalars(asked.order_by(Gateway.farm_name, Gateway.id)).all()


def one_seen(session: Session, farms_seen: Select[str], gateway_id: str) -> Gateway | None:
    """One farm, None when it is not among these."""
    asked = select(Gateway).where(Gateway.id == gateway_id, Gateway.id.in_(farms_seen))
    return session.scalars(asked).first()


def ponds_seen(session: Session, farms_seen: Select[str]) -> Sequence[Pond]:
    """The ponds of these farms."""
    asked = select(Pond).where(Pond.gateway_id.in_(farms_seen))
    return session.scalars(asked.order_by(Pond.gateway_id, Pond.name)).all()


def pond_seen(session: Session, farms_seen: Select[str], pond_id: int) -> Pond | None:
    """One pond, None when it is of none of these farms."""
    return session.scalars(select(Pond).where(Pond.id == pond_id, Pond.gateway_id.in_(farms_seen))).first()


def claim(session: Session, code_hash: str, now_s: float) -> ClaimCode | None:
    """Spend a claim code; None for one that is void. Of two that ask at once, one gets it."""
    spent = session.execute(
        update(ClaimCode)
        .where(ClaimCode.hash == code_hash, ClaimCode.redeemed_at.is_(None), ClaimCode.ends_at > now_s)
        .values(redeemed_at=now_s)
    )
    return session.get(ClaimCode, code_hash) if spent.rowcount == 1 else None  # type: ignore[attr-defined]


def claimed_by(session: Session, code_hash: str, public_key: str, now_s: float) -> ClaimCode | None:
    """A claim code that the gateway with this key has spent and that is not over; None for any other."""
    return session.scalars(
        select(ClaimCode)
        .join(Gateway, Gateway.id == ClaimCode.gateway_id)
        .where(ClaimCode.hash == code_hash, ClaimCode.redeemed_at.is_not(None), ClaimCode.ends_at > now_s)
        .where(Gateway.public_key == public_key, Gateway.revoked_at.is_(None))
    ).first()


def keep_claim(session: Session, code: ClaimCode) -> None:
    """Keep a claim code that was made."""
    session.add(code)


def taken_ids(session: Session) -> set[str]:
    """The ids of all gateways that ever were let in and are kept."""
    return set(session.scalars(select(Gateway.id)))


def nodes_of(session: Session, gateway_id: str) -> Sequence[tuple[int, str]]:
    """The nodes of a gateway: their short number and their name."""
    rows = session.execute(select(Node.id, Node.node).where(Node.gateway_id == gateway_id).order_by(Node.id))
    return [(number, node) for number, node in rows]
