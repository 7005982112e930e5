"""The functions of the standard's filters. Each takes values of the kinds it names, none of them null, and never raises."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from cloud.things import geo
from cloud.things.syntax import Kind
from cloud.things.times import EARLIEST_S, LATEST_S, moment

LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class Function:
    """What a function takes and gives; `kinds` may name several for one place, as "time|day"."""

    kinds: tuple[str, ...]
    gives: Kind
    run: Callable[..., Any]
    needs: int = -1

    @property
    def fewest(self) -> int:
        """How many arguments it needs at least."""
        return len(self.kinds) if self.needs < 0 else self.needs


def _substring(text: str, start: float, length: float | None = None) -> str:
    begin = max(0, _whole(start))
    return text[begin:] if length is None else text[begin : begin + max(0, _whole(length))]


def _whole(number: float) -> int:
    return int(min(max(number, -LONGEST_TEXT), LONGEST_TEXT))


def _concat(one: str, other: str) -> str:
    return (one + other)[:LONGEST_TEXT]


def _rounded(number: float) -> float:
    """Half away from zero, as OData has it."""
    return math.copysign(math.floor(abs(number) + 0.5), number)


def _part(name: str) -> Callable[[Any], float | None]:
    def part(at: Any) -> float | None:
        found: datetime | date | time | None = moment(at) if isinstance(at, float | int) else at
        return None if found is None else getattr(found, name)

    return part


def _fraction(at: Any) -> float | None:
    found = _part("microsecond")(at)
    return None if found is None else found / 1_000_000


def _day(at: float) -> date | None:
    found = moment(at)
    return found.date() if found else None


def _clock(at: float) -> time | None:
    found = moment(at)
    return found.time() if found else None


DAY, CLOCK = ("time|day",), ("time|clock",)
FUNCTIONS: dict[str, Function] = {
    "substringof": Function(("text", "text"), "bool", lambda part, whole: part in whole),
    "contains": Function(("text", "text"), "bool", lambda whole, part: part in whole),
    "startswith": Function(("text", "text"), "bool", str.startswith),
    "endswith": Function(("text", "text"), "bool", str.endswith),
    "length": Function(("text",), "number", len),
    "indexof": Function(("text", "text"), "number", str.find),
    "substring": Function(("text", "number", "number"), "text", _substring, needs=2),
    "tolower": Function(("text",), "text", str.lower),
    "toupper": Function(("text",), "text", str.upper),
    "trim": Function(("text",), "text", str.strip),
    "concat": Function(("text", "text"), "text", _concat),
    "year": Function(DAY, "number", _part("year")),
    "month": Function(DAY, "number", _part("month")),
    "day": Function(DAY, "number", _part("day")),
    "hour": Function(CLOCK, "number", _part("hour")),
    "minute": Function(CLOCK, "number", _part("minute")),
    "second": Function(CLOCK, "number", _part("second")),
    "fractionalseconds": Function(CLOCK, "number", _fraction),
    "date": Function(("time",), "day", _day),
    "time": Function(("time",), "clock", _clock),
    "totaloffsetminutes": Function(("time",), "number", lambda _: 0.0),
    "mindatetime": Function((), "time", lambda: EARLIEST_S),
    "maxdatetime": Function((), "time", lambda: LATEST_S),
    "round": Function(("number",), "number", _rounded),
    "floor": Function(("number",), "number", math.floor),
    "ceiling": Function(("number",), "number", math.ceil),
    "geo.distance": Function(("geo", "geo"), "number", geo.distance_m),
    "geo.intersects": Function(("geo", "geo"), "bool", geo.intersects),
    "st_intersects": Function(("geo", "geo"), "bool", geo.intersects),
    "st_within": Function(("geo", "geo"), "bool", geo.within),
    "st_contains": Function(("geo", "geo"), "bool", lambda outer, inner: geo.within(inner, outer)),
}
NOT_BUILT = frozenset(
    ("geo.length", "st_equals", "st_disjoint", "st_touches", "st_overlaps", "st_crosses", "st_relate")
)
