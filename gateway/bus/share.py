"""How much of a line's time something has taken lately."""

from collections import deque
from collections.abc import Callable

WINDOW_S = 60.0


class Share:
    """Busy seconds of the last minute, as a share of it (of the time since it was made, if that is less)."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._made_s = monotonic()
        self._taken: deque[tuple[float, float]] = deque()
        self._sum_s = 0.0

    def add(self, took_s: float) -> None:
        """So many seconds, ending now."""
        self._taken.append((self._monotonic(), took_s))
        self._sum_s += took_s
        self._forget()

    def now(self) -> float:
        """0 to 1."""
        self._forget()
        known_s = min(WINDOW_S, self._monotonic() - self._made_s)
        return min(1.0, self._sum_s / known_s) if known_s > 0 and self._taken else 0.0

    def _forget(self) -> None:
        while self._taken and self._taken[0][0] < self._monotonic() - WINDOW_S:
            self._sum_s -= self._taken.popleft()[1]
