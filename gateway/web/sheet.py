"""A pond's readings as a sheet that Excel opens by a tap, a day at a time, so that no range is too long.

With Vietnamese the list separator is a semicolon and the decimal mark a comma, as Excel expects there; with English a comma
and a point. A byte order mark tells Excel that it is UTF-8. Times are local.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.journal.history import rows, series
from gateway.journal.reader import JournalReader
from gateway.text import Text

MARK = "\ufeff"
DAY_S, MINUTE_S = 86400.0, 60.0
LOOK_BACK_S = 3600.0

Kind = Literal["raw", "minutes"]
Trace = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is asked for: a board (hardware id) between two wall times in seconds."""

    node: str
    since_s: float
    until_s: float
    kind: Kind


def lines(reader: JournalReader, sheet: Sheet, t: Text) -> Iterator[str]:
    """The file's lines; a value that is not good stands in the raw sheet with its mark, in minutes it is left out."""
    traces = _traces(reader, sheet)
    mark = ";" if t.language == "vi" else ","
    names = [_name(trace, t) for trace in traces]
    heads = [t("sheet.time"), *names] if sheet.kind == "minutes" else [t("sheet.time"), *names, t("sheet.doubtful")]
    yield MARK + mark.join(heads) + "\r\n"
    since_s = sheet.since_s
    while since_s < sheet.until_s:
        until_s = min(since_s + DAY_S, sheet.until_s)
        day = Sheet(node=sheet.node, since_s=since_s, until_s=until_s, kind=sheet.kind)
        # A day is read to its end before it is given out: a slow phone must not hold a view of the journal open.
        for at_s, cells in list((_minutes if sheet.kind == "minutes" else _raw)(reader, day, traces, t)):
            yield mark.join([datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M:%S"), *cells]) + "\r\n"
        since_s = until_s


def _traces(reader: JournalReader, sheet: Sheet) -> list[Trace]:
    """Everything that the board has measured, in a lasting order."""
    newest = rows(reader, sheet.until_s - LOOK_BACK_S, sheet.until_s, node=sheet.node)
    return sorted({(row.quantity, row.place) for row in newest} | set(reader.traces(sheet.node)))


def _raw(reader: JournalReader, day: Sheet, traces: list[Trace], t: Text) -> Iterator[tuple[float, list[str]]]:
    values: dict[Trace, str] = {}
    doubtful: list[str] = []
    at_s = None
    for row in rows(reader, day.since_s, day.until_s, node=day.node):
        if at_s is not None and row.at_s != at_s:
            yield at_s, [*(values.get(trace, "") for trace in traces), " ".join(doubtful)]
            values, doubtful = {}, []
        at_s = row.at_s
        trace = (row.quantity, row.place)
        values[trace] = _cell(row.value, t)
        if not row.good:
            doubtful.append(_name(trace, t))
    if at_s is not None:
        yield at_s, [*(values.get(trace, "") for trace in traces), " ".join(doubtful)]


def _minutes(reader: JournalReader, day: Sheet, traces: list[Trace], t: Text) -> Iterator[tuple[float, list[str]]]:
    found: dict[float, dict[Trace, str]] = {}
    since_s = day.since_s - day.since_s % MINUTE_S
    buckets = max(1, round((day.until_s - since_s) / MINUTE_S))
    for quantity, place in traces:
        for bucket in series(reader, day.node, quantity, place, since_s, since_s + buckets * MINUTE_S, buckets):
            found.setdefault(bucket.at_s - MINUTE_S / 2, {})[quantity, place] = _cell(bucket.mean, t)
    for at_s in sorted(found):
        yield at_s, [found[at_s].get(trace, "") for trace in traces]


def _name(trace: Trace, t: Text) -> str:
    quantity, place = trace
    key = f"quantity.{quantity}"
    name = t(key) if t.has(key) else quantity
    return f"{name} {place + 1}" if place else name


def _cell(value: float | None, t: Text) -> str:
    """Digits alone: a sheet has no use for marks of thousands."""
    if value is None:
        return ""
    plain = f"{value:.3f}".rstrip("0").rstrip(".")
    return plain.replace(".", ",") if t.language == "vi" else plain
