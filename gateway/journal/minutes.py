"""History in minutes: the mean of each quantity of each node in each minute, read from the journal in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gateway.journal.condense import STEPS_S
from gateway.journal.history import means, rows
from gateway.journal.reader import JournalReader

Array = Any


@dataclass
class NodeMinutes:
    """Means of one node's good values; readings of one quantity (the currents of a panel) are told by their place."""

    count: int
    _sums: dict[tuple[str, int], tuple[Array, Array]] = field(default_factory=dict)

    def add(self, minute: int, quantity: str, place: int, mean: float, count: int = 1) -> None:
        """So many good values of one minute."""
        if not 0 <= minute < self.count:
            return
        if (quantity, place) not in self._sums:
            self._sums[quantity, place] = np.zeros(self.count), np.zeros(self.count)
        sums, counts = self._sums[quantity, place]
        sums[minute] += mean * count
        counts[minute] += count

    def mean(self, quantity: str, place: int = 0) -> Array:
        """One value a minute, NaN where there is none."""
        if (quantity, place) not in self._sums:
            return np.full(self.count, np.nan)
        sums, counts = self._sums[quantity, place]
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def read_minutes(
    reader: JournalReader, nodes: Sequence[str], since_s: float, until_s: float, minute_s: float
) -> dict[str, NodeMinutes]:
    """Minutes of `minute_s` seconds of wall time (fewer than 60 on a simulated farm) of these hardware ids; apsw.Error."""
    found = {node: NodeMinutes(int((until_s - since_s) / minute_s) + 1) for node in nodes}
    condensed = minute_s == STEPS_S["minutes"]
    if condensed:
        for node, quantity, place, at_s, mean, count in means(reader, list(found), since_s, until_s):
            found[node].add(int((at_s - since_s) / minute_s), quantity, place, mean, count)
    for row in rows(reader, since_s, until_s, after=reader.condensed() if condensed else 0):
        if row.node in found and row.good and row.value is not None:
            found[row.node].add(int((row.at_s - since_s) / minute_s), row.quantity, row.place, row.value)
    return found
