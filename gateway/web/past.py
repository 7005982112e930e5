"""What a page draws of a pond's past: one quantity in buckets with its gaps, and how many machines ran under it."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.control.running import running_limit_a
from gateway.journal.history import Bucket, series
from gateway.journal.reader import JournalReader
from hardware.quantities import CURRENT

MOST_BUCKETS = 480
GAP_BUCKETS = 2.5

Columns = dict[str, list[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Between two wall times in seconds; readings that are further apart than `gap_s` have nothing between them."""

    since_s: float
    until_s: float
    gap_s: float

    @property
    def width_s(self) -> float:
        """Of a bucket."""
        return (self.until_s - self.since_s) / MOST_BUCKETS


def columns(reader: JournalReader, node: str, quantity: str, window: Window) -> Columns:
    """A board's (hardware id) quantity as columns; a gap is a row of None. apsw.Error."""
    found: Columns = {"at": [], "low": [], "mean": [], "high": []}
    last_s = None
    for bucket in series(reader, node, quantity, 0, window.since_s, window.until_s, MOST_BUCKETS):
        if last_s is not None and bucket.at_s - last_s > max(window.gap_s, GAP_BUCKETS * window.width_s):
            _add(found, (last_s + bucket.at_s) / 2, None)
        _add(found, bucket.at_s, bucket)
        last_s = bucket.at_s
    return found


def machines(reader: JournalReader, panel: str, places: Sequence[int], window: Window) -> Columns:
    """How many of a panel's machines (places of their currents, from 0) ran, on the mean of each bucket. apsw.Error."""
    counts: dict[float, float] = {}
    for place in places:
        buckets = series(reader, panel, CURRENT.symbol, place, window.since_s, window.until_s, MOST_BUCKETS)
        highest_a = max((bucket.high for bucket in buckets), default=0.0)
        for bucket in buckets:
            at_s = round(bucket.at_s, 1)
            counts[at_s] = counts.get(at_s, 0.0) + _share(bucket, highest_a)
    at = sorted(counts)
    return {"at": [*at], "running": [round(counts[at_s], 2) for at_s in at]}


def _share(bucket: Bucket, highest_a: float) -> float:
    """How much of the bucket the machine ran, told by its own highest current."""
    limit_a = running_limit_a(highest_a)
    if bucket.high < limit_a:
        return 0.0
    return 1.0 if bucket.low >= limit_a else min(1.0, bucket.mean / highest_a)


def _add(found: Columns, at_s: float, bucket: Bucket | None) -> None:
    found["at"].append(round(at_s, 1))
    found["low"].append(None if bucket is None else round(bucket.low, 2))
    found["mean"].append(None if bucket is None else round(bucket.mean, 2))
    found["high"].append(None if bucket is None else round(bucket.high, 2))
