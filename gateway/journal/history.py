"""What the journal tells of the past: a quantity in buckets, its rows, the hours of a machine.

Short ranges are read from the samples, longer ones from minutes or hours of wall time, and always with the samples that were
not yet condensed. All times are wall time in seconds; a place is the number of a reading among its like, from 0.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.journal.condense import STEPS_S, placed
from gateway.journal.reader import JournalReader

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Good values of one quantity: wall time of the bucket's middle in seconds, lowest, mean, highest, how many."""

    at_s: float
    low: float
    mean: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reading of one sample: wall time in seconds, value or None, and whether it is good."""

    at_s: float
    node: str
    quantity: str
    place: int
    value: float | None
    good: bool


@dataclass
class _Sums:
    since_s: float
    until_s: float
    width_s: float
    found: dict[int, tuple[float, float, float, int]] = field(default_factory=dict)

    def add(self, at_s: float, low: float, mean: float, high: float, count: int) -> None:
        bucket = int((min(at_s, math.nextafter(self.until_s, 0)) - self.since_s) / self.width_s)
        was = self.found.get(bucket)
        if was is None:
            self.found[bucket] = low, mean * count, high, count
        else:
            self.found[bucket] = min(was[0], low), was[1] + mean * count, max(was[2], high), was[3] + count

    def buckets(self) -> list[Bucket]:
        return [
            Bucket(at_s=self.since_s + (at + 0.5) * self.width_s, low=low, mean=total / count, high=high, count=count)
            for at, (low, total, high, count) in sorted(self.found.items())
        ]


def series(
    reader: JournalReader, node: str, quantity: str, place: int, since_s: float, until_s: float, buckets: int
) -> list[Bucket]:
    """Good values of a board's (hardware id) quantity in at most so many buckets, empty ones left out; apsw.Error."""
    sums = _Sums(since_s, until_s, max(1e-3, (until_s - since_s) / buckets))
    table = _table(reader, since_s, sums.width_s)
    if table is not None:
        step_s = STEPS_S[table]
        sums.width_s = max(sums.width_s, float(step_s))
        for at_s, low, mean, high, count in _summed(reader, table, node, quantity, place, sums):
            sums.add(at_s, low, mean, high, count)
    for row in rows(reader, since_s, until_s, node=node, after=0 if table is None else reader.condensed()):
        if row.quantity == quantity and row.place == place and row.good and row.value is not None:
            sums.add(row.at_s, row.value, row.value, row.value, 1)
    return sums.buckets()


def rows(
    reader: JournalReader, since_s: float, until_s: float, *, node: str | None = None, after: int = 0
) -> Iterator[Row]:
    """Every reading between two times, of one board or all, in the order of time; apsw.Error.

    `after` leaves out the samples up to that row.
    """
    for found, at_s, readings in reader.samples(since_s, until_s, node=node, after=after):
        for quantity, place, value, good in placed(readings):
            yield Row(at_s=at_s, node=found, quantity=quantity, place=place, value=value, good=good)


def means(
    reader: JournalReader, nodes: list[str], since_s: float, until_s: float
) -> Iterator[tuple[str, str, int, float, float, int]]:
    """Node, quantity, place, time of the middle, mean and count of every condensed minute of these boards; apsw.Error."""
    for node in nodes:
        for quantity, place in reader.traces(node):
            for at_s, _, mean, _, count in _condensed(reader, "minutes", node, quantity, place, since_s, until_s):
                yield node, quantity, place, at_s, mean, count


def _table(reader: JournalReader, since_s: float, width_s: float) -> str | None:
    """The coarsest table that is fine enough, None for the samples; what samples no longer reach is in minutes."""
    fine = [table for table, step_s in STEPS_S.items() if width_s >= step_s]
    if fine:
        return fine[-1]
    oldest_s = reader.oldest_sample_s()
    return "minutes" if oldest_s is not None and since_s < oldest_s - 60 and reader.condensed() else None


def _summed(
    reader: JournalReader, table: str, node: str, quantity: str, place: int, sums: _Sums
) -> Iterator[tuple[float, float, float, float, int]]:
    """As `_condensed`, a row a bucket: SQLite adds minutes up ten times as fast as Python does."""
    step_s, since_s, until_s = STEPS_S[table], sums.since_s, sums.until_s
    found = reader.query(
        f"SELECT MIN(at), MIN(low), SUM(mean * count) / SUM(count), MAX(high), SUM(count) FROM {table} WHERE trace ="
        " (SELECT id FROM traces WHERE node = ? AND quantity = ? AND place = ?)"
        " AND at >= ? AND at < ? AND count"
        " GROUP BY CAST((MIN(MAX((at + 0.5) * ?, ?), ?) - ?) / ? AS INTEGER)",
        (
            *(node, quantity, place, int(since_s // step_s), -int(-until_s // step_s)),
            *(step_s, since_s, math.nextafter(until_s, 0), since_s, sums.width_s),
        ),
    )
    for at, low, mean, high, count in found:
        yield min(max((at + 0.5) * step_s, since_s), until_s), low, mean, high, count


def _condensed(
    reader: JournalReader, table: str, node: str, quantity: str, place: int, since_s: float, until_s: float
) -> Iterator[tuple[float, float, float, float, int]]:
    step_s = STEPS_S[table]
    found = reader.query(
        f"SELECT at, low, mean, high, count FROM {table} WHERE trace ="
        " (SELECT id FROM traces WHERE node = ? AND quantity = ? AND place = ?)"
        " AND at >= ? AND at < ? AND count",
        (node, quantity, place, int(since_s // step_s), -int(-until_s // step_s)),
    )
    for at, low, mean, high, count in found:
        middle_s = min(max((at + 0.5) * step_s, since_s), until_s)
        yield middle_s, low, mean, high, count
