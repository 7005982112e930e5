"""A pond's readings as a sheet that Excel opens by a tap, the same from the farm and from the cloud.

With Vietnamese the list separator is a semicolon and the decimal mark a comma, as Excel expects there; with English a comma
and a point. A byte order mark tells Excel that it is UTF-8. Times are local.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from typing import Literal

from gateway.text import Text

MARK = "\ufeff"
MINUTE_S = 60.0
LINES_AT_ONCE = 500

Kind = Literal["raw", "minutes"]
Trace = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: wall time in seconds, values by quantity and place, and which of them are not good."""

    at_s: float
    values: Mapping[Trace, float | None]
    doubtful: Sequence[Trace] = ()


def lines(
    kind: Kind, traces: Sequence[Trace], rows: Iterable[Row], t: Text, zone: tzinfo | None = None
) -> Iterator[str]:
    """The file's lines; a value that is not good stands in the raw sheet with its mark, in minutes it is left out.

    Times are those of the zone, or of this machine.
    """
    mark = ";" if t.language == "vi" else ","
    heads = [t("sheet.time"), *(_name(trace, t) for trace in traces)]
    yield MARK + mark.join(heads if kind == "minutes" else [*heads, t("sheet.doubtful")]) + "\r\n"
    for row in rows:
        cells = [_cell(row.values.get(trace), t) for trace in traces]
        if kind == "raw":
            cells.append(" ".join(_name(trace, t) for trace in row.doubtful))
        at = datetime.fromtimestamp(row.at_s).astimezone(zone)
        yield mark.join([at.strftime("%Y-%m-%d %H:%M:%S"), *cells]) + "\r\n"


def together(found: Iterator[str]) -> Iterator[str]:
    """Many lines in one piece: each piece that is sent costs a change of threads."""
    while piece := "".join(islice(found, LINES_AT_ONCE)):
        yield piece


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
