# One measured channel: burst, curve, range and filters on the way in; value, quality and age on the way out.
#
# All it needs is made at boot: a burst is a list of fixed length, its median is found by moving readings within it.

from math import isfinite

from hardware.registers import (
    BAD,
    GOOD,
    REASON_CALIBRATING,
    REASON_NEVER_READ,
    REASON_NONE,
    REASON_RANGE,
)

NOTHING = float("nan")
NEVER = 0xFFFF
LONGEST_BURST = 9

_INFINITE = float("inf")


class Channel:
    # `low` and `high` bound what a working probe can give. `filters` hold objects of filters.py. `curve` is a tuple of
    # segments (raw_from, gain, offset), () for none. `doubt` is the quality word of a reading that nothing speaks against.
    def __init__(self, quantity: int, low: float = -_INFINITE, high: float = _INFINITE) -> None:
        self.quantity = quantity
        self.low = low
        self.high = high
        self.curve: "tuple[tuple[float, float, float], ...]" = ()
        self.filters: "list[object]" = []
        self.doubt = GOOD << 8 | REASON_NONE
        self.calibrating = False
        self.derived = False  # True when computed from other channels: it has no raw value and takes no curve
        self.raw = NOTHING
        self.value = NOTHING
        self.quality = BAD << 8 | REASON_NEVER_READ
        self.read_ms = -1
        self._burst = [NOTHING] * LONGEST_BURST
        self._count = 0
        self._missed = 0
        self._reason = REASON_NEVER_READ

    def put(self, raw: float, now_ms: int) -> None:
        # One reading of a burst. Readings beyond the longest burst replace the last.
        if not isfinite(raw):
            self.miss(REASON_RANGE)
            return
        self._count = min(self._count + 1, LONGEST_BURST)
        self._burst[self._count - 1] = raw

    def miss(self, reason: int) -> None:
        # One reading of a burst that failed.
        self._missed += 1
        self._reason = reason

    def settle(self, now_ms: int) -> None:
        # Ends the burst. Without a reading and without a miss the old value stands until its filters lose patience.
        count, missed = self._count, self._missed
        self._count = self._missed = 0
        if count and count >= missed:
            self.raw = median(self._burst, count)
            self._take(apply(self.curve, self.raw), self.doubt, now_ms, now_ms)
        elif missed:
            self.raw = NOTHING
            self._take(NOTHING, BAD << 8 | self._reason, now_ms, now_ms)
        else:
            self._take(self.value, self.quality, self.read_ms, now_ms)

    def derive(self, value: float, quality: int, now_ms: int) -> None:
        # A value computed from other channels, with the quality word of the worst of them.
        self.derived = True
        self._take(value, quality, now_ms, now_ms)

    def good(self, value: float, now_ms: int) -> None:
        self.value = value
        self.quality = GOOD << 8 | REASON_NONE
        self.read_ms = now_ms

    def bad(self, reason: int) -> None:
        # The value goes with the fault: what is left is the age of the last good one.
        self.value = NOTHING
        self.quality = BAD << 8 | reason

    def _take(self, value: float, quality: int, read_ms: int, now_ms: int) -> None:
        # Range and filters; only a reading that passes them moves the age.
        last_ms = self.read_ms
        if quality >> 8 == BAD:
            self.bad(quality & 0xFF)
        elif self.low <= value <= self.high:
            self.value = value
            self.quality = quality
            self.read_ms = read_ms
        else:
            self.bad(REASON_RANGE)  # NaN comes here too
        self._judge(now_ms)
        if self.quality >> 8 == BAD:
            self.read_ms = last_ms

    def _judge(self, now_ms: int) -> None:
        # The worst verdict counts, and of two that are equally bad the first.
        if self.calibrating:
            self.bad(REASON_CALIBRATING)
            return
        verdict = self.quality
        for judge in self.filters:
            word = judge.judge(self, now_ms)
            if word >> 8 > verdict >> 8:
                verdict = word
        if verdict >> 8 == BAD:
            self.bad(verdict & 0xFF)
        else:
            self.quality = verdict


def apply(curve: "tuple[tuple[float, float, float], ...]", raw: float) -> float:
    # The first segment holds below its start too.
    value = raw
    first = True
    for raw_from, gain, offset in curve:
        if first or raw >= raw_from:
            value = gain * raw + offset
        first = False
    return value


def median(values: "list[float]", count: int) -> float:
    # Of the first `count` values, which change places.
    middle = count // 2
    for at in range(middle + 1):
        least = at
        for other in range(at + 1, count):
            if values[other] < values[least]:
                least = other
        values[at], values[least] = values[least], values[at]
    if count & 1:
        return values[middle]
    return (values[middle - 1] + values[middle]) / 2


def age_s(read_ms: int, now_ms: int) -> int:
    # Whole seconds since the probe gave the value, NEVER where it gave none.
    if read_ms < 0:
        return NEVER
    return min((now_ms - read_ms) // 1000, NEVER - 1)
