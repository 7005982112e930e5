"""Registers of foreign devices as numbers, and which of them are read together."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.bus.template import Register

FORMS = {"u16": "H", "s16": "h", "u32": "I", "s32": "i", "f32": "f"}
FRAME_BYTES = 13  # of a request and its answer, beside the registers
SILENCE_BYTES = 7


@dataclass(frozen=True, slots=True)
class Span:
    """Registers that one request reads."""

    function: int
    address: int
    count: int
    registers: tuple[Register, ...]

    @property
    def has_holes(self) -> bool:
        """True when it reads registers that nobody asked for."""
        return self.count > sum(register.width for register in self.registers)


def hole_max(byte_s: float, gap_s: float, latency_s: float) -> int:
    """Registers of a hole that cost no more than one more request: half of its bytes, waiting counted as bytes."""
    overhead = FRAME_BYTES + SILENCE_BYTES + round((gap_s + latency_s) / byte_s)
    return (overhead + 1) // 2


def spans(registers: Sequence[Register], most: int, hole: int) -> list[Span]:
    """All registers in as few requests as it takes: none longer than `most`, none over a hole larger than `hole`."""
    found: list[Span] = []
    for register in sorted(registers, key=lambda register: (register.function, register.address)):
        last = found[-1] if found else None
        if last is not None and last.function == register.function:
            count = max(last.count, register.address + register.width - last.address)
            if count <= most and register.address - (last.address + last.count) <= hole:
                found[-1] = Span(last.function, last.address, count, (*last.registers, register))
                continue
        found.append(Span(register.function, register.address, register.width, (register,)))
    return found


def decoded(register: Register, words: Sequence[int]) -> float:
    """The value of a register out of its words as they came; may be NaN."""
    wire = struct.pack(f">{len(words)}H", *words)
    data = wire
    if register.width == 2:
        data = bytes(wire[register.order.index(letter)] for letter in "ABCD")
    value: float = struct.unpack(">" + FORMS[register.type], data)[0]
    if register.mask is not None:
        value = int(value) & register.mask
    return value * register.scale + register.offset
