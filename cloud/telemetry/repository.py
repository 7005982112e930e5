"""All queries about samples, readings and events."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert, Integer, cast, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud.telemetry.messages import EventRow, RowsMessage, SampleRow
from cloud.telemetry.models import Event, Latest, Quarantined, Reading, Sample

KEPT_IN_QUARANTINE = 100
LARGEST_KEPT_BYTES = 4096
GOOD = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Good values of one stretch of time: its middle, lowest, mean, highest and how many."""

    at: float
    low: float
    mean: float
    high: float
    count: int


def _insert(session: Session, model: type[Any]) -> Any:
    dialect = session.get_bind().dialect.name
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(model)


def store(session: Session, gateway_id: str, message: RowsMessage, now_s: float) -> int:
    """Store a batch; what is known already changes nothing. Returns how many samples were new."""
    fresh = _store_samples(session, gateway_id, message.samples, now_s) if message.samples else 0
    if message.events:
        _store_events(session, gateway_id, message.events)
    return fresh


def _store_samples(session: Session, gateway_id: str, rows: list[SampleRow], now_s: float) -> int:
    values = [
        {
            "gateway_id": gateway_id,
            "node": row.node,
            "boot": row.boot,
            "sequence": row.sequence,
            "taken_at": row.taken_at,
            "wall_known": row.wall_known,
            "late": row.late,
            "received_at": now_s,
        }
        for row in rows
    ]
    statement: Insert = _insert(session, Sample).on_conflict_do_nothing()
    returned = session.execute(statement.returning(Sample.id, Sample.node, Sample.boot, Sample.sequence), values)
    ids = {(node, boot, sequence): sample_id for sample_id, node, boot, sequence in returned}
    fresh = {ids[key]: row for row in rows if (key := (row.node, row.boot, row.sequence)) in ids}
    if fresh:
        session.execute(_insert(session, Reading), _reading_values(gateway_id, fresh))
        for sample_id, row in sorted(fresh.items(), key=lambda item: item[1].sequence):
            _advance_latest(session, gateway_id, sample_id, row, now_s)
    return len(fresh)


def _reading_values(gateway_id: str, fresh: dict[int, SampleRow]) -> list[dict[str, Any]]:
    return [
        {
            "sample_id": sample_id,
            "place": place,
            "gateway_id": gateway_id,
            "node": row.node,
            "quantity": quantity,
            "taken_at": row.taken_at,
            "value": value,
            "quality": quality,
            "reason": reason,
        }
        for sample_id, row in fresh.items()
        for place, (quantity, value, quality, reason) in enumerate(row.readings)
    ]


def _advance_latest(session: Session, gateway_id: str, sample_id: int, row: SampleRow, now_s: float) -> None:
    """Within a boot the sequence decides; between boots, the time at which the sample was taken."""
    values = {
        "sample_id": sample_id,
        "boot": row.boot,
        "sequence": row.sequence,
        "taken_at": row.taken_at,
        "received_at": now_s,
    }
    newer = or_(
        (Latest.boot == row.boot) & (Latest.sequence < row.sequence),
        (Latest.boot != row.boot) & (Latest.taken_at < row.taken_at),
    )
    statement = _insert(session, Latest).values(gateway_id=gateway_id, node=row.node, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[Latest.gateway_id, Latest.node], set_=values, where=newer)
    )


def _store_events(session: Session, gateway_id: str, rows: list[EventRow]) -> None:
    values = [
        {
            "gateway_id": gateway_id,
            "number": row.number,
            "kind": row.kind,
            "pond": row.pond,
            "detail": json.dumps(row.detail, ensure_ascii=False),
            "at": row.at,
            "wall_known": row.wall_known,
        }
        for row in rows
    ]
    session.execute(_insert(session, Event).on_conflict_do_nothing(), values)


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


def latest(session: Session, gateway_id: str, node: str) -> tuple[Latest, Sequence[Reading]] | None:
    """The newest sample of a node with its readings, None before the first."""
    row = session.get(Latest, (gateway_id, node))
    if row is None:
        return None
    readings = session.scalars(select(Reading).where(Reading.sample_id == row.sample_id).order_by(Reading.place)).all()
    return row, readings


def series(
    session: Session, gateway_id: str, node: str, quantity: str, since: float, until: float, buckets: int
) -> list[Bucket]:
    """Good values between two times in at most so many buckets; a gap is a missing bucket."""
    width = (until - since) / buckets
    number = cast((Reading.taken_at - since) / width, Integer)
    rows = session.execute(
        select(number, func.min(Reading.value), func.avg(Reading.value), func.max(Reading.value), func.count())
        .where(
            Reading.gateway_id == gateway_id,
            Reading.node == node,
            Reading.quantity == quantity,
            Reading.taken_at >= since,
            Reading.taken_at < until,
            Reading.quality == GOOD,
            Reading.value.is_not(None),
        )
        .group_by(number)
        .order_by(number)
    )
    return [Bucket(since + (at + 0.5) * width, low, mean, high, count) for at, low, mean, high, count in rows]


def sample_count(session: Session, gateway_id: str) -> int:
    """How many samples of a gateway are stored."""
    return session.scalar(select(func.count()).select_from(Sample).where(Sample.gateway_id == gateway_id)) or 0
