"""Which times a filter on observations can be true at, so that no others are read."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cloud.things.meaning import Meaning
from cloud.things.operators import MIRRORED
from cloud.things.syntax import Call, Group, Node, Operation, Path
from cloud.things.times import midnight

TIMES = ("phenomenonTime", "resultTime")
ROUNDING_S = 0.001
DAY_S = 86400.0


@dataclass(frozen=True)
class Span:
    """From `since` on, before `until`, in Unix seconds."""

    since: float = -math.inf
    until: float = math.inf

    def both(self, other: "Span") -> "Span":
        """What lies in both."""
        return Span(max(self.since, other.since), min(self.until, other.until))

    def either(self, other: "Span") -> "Span":
        """From the earlier beginning to the later end."""
        return Span(min(self.since, other.since), max(self.until, other.until))


def span_of(node: Node | None, meaning: Meaning) -> Span:
    """A span outside which the filter is never true; it may be wider than need be."""
    if isinstance(node, Group):
        spans = [span_of(part, meaning) for part in node.parts]
        found = spans[0]
        for span in spans[1:]:
            found = found.both(span) if node.name == "and" else found.either(span)
        return found
    if isinstance(node, Operation) and node.name in MIRRORED:
        return _compared(node.left, node.name, node.right, meaning).both(
            _compared(node.right, MIRRORED[node.name], node.left, meaning)
        )
    return Span()


def _compared(side: Node, name: str, other: Node, meaning: Meaning) -> Span:
    """The span of a comparison whose one side is a time of the observation, or its day, and the other fixed."""
    by_day = isinstance(side, Call) and side.name == "date" and len(side.arguments) == 1
    path = side.arguments[0] if isinstance(side, Call) and by_day else side
    if not isinstance(path, Path) or len(path.steps) != 1 or path.steps[0] not in TIMES:
        return Span()
    term = meaning.term(other)
    if not term.fixed or term.many:
        return Span()
    at = term.get(None)
    if isinstance(at, date):
        return SPANS[name](midnight(at), midnight(at) + (DAY_S if by_day else 0.0))
    return SPANS[name](at, at) if isinstance(at, float | int) else Span()


SPANS: dict[str, Callable[[float, float], Span]] = {
    "eq": lambda first, last: Span(first - ROUNDING_S, last + ROUNDING_S),
    "ne": lambda _first, _last: Span(),
    "gt": lambda first, _last: Span(since=first - ROUNDING_S),
    "ge": lambda first, _last: Span(since=first - ROUNDING_S),
    "lt": lambda _first, last: Span(until=last + ROUNDING_S),
    "le": lambda _first, last: Span(until=last + ROUNDING_S),
}
