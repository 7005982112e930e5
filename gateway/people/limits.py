"""How often a door may be tried, by person and by address: guessing takes years, and nobody is locked out for long."""

from collections import deque
from collections.abc import Callable

WINDOW_S = 900.0
PER_PERSON, PER_ADDRESS = 5, 20
MOST_KEYS = 10_000


class DoorLimits:
    """Failures within the last quarter of an hour."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: dict[str, deque[float]] = {}

    def wait_s(self, person: str, address: str) -> float:
        """Seconds until the door may be tried again, 0 when it may be now."""
        return max(self._wait_s(f"person {person}", PER_PERSON), self._wait_s(f"address {address}", PER_ADDRESS))

    def failed(self, person: str, address: str) -> None:
        """It was tried in vain."""
        for key in (f"person {person}", f"address {address}"):
            self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(self._monotonic())
        while len(self._failures) > MOST_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, person: str) -> None:
        """The right one has come."""
        self._failures.pop(f"person {person}", None)

    def _wait_s(self, key: str, most: int) -> float:
        times, now_s = self._failures.get(key, deque()), self._monotonic()
        while times and now_s - times[0] > WINDOW_S:
            times.popleft()
        return 0.0 if len(times) < most else times[-most] + WINDOW_S - now_s
