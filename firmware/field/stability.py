"""When a reading stands still: the rule that a calibration point must pass before it counts."""

from collections import deque

WINDOW_S = 60.0
LEAST_READINGS = 5


class Stability:
    """Spread of what was read in the last `window_s`; stable when it is whole and no wider than `tolerance`."""

    def __init__(self, tolerance: float, window_s: float = WINDOW_S) -> None:
        self._tolerance = tolerance
        self.window_s = window_s
        self._readings: deque[tuple[float, float]] = deque()

    def feed(self, now_s: float, value: float) -> None:
        """Take one finite reading."""
        self._readings.append((now_s, value))
        while now_s - self._readings[1][0] >= self.window_s if len(self._readings) > 1 else False:
            self._readings.popleft()

    def restart(self) -> None:
        """Forget everything: the probe was moved or fell silent."""
        self._readings.clear()

    @property
    def covered_s(self) -> float:
        """How much of the window is filled."""
        return min(self.window_s, self._readings[-1][0] - self._readings[0][0]) if self._readings else 0.0

    @property
    def spread(self) -> float:
        """Highest less lowest reading of the window."""
        values = [value for _, value in self._readings]
        return max(values) - min(values) if values else float("inf")

    @property
    def mean(self) -> float:
        """Mean of the window; ValueError while it is empty."""
        if not self._readings:
            raise ValueError("no readings yet")
        return sum(value for _, value in self._readings) / len(self._readings)

    @property
    def stable(self) -> bool:
        """True when the whole window lies within the tolerance."""
        enough = len(self._readings) >= LEAST_READINGS and self.covered_s >= self.window_s
        return enough and self.spread <= self._tolerance
