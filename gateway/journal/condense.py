"""Samples become minutes and hours of wall time, each sample once, in the order of their rows.

The mark moves in the transaction that adds the values. A late sample comes in a later row and joins its minute; a sample
that was received twice has one row. While the wall clock is not known nothing is condensed, for a row that was passed
cannot be labelled afterwards.
"""

import json
import logging
from dataclasses import dataclass
from typing import Any

import apsw

from gateway.bus.samples import Quality
from gateway.clock import Clock

log = logging.getLogger(__name__)

STEPS_S = {"minutes": 60, "hours": 3600}

Trace = tuple[str, str, int]


@dataclass(slots=True)
class Values:
    """What one minute has of one quantity: good values, and how many of any quality."""

    low: float | None = None
    total: float = 0.0
    high: float | None = None
    count: int = 0
    asked: int = 0

    def take(self, value: float | None, good: bool) -> None:
        """One reading."""
        self.asked += 1
        if value is None or not good:
            return
        self.low = value if self.low is None else min(self.low, value)
        self.high = value if self.high is None else max(self.high, value)
        self.total += value
        self.count += 1

    @property
    def mean(self) -> float | None:
        """Of the good values."""
        return self.total / self.count if self.count else None


def placed(readings: str) -> list[tuple[str, int, float | None, bool]]:
    """Quantity, place among its like, value, and whether it is good, of a sample's readings."""
    places: dict[str, int] = {}
    found = []
    for quantity, value, quality, *_ in json.loads(readings):
        place = places.get(quantity, 0)
        places[quantity] = place + 1
        found.append((quantity, place, value, quality == Quality.GOOD))
    return found


def label(connection: apsw.Connection, clock: Clock, boot: str) -> None:
    """Rows of this boot that were taken before the wall clock was known get their time."""
    off_s = clock.wall() - clock.monotonic()
    mark = "(SELECT row FROM marks WHERE name = 'condensed')"
    for table, at, those in (("samples", "taken", f"id > {mark} AND"), ("events", "at", "")):
        connection.execute(
            f"UPDATE {table} SET {at}_wall_s = {at}_monotonic_s + ?, wall_known = 1"
            f" WHERE {those} {at}_boot = ? AND NOT wall_known",
            (off_s, boot),
        )


def condense(connection: apsw.Connection, most: int) -> int:
    """Add so many samples after the mark to their minutes and hours; returns how many there were. Needs a transaction."""
    mark = connection.execute("SELECT row FROM marks WHERE name = 'condensed'").get
    rows: list[Any] = connection.execute(
        "SELECT id, node, taken_wall_s, wall_known, readings FROM samples WHERE id > ? ORDER BY id LIMIT ?",
        (mark, most),
    ).fetchall()
    if not rows:
        return 0
    traces = _Traces(connection)
    for table, step_s in STEPS_S.items():
        found: dict[tuple[Trace, int], Values] = {}
        for _, node, taken_s, known, readings in rows:
            if known:
                _take(found, node, int(taken_s // step_s), readings)
        _add(connection, table, [(traces.id(trace), at, values) for (trace, at), values in found.items()])
    connection.execute("UPDATE marks SET row = ? WHERE name = 'condensed'", (rows[-1][0],))
    return len(rows)


def _take(found: dict[tuple[Trace, int], Values], node: str, at: int, readings: str) -> None:
    try:
        values = placed(readings)
    except (ValueError, TypeError) as error:
        log.error("a sample of %s makes no sense (%s) and is left out of the minutes", node, error)
        return
    for quantity, place, value, good in values:
        found.setdefault(((node, quantity, place), at), Values()).take(value, good)


def _add(connection: apsw.Connection, table: str, found: list[tuple[int, int, Values]]) -> None:
    rows: list[tuple[Any, ...]] = [
        (trace, at, values.low, values.mean, values.high, values.count, values.asked) for trace, at, values in found
    ]
    connection.executemany(
        f"INSERT INTO {table} AS old VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
        " low = MIN(IFNULL(old.low, excluded.low), IFNULL(excluded.low, old.low)),"
        " mean = CASE WHEN old.count + excluded.count > 0 THEN"
        "  (IFNULL(old.mean * old.count, 0) + IFNULL(excluded.mean * excluded.count, 0)) / (old.count + excluded.count) END,"
        " high = MAX(IFNULL(old.high, excluded.high), IFNULL(excluded.high, old.high)),"
        " count = old.count + excluded.count, asked = old.asked + excluded.asked",
        rows,
    )


class _Traces:
    """Numbers of traces, each looked up once."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._known: dict[Trace, int] = {}

    def id(self, trace: Trace) -> int:
        """The trace's number; a new one gets its own."""
        if trace not in self._known:
            self._connection.execute(
                "INSERT INTO traces (node, quantity, place) VALUES (?,?,?) ON CONFLICT DO NOTHING", trace
            )
            number = self._connection.execute(
                "SELECT id FROM traces WHERE node = ? AND quantity = ? AND place = ?", trace
            ).get
            self._known[trace] = int(number)
        return self._known[trace]
