"""Two nodes with one unit id."""

from collections.abc import Callable

DISCOVERY_READS = 12
DISCOVERY_PERIOD_S = 2.5
RECHECK_S = 60.0


class TwinSearch:
    """Are there two nodes with one unit id?

    A node answers a discovery read after a random time, so two of them are both heard within a few reads. The reads are
    far apart, for each keeps the line busy. While twins are known the search begins anew every minute.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.found: tuple[str, ...] = ()
        self._monotonic = monotonic
        self._left = 0
        self._next_s = 0.0
        self._seen: set[str] = set()

    @property
    def searching(self) -> bool:
        """True until the search has its answer."""
        return self._left > 0

    def begin(self) -> None:
        """Something is odd: search, unless that was done within the last minute."""
        if not self.searching and self._monotonic() >= self._next_s:
            self._left = DISCOVERY_READS
            self._seen = set()

    def due(self) -> bool:
        """True when it is time for the next discovery read."""
        if self.found:
            self.begin()
        return self.searching and self._monotonic() >= self._next_s

    def saw(self, hardware_id: str | None) -> None:
        """Who answered the read, None for nobody. Two different ones end the search."""
        self._left -= 1
        self._next_s = self._monotonic() + DISCOVERY_PERIOD_S
        if hardware_id is not None:
            self._seen.add(hardware_id)
        if len(self._seen) > 1 or self._left == 0:
            self._left = 0
            self._next_s = self._monotonic() + RECHECK_S
            if self._seen:
                self.found = tuple(sorted(self._seen)) if len(self._seen) > 1 else ()
