"""What is counted, and what could not be taken."""

from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from cloud.telemetry.models import Event, Node, Quarantined, Stored
from cloud.telemetry.sequences import Sequences

KEPT_IN_QUARANTINE = 100
LARGEST_KEPT_BYTES = 4096


def quarantine(session: Session, topic: str, payload: bytes, reason: str, now_s: float) -> None:
    """Keep a message that could not be taken; beyond a hundred the oldest go."""
    kept = payload[:LARGEST_KEPT_BYTES]
    session.add(Quarantined(topic=topic[:200], payload=kept, reason=reason, received_at=now_s))
    session.flush()
    newest = select(Quarantined.id).order_by(Quarantined.id.desc()).limit(KEPT_IN_QUARANTINE)
    session.execute(delete(Quarantined).where(Quarantined.id.not_in(newest.scalar_subquery())))


def quarantined(session: Session) -> Sequence[Quarantined]:
    """The messages that could not be taken, newest first."""
    return session.scalars(select(Quarantined).order_by(Quarantined.id.desc())).all()


def newest_events(session: Session, gateway_id: str, pond: str, farms_seen: Select[str], limit: int) -> Sequence[Event]:
    """A pond's newest events, newest first; none of a farm that may not be seen."""
    mine = select(Event).where(Event.gateway_id == gateway_id, Event.pond == pond, Event.gateway_id.in_(farms_seen))
    return session.scalars(mine.order_by(Event.id.desc()).limit(limit)).all()


def sample_count(session: Session, gateway_id: str) -> int:
    """How many samples of a gateway were ever stored: what its ledger says."""
    query = select(Stored.sequences).join(Node, Node.id == Stored.node_id).where(Node.gateway_id == gateway_id)
    return sum(len(Sequences.read(text)) for text in session.scalars(query))
