"""Samples from the newest back, out of a store that reads them from the oldest on."""

from collections.abc import Callable, Iterator
from typing import TypeVar

DAY_S = 86400.0
BEGUN_S = 1_262_304_000.0
T = TypeVar("T")
Read = Callable[[float, float], Iterator[T]]


def newest_first(read: Read[T], since: float, until: float, now_s: float) -> Iterator[T]:
    """What `read` gives between two times, backwards: a day at a time, and in growing strides where there is nothing."""
    since = max(since, 0.0)
    if until > now_s + DAY_S:
        yield from _backwards(read, max(since, now_s + DAY_S), until)
        until = now_s + DAY_S
    stride = DAY_S
    while until > since:
        begin = max(since, until - stride) if until > BEGUN_S else since
        empty = True
        for found in _backwards(read, begin, until):
            empty = False
            yield found
        until, stride = begin, stride * 2 if empty else DAY_S


def _backwards(read: Read[T], since: float, until: float) -> Iterator[T]:
    """A stretch longer than a day is halved as long as there is something in it."""
    if until - since <= DAY_S:
        yield from reversed(list(read(since, until)))
    elif next(read(since, until), None) is not None:
        middle = (since + until) / 2
        yield from _backwards(read, middle, until)
        yield from _backwards(read, since, middle)
