"""What the journal gives to a sheet, a day at a time, so that no range is too long."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.journal.history import rows, series
from gateway.journal.reader import JournalReader
from gateway.text import Text
from gateway.web import sheet
from gateway.web.sheet import MINUTE_S, Kind, Row, Trace

DAY_S = 86400.0
LOOK_BACK_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is asked for: a board (hardware id) between two wall times in seconds."""

    node: str
    since_s: float
    until_s: float
    kind: Kind


def lines(reader: JournalReader, asked: Sheet, t: Text) -> Iterator[str]:
    """The file's lines."""
    traces = _traces(reader, asked)
    return sheet.lines(asked.kind, traces, _rows(reader, asked, traces), t)


def _traces(reader: JournalReader, asked: Sheet) -> list[Trace]:
    """Everything that the board has measured, in a lasting order."""
    newest = rows(reader, asked.until_s - LOOK_BACK_S, asked.until_s, node=asked.node)
    return sorted({(row.quantity, row.place) for row in newest} | set(reader.traces(asked.node)))


def _rows(reader: JournalReader, asked: Sheet, traces: list[Trace]) -> Iterator[Row]:
    since_s = asked.since_s
    while since_s < asked.until_s:
        day = replace(asked, since_s=since_s, until_s=min(since_s + DAY_S, asked.until_s))
        # A day is read to its end before it is given out: a slow phone must not hold a view of the journal open.
        yield from list(_minutes(reader, day, traces) if asked.kind == "minutes" else _raw(reader, day))
        since_s = day.until_s


def _raw(reader: JournalReader, day: Sheet) -> Iterator[Row]:
    values: dict[Trace, float | None] = {}
    doubtful: list[Trace] = []
    at_s = None
    for row in rows(reader, day.since_s, day.until_s, node=day.node):
        if at_s is not None and row.at_s != at_s:
            yield Row(at_s, values, doubtful)
            values, doubtful = {}, []
        at_s = row.at_s
        values[row.quantity, row.place] = row.value
        if not row.good:
            doubtful.append((row.quantity, row.place))
    if at_s is not None:
        yield Row(at_s, values, doubtful)


def _minutes(reader: JournalReader, day: Sheet, traces: list[Trace]) -> Iterator[Row]:
    found: dict[float, dict[Trace, float | None]] = {}
    since_s = day.since_s - day.since_s % MINUTE_S
    buckets = max(1, round((day.until_s - since_s) / MINUTE_S))
    for quantity, place in traces:
        for bucket in series(reader, day.node, quantity, place, since_s, since_s + buckets * MINUTE_S, buckets):
            found.setdefault(bucket.at_s - MINUTE_S / 2, {})[quantity, place] = bucket.mean
    for at_s in sorted(found):
        yield Row(at_s, found[at_s])
