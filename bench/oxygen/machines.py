"""What the machines do of what they are told: cuts, lost and welded ones, a feeder's limit."""

import numpy as np
from numpy.typing import NDArray

from bench.oxygen.scenarios import Scenario


class Machines:
    """The machines of a scenario; `over_limit` counts the minutes in which commands passed the feeder's limit."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.count = scenario.kind.machines
        self.running = [False] * self.count
        self.over_limit = 0

    def mains(self, hour: float) -> bool:
        """False in a power cut."""
        cut = self._scenario.cut
        return cut is None or not cut[0] <= hour < cut[1]

    def limit(self, hour: float) -> int:
        """How many machines the feeder carries now."""
        feeder = self._scenario.feeder
        if feeder is None or hour < 0 or not feeder[1] <= hour % 24 < feeder[2]:
            return self.count
        return int(feeder[0] * self.count + 1e-9)

    def limit_kw(self, hour: float) -> float | None:
        """The limit as a controller is told it."""
        limit = self.limit(hour)
        share = self._scenario.feeder[0] if self._scenario.feeder and limit < self.count else None
        return None if share is None else share * self.count * self._scenario.kind.power_kw

    def lost(self, hour: float) -> int:
        """How many of the machines, counted from the last, do not run whatever they are told."""
        lost = self._scenario.lost
        return lost[0] if lost and hour >= lost[1] else 0

    def welded(self, hour: float) -> int:
        """How many, counted from the first, run whatever they are told."""
        welded = self._scenario.welded
        return welded[0] if welded and hour >= welded[1] else 0

    def obey(self, hour: float, command: list[bool]) -> list[bool]:
        """Who runs in this minute."""
        if not self.mains(hour):
            self.running = [False] * self.count
            return self.running
        running = list(command)
        for place in range(self.welded(hour)):
            running[place] = True
        for place in range(self.count - self.lost(hour), self.count):
            running[place] = False
        excess = sum(running) - self.limit(hour)
        if excess > 0:
            self.over_limit += 1
            for place in reversed(range(self.count)):
                if excess > 0 and running[place]:
                    running[place] = False
                    excess -= 1
        self.running = running
        return running

    def bounds(self, hours: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Least and most machines that can run at these hours; mixing is kept where it can be."""
        most = np.array([min(self.limit(h), self.count - self.lost(h)) if self.mains(h) else 0 for h in hours])
        least = np.array([max(self.welded(h), self._scenario.mixing) for h in hours])
        return np.minimum(least, most), most
