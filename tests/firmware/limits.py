"""The chip's numbers on a PC: floats that are rounded to 32 bits after every step, ticks that wrap around at 2^30."""

import math
import struct
from collections.abc import Callable

TICKS_PERIOD = 1 << 30


def single(value: float) -> float:
    """The nearest 32-bit float."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


class Single(float):
    """A float of 32 bits: whatever is computed with it is rounded to 32 bits, and so is what it meets."""

    def __new__(cls, value: float) -> "Single":
        return super().__new__(cls, single(value))

    def __add__(self, other: float) -> "Single":
        return Single(float(self) + single(other))

    def __sub__(self, other: float) -> "Single":
        return Single(float(self) - single(other))

    def __rsub__(self, other: float) -> "Single":
        return Single(single(other) - float(self))

    def __mul__(self, other: float) -> "Single":
        return Single(float(self) * single(other))

    def __truediv__(self, other: float) -> "Single":
        return Single(float(self) / single(other))

    def __rtruediv__(self, other: float) -> "Single":
        return Single(single(other) / float(self))

    def __neg__(self) -> "Single":
        return Single(-float(self))

    def __abs__(self) -> "Single":
        return Single(abs(float(self)))

    __radd__ = __add__
    __rmul__ = __mul__


def in_single(function: Callable[[float], float]) -> Callable[[float], Single]:
    """A function of the math module as the chip has it."""

    def rounded(value: float) -> Single:
        return Single(function(single(value)))

    return rounded


EXP, LOG, SQRT = in_single(math.exp), in_single(math.log), in_single(math.sqrt)


class Ticks:
    """The chip's millisecond counter: from 0 to 2^30 - 1, then again from 0."""

    def __init__(self, start: int = 0) -> None:
        self.count = start

    def advance(self, ms: int) -> None:
        """Let time pass."""
        self.count = (self.count + ms) % TICKS_PERIOD

    def ticks_ms(self) -> int:
        """As time.ticks_ms."""
        return self.count

    @staticmethod
    def ticks_diff(later: int, earlier: int) -> int:
        """As time.ticks_diff: the signed distance, right up to half the period."""
        return (later - earlier + TICKS_PERIOD // 2) % TICKS_PERIOD - TICKS_PERIOD // 2
