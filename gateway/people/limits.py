"""How often a door may be tried, by person and by address: guessing takes years, and nobody is locked out for long."""

import threading
from collections import deque
from collections.abc import Callable, Iterable

WINDOW_S = 900.0
PER_PERSON, PER_ADDRESS = 5, 20
MOST_KEYS = 10_000


class DoorLimits:
    """Failures within the last quarter of an hour."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def try_s(self, person: str, address: str) -> float:
        """Seconds until the door may be tried; 0 lets one try pass, which counts as a failure unless it succeeds."""
        most = {f"person {person}": PER_PERSON, f"address {address}": PER_ADDRESS}
        with self._lock:
            wait_s = max(self._wait_s(key, allowed) for key, allowed in most.items())
            if not wait_s:
                self._count(most)
            return wait_s

    def succeeded(self, person: str, address: str) -> None:
        """The right one has come."""
        with self._lock:
            self._failures.pop(f"person {person}", None)
            if times := self._failures.get(f"address {address}"):
                times.pop()

    def _count(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(self._monotonic())
        while len(self._failures) > MOST_KEYS:
            del self._failures[next(iter(self._failures))]

    def _wait_s(self, key: str, most: int) -> float:
        times, now_s = self._failures.get(key, deque()), self._monotonic()
        while times and now_s - times[0] > WINDOW_S:
            times.popleft()
        return 0.0 if len(times) < most else times[-most] + WINDOW_S - now_s
