# Time since boot in milliseconds, out of ticks that wrap around.


class Clock:
    # `ticks_ms` and `ticks_diff` are those of the time module; call uptime_ms at least once in four days.
    def __init__(self, ticks_ms, ticks_diff):
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last = ticks_ms()
        self._uptime_ms = 0

    def uptime_ms(self) -> int:
        now = self._ticks_ms()
        self._uptime_ms += self._ticks_diff(now, self._last)
        self._last = now
        return self._uptime_ms
