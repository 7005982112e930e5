"""Comparisons and arithmetic by the kinds of their sides."""

import math
from collections.abc import Callable
from datetime import date
from typing import Any

from cloud.things.syntax import Kind
from cloud.things.times import EARLIEST_S, LATEST_S, midnight

Run = Callable[[Any, Any], Any]


def as_number(value: Any) -> float | None:
    """A value from JSON as a number; None for anything else."""
    return value if isinstance(value, float | int) and not isinstance(value, bool) else None


def _sort_of(value: Any) -> Any:
    return float if as_number(value) is not None else type(value)


def equal(one: Any, other: Any) -> bool:
    """True for two equal values of one sort; null equals null."""
    return _sort_of(one) is _sort_of(other) and one == other


def _ordered(compare: Run) -> Run:
    def compared(one: Any, other: Any) -> bool:
        sort = _sort_of(one)
        if one is None or sort is not _sort_of(other) or sort in (dict, list):
            return False
        return bool(compare(one, other))

    return compared


COMPARISONS: dict[str, Run] = {
    "eq": equal,
    "ne": lambda one, other: not equal(one, other),
    "gt": _ordered(lambda one, other: one > other),
    "ge": _ordered(lambda one, other: one >= other),
    "lt": _ordered(lambda one, other: one < other),
    "le": _ordered(lambda one, other: one <= other),
}
MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def _finite(run: Run) -> Run:
    def reckoned(one: Any, other: Any) -> float | None:
        one, other = as_number(one), as_number(other)
        if one is None or other is None:
            return None
        try:
            found = float(run(one, other))
        except (ArithmeticError, ValueError):
            return None
        return found if math.isfinite(found) else None

    return reckoned


def _moment(run: Run) -> Run:
    """A moment from a moment and a duration; None outside the calendar."""
    reckon = _finite(run)

    def reckoned(one: Any, other: Any) -> float | None:
        found = reckon(one, other)
        return found if found is not None and EARLIEST_S <= found <= LATEST_S else None

    return reckoned


def _add(one: float, other: float) -> float:
    return one + other


def _sub(one: float, other: float) -> float:
    return one - other


def _mul(one: float, other: float) -> float:
    return one * other


def _div(one: float, other: float) -> float:
    return one / other


ARITHMETIC: dict[str, Run] = {"add": _add, "sub": _sub, "mul": _mul, "div": _div, "mod": math.fmod}
OF_TIMES: dict[tuple[str, Kind, Kind], tuple[Kind, Run]] = {
    ("add", "time", "duration"): ("time", _moment(_add)),
    ("add", "duration", "time"): ("time", _moment(_add)),
    ("sub", "time", "duration"): ("time", _moment(_sub)),
    ("sub", "time", "time"): ("duration", _finite(_sub)),
    ("add", "duration", "duration"): ("duration", _finite(_add)),
    ("sub", "duration", "duration"): ("duration", _finite(_sub)),
    ("mul", "duration", "number"): ("duration", _finite(_mul)),
    ("mul", "number", "duration"): ("duration", _finite(_mul)),
    ("div", "duration", "number"): ("duration", _finite(_div)),
}
NUMBERS: tuple[Kind, ...] = ("number", "any", "null")


def arithmetic(name: str, left: Kind, right: Kind) -> tuple[Kind, Run] | None:
    """What an operator gives of two kinds, and how; None when it cannot."""
    if left in NUMBERS and right in NUMBERS:
        return "number", _finite(ARITHMETIC[name])
    return OF_TIMES.get((name, left, right))


def comparable(left: Kind, right: Kind) -> bool:
    """True when values of the two kinds can be equal; a day stands for its first moment beside a moment."""
    return left == right or "any" in (left, right) or "null" in (left, right) or {left, right} == {"time", "day"}


def begun(day: date | None) -> float | None:
    """A day as a moment."""
    return None if day is None else midnight(day)
