# When this boot began by the gateway's clock. A label for samples that outlive the boot; no duration is taken from it.

from firmware.node.bank import Bank, whole
from firmware.node.clock import Clock
from hardware.registers import TIME

_SAME_S = 2  # rounding and travel of two tellings of one time


class Wall:
    def __init__(self, clock: Clock) -> None:
        self.booted_s = 0  # seconds since 1970, 0 when not known
        self._clock = clock

    def serve(self, bank: Bank) -> None:
        bank.add(TIME, None, self._set)

    def zero_s(self, uptime_ms: int) -> int:
        # When the 32 bits of a record's time stood at zero last, for a sample of this whole uptime.
        return self.booted_s + (uptime_ms >> 32) * 4294967 if self.booted_s else 0

    def _set(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, TIME.length)
        booted_s = max((words[0] << 16 | words[1]) - self._clock.uptime_ms() // 1000, 1)
        if abs(booted_s - self.booted_s) > _SAME_S:
            self.booted_s = booted_s
