"""History in minutes: the mean of each quantity of each node in each minute, read from the journal in one pass."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gateway.bus.samples import Quality
from gateway.journal.reader import JournalReader

Array = Any


@dataclass
class NodeMinutes:
    """Means of one node's good values; readings of one quantity (the currents of a panel) are told by their place."""

    count: int
    _sums: dict[tuple[str, int], tuple[Array, Array]] = field(default_factory=dict)

    def add(self, minute: int, readings: Sequence[Sequence[Any]]) -> None:
        """One sample."""
        places: dict[str, int] = {}
        for quantity, value, quality, *_ in readings:
            place = places.get(quantity, 0)
            places[quantity] = place + 1
            if value is None or quality != Quality.GOOD:
                continue
            if (quantity, place) not in self._sums:
                self._sums[quantity, place] = np.zeros(self.count), np.zeros(self.count)
            sums, counts = self._sums[quantity, place]
            sums[minute] += value
            counts[minute] += 1

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
    count = int((until_s - since_s) / minute_s) + 1
    found = {node: NodeMinutes(count) for node in nodes}
    for node, taken_s, readings in reader.samples(since_s, until_s):
        if node in found:
            found[node].add(int((taken_s - since_s) / minute_s), json.loads(readings))
    return found
