"""When was a record of a node's memory taken, on this gateway's monotonic clock?

A record of the running boot stands at a known distance from the newest sample. One of an earlier boot is dated by the wall
clock that the gateway told the node then; without that it is placed before the running boot began, as far back as the
number of unread records and their distance make likely.
"""

from gateway.bus.blocks import Record, Window
from gateway.clock import Clock


class Dating:
    """Dates the records of one node."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: tuple[float, int] | None = None
        self._zeros: dict[int, float] = {}

    @property
    def known(self) -> bool:
        """False before the first sample: nothing to count from."""
        return self._newest is not None

    def saw(self, taken_s: float, uptime_ms: int) -> None:
        """The newest sample of the running boot."""
        self._newest = (taken_s, uptime_ms)

    def taken_s(self, window: Window, record: Record, running: bool) -> float:
        """When the record was taken; never later than the newest sample, or than the boot that came after its own."""
        assert self._newest is not None
        taken_s, uptime_ms = self._newest
        if running:
            return taken_s - ((uptime_ms - record.uptime_ms) & 0xFFFFFFFF) / 1000
        began_s = taken_s - uptime_ms / 1000
        return min(began_s, self._zero_s(window, began_s) + record.uptime_ms / 1000)

    def guesses(self, window: Window) -> bool:
        """True when the window's boot was never told the time, or this gateway does not know it."""
        return not (window.booted_wall_s and self._clock.wall_known())

    def _zero_s(self, window: Window, began_s: float) -> float:
        if not self.guesses(window):
            return self._clock.monotonic() - (self._clock.wall() - window.booted_wall_s)
        if window.boot not in self._zeros:
            first, last = window.records[0].uptime_ms, window.records[-1].uptime_ms
            spacing_ms = (last - first) / max(len(window.records) - 1, 1)
            self._zeros[window.boot] = began_s - (first + spacing_ms * window.unread) / 1000
        return self._zeros[window.boot]
