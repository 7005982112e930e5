"""$orderby: by any expression in memory, by time as observations are stored."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from cloud.things.bounds import TIMES
from cloud.things.meaning import Meaning
from cloud.things.operators import as_number
from cloud.things.syntax import Order, Path


def by_time(orders: tuple[Order, ...]) -> bool | None:
    """True for the newest first, False for the oldest first, None when the first key is not an observation's time."""
    first = orders[0] if orders else None
    if first is None or not isinstance(first.by, Path) or first.by.steps not in [(name,) for name in TIMES]:
        return None
    return first.descending


def ordered(subjects: Iterable[Any], orders: tuple[Order, ...], meaning: Meaning) -> list[Any]:
    """All of them in the order asked for; null comes first."""
    keys = [(_key(meaning.value(order.by).get), order.descending) for order in orders]
    found = list(subjects)
    for key, descending in reversed(keys):
        found.sort(key=key, reverse=descending)
    return found


def _key(get: Callable[[Any], Any]) -> Callable[[Any], tuple[int, Any]]:
    def key(subject: Any) -> tuple[int, Any]:
        value = get(subject)
        if value is None:
            return 0, 0
        if isinstance(value, bool):
            return 1, value
        if as_number(value) is not None:
            return 2, value
        return (3, value) if isinstance(value, str) else (4, _text(value))

    return key


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value.isoformat()
