"""What a node measured, as the gateway keeps it."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

from hardware import registers


class Quality(enum.IntEnum):
    """How far a value may be trusted; never said by the value itself."""

    GOOD = registers.GOOD
    UNCERTAIN = registers.UNCERTAIN
    BAD = registers.BAD


REASONS = {
    registers.REASON_NONE: "",
    registers.REASON_NEVER_READ: "never read",
    registers.REASON_TIMEOUT: "probe silent",
    registers.REASON_BAD_FRAME: "probe garbled",
    registers.REASON_RANGE: "out of range",
    registers.REASON_NO_SIGNAL: "no signal",
    registers.REASON_RATE: "changed too fast",
    registers.REASON_FROZEN: "stands still",
    registers.REASON_OUT_OF_WATER: "out of water",
    registers.REASON_CALIBRATING: "being calibrated",
    registers.REASON_LOOP: "current loop out of limits",
    registers.REASON_POWER_ON_VALUE: "power-on value",
    registers.REASON_PROBE_FAULT: "probe reports a fault",
    registers.REASON_NOT_READY: "probe not ready",
    registers.REASON_NO_PASSPORT: "calibration damaged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of one quantity (symbol of hardware.quantities); None where there is no value."""

    quantity: str
    value: float | None
    quality: Quality
    reason: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """All readings of one node at one time, known for ever by (node, boot, sequence).

    `taken_s` is on this gateway's monotonic clock. A late sample came out of the node's memory: it fills history only.
    """

    node: str
    boot: int
    sequence: int
    taken_s: float
    readings: tuple[Reading, ...]
    late: bool = False

    def reading(self, quantity: str) -> Reading | None:
        """The first reading of a quantity, None when this node does not measure it."""
        return next((reading for reading in self.readings if reading.quantity == quantity), None)


def make_reading(quantity: str, value: float, quality_word: int) -> Reading:
    """A reading from its registers: NaN and infinities are no values, whatever the quality says."""
    code, reason = quality_word >> 8, quality_word & 0xFF
    quality = Quality(code) if code in Quality.__members__.values() else Quality.BAD
    if not math.isfinite(value):
        return Reading(quantity=quantity, value=None, quality=Quality.BAD, reason=reason)
    return Reading(quantity=quantity, value=value, quality=quality, reason=reason)


def make_readings(quantities: Sequence[str], values: Sequence[tuple[float, int]]) -> tuple[Reading, ...]:
    """The readings of one record."""
    return tuple(
        make_reading(quantity, value, quality) for quantity, (value, quality) in zip(quantities, values, strict=True)
    )
