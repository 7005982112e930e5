"""Samples of one node in memory, column by column: what hot blocks and sealed chunks both decode to."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

WALL_KNOWN, LATE = 1, 2
ABSENT = 255
GOOD = 0

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity. `values`: float64, NaN for none; `quality` and `reason`: uint8, a quality of ABSENT for no reading."""

    quantity: str
    values: Array
    quality: Array
    reason: Array


@dataclass(frozen=True, slots=True)
class Rows:
    """n samples. int64: boot, sequence, taken_ms, received_ms; uint8: flags, of WALL_KNOWN and LATE."""

    boot: Array
    sequence: Array
    taken_ms: Array
    received_ms: Array
    flags: Array
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.sequence)

    def take(self, places: Array) -> "Rows":
        """The samples at these places, or where a mask is true."""
        return Rows(
            self.boot[places],
            self.sequence[places],
            self.taken_ms[places],
            self.received_ms[places],
            self.flags[places],
            tuple(
                Column(column.quantity, column.values[places], column.quality[places], column.reason[places])
                for column in self.columns
            ),
        )

    def between(self, since: float, until: float) -> "Rows":
        """The samples taken in these Unix seconds, the first included, the last not."""
        return self.take((self.taken_ms >= since * 1000) & (self.taken_ms < until * 1000))

    def good(self, quantity: str) -> tuple[Array, Array]:
        """Times in ms and values of one quantity where they are good."""
        return good_of(self.taken_ms, tuple(column for column in self.columns if column.quantity == quantity))


def good_of(taken_ms: Array, columns: Collection[Column]) -> tuple[Array, Array]:
    """Times in ms and values of columns of one quantity where they are good."""
    if not columns:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    sound = [(column.quality == GOOD) & ~np.isnan(column.values) for column in columns]
    values = [column.values[good] for column, good in zip(columns, sound, strict=True)]
    return np.concatenate([taken_ms[good] for good in sound]), np.concatenate(values)


def join(parts: Iterable[Rows]) -> Rows:
    """All samples of the parts, in the order in which they were taken; a quantity that a part lacks is absent there."""
    found = [part for part in parts if len(part)]
    if not found:
        return nothing()
    keys: dict[tuple[str, int], None] = {}
    named = [dict(zip(_keys(part.columns), part.columns, strict=True)) for part in found]
    for columns in named:
        keys.update(dict.fromkeys(columns))
    joined = Rows(
        np.concatenate([part.boot for part in found]),
        np.concatenate([part.sequence for part in found]),
        np.concatenate([part.taken_ms for part in found]),
        np.concatenate([part.received_ms for part in found]),
        np.concatenate([part.flags for part in found]),
        tuple(
            _stack([columns.get(key) or _absent(key[0], len(part)) for columns, part in zip(named, found, strict=True)])
            for key in keys
        ),
    )
    return joined.take(np.lexsort((joined.sequence, joined.boot, joined.taken_ms)))


def nothing() -> Rows:
    """No samples."""
    none = np.empty(0, np.int64)
    return Rows(none, none, none, none, np.empty(0, np.uint8), ())


def _keys(columns: tuple[Column, ...]) -> Iterator[tuple[str, int]]:
    """A quantity that a node measures several times is told apart by its turn."""
    turns: Counter[str] = Counter()
    for column in columns:
        yield column.quantity, turns[column.quantity]
        turns[column.quantity] += 1


def _stack(parts: list[Column]) -> Column:
    return Column(
        parts[0].quantity,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.quality for part in parts]),
        np.concatenate([part.reason for part in parts]),
    )


def _absent(quantity: str, count: int) -> Column:
    return Column(quantity, np.full(count, np.nan), np.full(count, ABSENT, np.uint8), np.zeros(count, np.uint8))
