"""Observations in the order of their times, from a mark on, as far as one request may read."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy.orm import Session

from cloud.telemetry.calendar import DAY_S
from cloud.things.bounds import Span
from cloud.things.newest_first import newest_first
from cloud.things.observations import StoredSample, samples
from cloud.things.refusals import Invalid
from cloud.things.subjects import Observed, Place, Stream

MOST_READ = 200_000
MOST_PONDS_IN_ONE_ORDER = 100
COST_OF_A_POND = 20
LATEST_S = 1e11
HALF_MS = 0.0005
ALWAYS = Span()


@dataclass(frozen=True, slots=True)
class Mark:
    """The last observation that was read: its pond (0 where ponds are merged), time, and which of that time; -1: all."""

    number: int
    at: float
    nth: int

    def __str__(self) -> str:
        return f"{self.number}:{self.at!r}:{self.nth}"


def read_mark(text: str) -> Mark:
    """A mark from a link to the next page; Invalid for anything else."""
    try:
        number, at, nth = text.split(":")
        mark = Mark(int(number), float(at), int(nth))
    except ValueError as error:
        raise Invalid("$skiptoken", "this is none that a link to a next page had") from error
    if not (0 <= mark.number < 2**31 and -LATEST_S <= mark.at <= LATEST_S):
        raise Invalid("$skiptoken", "this is none that a link to a next page had")
    return mark


class Spent(Invalid):
    """The request has read as much as it may; `mark` is where it came to."""

    def __init__(self, mark: Mark | None = None) -> None:
        super().__init__(
            "request", f"more than {MOST_READ} samples to read", "Narrow it: phenomenonTime, one Datastream."
        )
        self.mark = mark


class Budget:
    """How much one request may still read."""

    def __init__(self) -> None:
        self.read = 0

    def spend(self, samples: int = 1) -> None:
        """Spent when it was too much."""
        if self.read >= MOST_READ:
            raise Spent
        self.read += samples


@dataclass(frozen=True)
class Wish:
    """Which observations, and how: `newest_first` None is pond by pond, each from the oldest on."""

    span: Span = ALWAYS
    newest_first: bool | None = None
    wanted: Callable[[Stream], bool] | None = None
    after: Mark | None = None


@dataclass(frozen=True)
class Part:
    """A pond and those of its streams that are asked for, by symbol."""

    place: Place
    streams: dict[str, Stream]


Parts = Callable[[int], Iterator[Part]]


class Scanner:
    """Reads observations for one request."""

    def __init__(self, session: Session, budget: Budget) -> None:
        self._session = session
        self._budget = budget
        self._last: tuple[tuple[str, str, float, float] | None, list[StoredSample]] = None, []

    def scan(self, parts: Parts, wish: Wish) -> Iterator[tuple[Observed, Mark]]:
        """The observations of the parts, each with its mark; Spent with the last mark when it was too much."""
        return self._by_pond(parts, wish) if wish.newest_first is None else self._by_time(parts, wish)

    def near(self, part: Part, since: float, until: float) -> Iterator[Observed]:
        """The observations of one part between two times, oldest first."""
        return self._of(part, Wish(Span(since, until)), None)

    def _by_pond(self, parts: Parts, wish: Wish) -> Iterator[tuple[Observed, Mark]]:
        mark = wish.after
        begin = 0 if mark is None else mark.number if mark.nth < 0 else mark.number - 1
        try:
            for part in parts(begin):
                number = part.place.number
                after = wish.after if wish.after and wish.after.number == number else None
                for observed, reached in _marked(self._of(part, wish, after), number, after):
                    mark = reached
                    yield observed, reached
                mark = Mark(number, 0.0, -1)
        except Spent as spent:
            raise Spent(mark) from spent

    def _by_time(self, parts: Parts, wish: Wish) -> Iterator[tuple[Observed, Mark]]:
        found = list(islice((part for part in parts(0) if _streams(part, wish)), MOST_PONDS_IN_ONE_ORDER + 1))
        if len(found) > MOST_PONDS_IN_ONE_ORDER:
            cause = f"more than {MOST_PONDS_IN_ONE_ORDER} ponds in one order of time"
            raise Invalid("$orderby", cause, "Leave it out (then pond by pond), or ask for one Thing or Datastream.")
        mark, backwards = wish.after, bool(wish.newest_first)
        try:
            each = [self._of(part, wish, mark) for part in found]
            merged = heapq.merge(*each, key=lambda observed: observed.taken_at, reverse=backwards)
            for observed, reached in _marked(merged, 0, wish.after):
                mark = reached
                yield observed, reached
        except Spent as spent:
            raise Spent(mark) from spent

    def _of(self, part: Part, wish: Wish, after: Mark | None) -> Iterator[Observed]:
        """The observations of one pond, from the mark's time on."""
        place = part.place
        streams = _streams(part, wish)
        if place.node is None or not streams or (after and after.nth < 0):
            return
        self._budget.spend(COST_OF_A_POND)
        read = partial(samples, self._session, place.gateway_id, place.node)
        since, until = max(wish.span.since, 0.0), min(wish.span.until, LATEST_S)
        if wish.newest_first:
            until = until if after is None else min(until, after.at + HALF_MS)
            read_once = partial(self._read_once, place.gateway_id, place.node)
            rows = newest_first(read_once, since, until, place.newest_s + HALF_MS)
        else:
            rows = read(since if after is None else max(since, after.at - HALF_MS), until)
        for row in rows:
            self._budget.spend()
            yield from _observed(row, streams)

    def _read_once(self, gateway_id: str, node: str, since: float, until: float) -> Iterator[StoredSample]:
        """As `samples`; a day that was just read for another stream of the pond is not read again."""
        if until - since > DAY_S:
            return samples(self._session, gateway_id, node, since, until)
        key = gateway_id, node, since, until
        if self._last[0] != key:
            self._last = key, list(samples(self._session, *key))
        return iter(self._last[1])


def _streams(part: Part, wish: Wish) -> dict[str, Stream]:
    """The streams of a pond that can hold what is wished for."""
    return {symbol: stream for symbol, stream in part.streams.items() if not wish.wanted or wish.wanted(stream)}


def _observed(row: StoredSample, streams: dict[str, Stream]) -> Iterator[Observed]:
    """The first reading of each quantity that is asked for."""
    left = dict(streams)
    for quantity, value, quality, reason in row.readings:
        stream = left.pop(quantity, None)
        if stream is not None:
            yield Observed(
                stream, row.boot, row.sequence, row.taken_at, row.received_at, row.wall_known, row.late,
                value, quality, reason,
            )  # fmt: skip


def _marked(found: Iterable[Observed], number: int, after: Mark | None) -> Iterator[tuple[Observed, Mark]]:
    """Each with its mark; those up to the mark `after` are passed over."""
    at, nth, passing = 0.0, 0, after is not None
    for observed in found:
        nth = nth + 1 if nth and observed.taken_at == at else 1
        at = observed.taken_at
        if passing and after is not None and abs(at - after.at) < HALF_MS and nth <= after.nth:
            continue
        passing = False
        yield observed, Mark(number, at, nth)
