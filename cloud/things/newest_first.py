"""Samples from the newest back, out of a store that reads them from the oldest on, a local day at a time."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from cloud.telemetry.calendar import DAY_S, begins_at, day_number

EARLIEST_S = 0.0
T = TypeVar("T")
Read = Callable[[float, float], Iterator[T]]


def newest_first(read: Read[T], since: float, until: float, near_s: float) -> Iterator[T]:
    """What `read` gives between two times, backwards. `near_s` is a time after which there is little or nothing.

    It goes back by days, and in growing strides where there is nothing.
    """
    since = max(since, EARLIEST_S)
    if until > near_s >= since:
        yield from _backwards(read, near_s, until)
        until = near_s
    days = 1
    while until > since:
        begin = max(since, _day_before(until) - (days - 1) * DAY_S)
        empty = True
        for found in _backwards(read, begin, until):
            empty = False
            yield found
        until, days = begin, days * 2 if empty else 1


def _backwards(read: Read[T], since: float, until: float) -> Iterator[T]:
    """A stretch longer than a day is halved as long as there is something in it."""
    middle = _day_before((since + until) / 2)
    if until - since <= DAY_S or not since < middle < until:
        yield from reversed(list(read(since, until)))
    elif next(read(since, until), None) is not None:
        yield from _backwards(read, middle, until)
        yield from _backwards(read, since, middle)


def _day_before(at: float) -> float:
    """The last beginning of a local day before a time."""
    return float(begins_at(day_number(at - 0.001)))
