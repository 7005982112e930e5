# One measured channel: its last value, its quality, and when the probe gave it.

from hardware.registers import BAD, GOOD, REASON_NEVER_READ, REASON_NONE

NOTHING = float("nan")
NEVER = 0xFFFF


class Channel:
    def __init__(self, quantity: int) -> None:
        self.quantity = quantity
        self.value = NOTHING
        self.quality = BAD << 8 | REASON_NEVER_READ
        self.read_ms = -1

    def good(self, value: float, now_ms: int) -> None:
        self.value = value
        self.quality = GOOD << 8 | REASON_NONE
        self.read_ms = now_ms

    def bad(self, reason: int) -> None:
        # The value goes with the fault: what is left is the age of the last good one.
        self.value = NOTHING
        self.quality = BAD << 8 | reason


def age_s(read_ms: int, now_ms: int) -> int:
    # Whole seconds since the probe gave the value, NEVER where it gave none.
    if read_ms < 0:
        return NEVER
    return min((now_ms - read_ms) // 1000, NEVER - 1)
