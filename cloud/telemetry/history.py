"""Reads a node's samples, sealed or hot, as one; every function sees one state of the database, that of its session."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.telemetry.blocks import unpack
from cloud.telemetry.calendar import day_number
from cloud.telemetry.codec import decode, decode_good
from cloud.telemetry.layouts import Layouts
from cloud.telemetry.models import Chunk, Day, Hot, Node
from cloud.telemetry.rows import ABSENT, LATE, WALL_KNOWN, Array, Rows, join

FIRST_DAY, LAST_DAY = 0, 2_000_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Good values of one stretch of time: its middle, lowest, mean, highest and how many."""

    at: float
    low: float
    mean: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class StoredSample:
    """One sample; times are Unix seconds. A reading: quantity, value, quality (0 good, 1 uncertain, 2 bad), reason."""

    boot: int
    sequence: int
    taken_at: float
    received_at: float
    wall_known: bool
    late: bool
    readings: tuple[tuple[str, float | None, int, int], ...]


def node_id(session: Session, gateway_id: str, node: str) -> int | None:
    """The short number of a node, None before its first sample."""
    return session.scalar(select(Node.id).where(Node.gateway_id == gateway_id, Node.node == node))


def day_rows(session: Session, node: int, day: int, quantities: Collection[str] | None = None) -> Rows:
    """All samples of a node's day, of all quantities or only these."""
    chunks = select(Chunk.payload).where(Chunk.node_id == node, Chunk.day == day)
    hot = _hot(session, node, day, day)
    return join([*(decode(payload, quantities) for payload in session.scalars(chunks)), *hot])


def series(
    session: Session, gateway_id: str, node: str, quantity: str, since: float, until: float, buckets: int
) -> list[Bucket]:
    """Good values between two times in at most so many buckets; a gap is a missing bucket."""
    return bucketed(*good_values(session, gateway_id, node, quantity, since, until), since, until, buckets)


def good_values(
    session: Session, gateway_id: str, node: str, quantity: str, since: float, until: float
) -> tuple[Array, Array]:
    """Times in Unix seconds and values of what is good between two times, in no order."""
    number = node_id(session, gateway_id, node)
    parts = [] if number is None else list(_good(session, number, since, until, quantity))
    if not parts:
        return np.empty(0), np.empty(0)
    taken_ms, values = (np.concatenate(found) for found in zip(*parts, strict=True))
    at = taken_ms / 1000
    inside = (at >= since) & (at < until)
    return at[inside], values[inside]


def fresh_values(
    session: Session, gateway_id: str, node: str, quantity: str, since: float, until: float
) -> tuple[Array, Array]:
    """Good values as `good_values`, of samples that also came in this time: cheap enough to be asked every few seconds."""
    number = node_id(session, gateway_id, node)
    hot = [] if number is None else _hot(session, number, _bound(since), _bound(until), since)
    taken_ms, values = join(hot).good(quantity) if hot else (np.empty(0), np.empty(0))
    at = taken_ms / 1000
    inside = (at >= since) & (at < until)
    return at[inside], values[inside]


def samples(session: Session, gateway_id: str, node: str, since: float, until: float) -> Iterator[StoredSample]:
    """The samples taken between two times, oldest first, read day by day."""
    number = node_id(session, gateway_id, node)
    if number is None:
        return
    for day in _days(session, number, _bound(since), _bound(until)):
        yield from _samples(day_rows(session, number, day).between(since, until))


def quantities_of(session: Session, gateway_id: str, node: str, since: float, until: float) -> list[str]:
    """What a node measured on the days from one time to another, by name."""
    number = node_id(session, gateway_id, node)
    if number is None:
        return []
    first, last = _bound(since), _bound(until)
    sealed = select(Day.quantity).where(Day.node_id == number, Day.day >= first, Day.day <= last).distinct()
    hot = select(Hot.layout_id).where(Hot.node_id == number, Hot.day >= first, Hot.day <= last).distinct()
    layouts = Layouts(session)
    return sorted({*session.scalars(sealed), *(name for layout in session.scalars(hot) for name in layouts[layout])})


def all_samples(session: Session, node: int) -> Iterator[StoredSample]:
    """Every sample of a node by its short number, oldest first."""
    for day in _days(session, node, FIRST_DAY, LAST_DAY):
        yield from _samples(day_rows(session, node, day))


def _good(session: Session, node: int, since: float, until: float, quantity: str) -> Iterator[tuple[Array, Array]]:
    """Of each sealed day and hot block: times in ms and good values."""
    first, last = _bound(since), _bound(until)
    chunks = select(Chunk.payload).where(Chunk.node_id == node, Chunk.day >= first, Chunk.day <= last)
    for payload in session.scalars(chunks):
        yield decode_good(payload, quantity)
    for rows in _hot(session, node, first, last):
        yield rows.good(quantity)


def _hot(session: Session, node: int, first: int, last: int, received_since: float = 0.0) -> list[Rows]:
    query = select(Hot.payload, Hot.samples, Hot.layout_id, Hot.boot, Hot.received_ms)
    query = query.where(Hot.node_id == node, Hot.day >= first, Hot.day <= last)
    found = session.execute(query.where(Hot.received_ms >= received_since * 1000)).all()
    layouts = Layouts(session)
    return [unpack(payload, count, layouts[layout], boot, received) for payload, count, layout, boot, received in found]


def _bound(at: float) -> int:
    return min(max(day_number(at), FIRST_DAY), LAST_DAY)


def _days(session: Session, node: int, first: int, last: int) -> list[int]:
    sealed = select(Chunk.day).where(Chunk.node_id == node, Chunk.day >= first, Chunk.day <= last)
    hot = select(Hot.day).where(Hot.node_id == node, Hot.day >= first, Hot.day <= last)
    return sorted(session.scalars(sealed.union(hot)))


def bucketed(at: Array, values: Array, since: float, until: float, buckets: int) -> list[Bucket]:
    """Values that lie between two times, in at most so many buckets."""
    if not len(at):
        return []
    width = (until - since) / buckets
    numbers = np.minimum(((at - since) / width).astype(np.int64), buckets - 1)
    order = np.argsort(numbers, kind="stable")
    numbers, values = numbers[order], values[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    counts = np.diff(starts, append=len(numbers))
    sums = np.add.reduceat(values, starts)
    found = zip(
        numbers[starts].tolist(),
        np.minimum.reduceat(values, starts).tolist(),
        (sums / counts).tolist(),
        np.maximum.reduceat(values, starts).tolist(),
        counts.tolist(),
        strict=True,
    )
    return [Bucket(since + (number + 0.5) * width, low, mean, high, count) for number, low, mean, high, count in found]


def _samples(rows: Rows) -> Iterator[StoredSample]:
    columns = [
        (column.quantity, column.values.tolist(), column.quality.tolist(), column.reason.tolist())
        for column in rows.columns
    ]
    boots, flags = rows.boot.tolist(), rows.flags.tolist()
    taken, received = (rows.taken_ms / 1000).tolist(), (rows.received_ms / 1000).tolist()
    for place, sequence in enumerate(rows.sequence.tolist()):
        readings = tuple(
            (quantity, None if values[place] != values[place] else values[place], quality[place], reason[place])
            for quantity, values, quality, reason in columns
            if quality[place] != ABSENT
        )
        mark = flags[place]
        yield StoredSample(
            boots[place],
            sequence,
            taken[place],
            received[place],
            bool(mark & WALL_KNOWN),
            bool(mark & LATE),
            readings,
        )
