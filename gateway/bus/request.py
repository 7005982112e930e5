"""Modbus requests: what is sent after the unit id, and how the answer must begin and how long it must be.

Also what is none by the book: functions of the maker's own, and counts of zero.
"""

import struct
from dataclasses import dataclass

READ_COILS, READ_INPUTS, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
COIL_ON, COIL_OFF, COIL_TOGGLE = 0xFF00, 0x0000, 0x5500


@dataclass(frozen=True, slots=True)
class Request:
    """`body` is function and data; the answer's body begins with `head` and has `size` bytes."""

    body: bytes
    head: bytes
    size: int

    @property
    def refusal(self) -> bytes:
        """How a refusal begins; a code of one byte follows."""
        return bytes((self.body[0] | 0x80,))


def read_bits(function: int, address: int, count: int) -> Request:
    """Functions 1 and 2: `count` coils or inputs."""
    size = (count + 7) // 8
    return Request(struct.pack(">BHH", function, address, count), bytes((function, size)), 2 + size)


def read_words(function: int, address: int, count: int) -> Request:
    """Functions 3 and 4: `count` registers; 0 is what old Yosemitech probes take for an order to start."""
    return Request(struct.pack(">BHH", function, address, count), bytes((function, 2 * count)), 2 + 2 * count)


def write_one(function: int, address: int, value: int) -> Request:
    """Functions 5 and 6: one coil (COIL_ON, COIL_OFF, or what the maker added) or one register; echoed."""
    body = struct.pack(">BHH", function, address, value)
    return Request(body, body, len(body))


def write_words(address: int, values: list[int]) -> Request:
    """Function 16; the answer repeats address and count."""
    count = len(values)
    body = struct.pack(f">BHHB{count}H", WRITE_REGISTERS, address, count, 2 * count, *values)
    return Request(body, body[:5], 5)


def write_bits(address: int, values: list[bool]) -> Request:
    """Function 15; the answer repeats address and count."""
    mask = sum(1 << at for at, on in enumerate(values) if on)
    data = mask.to_bytes((len(values) + 7) // 8, "little")
    body = struct.pack(">BHHB", WRITE_COILS, address, len(values), len(data)) + data
    return Request(body, body[:5], 5)


def words_of(answer: bytes) -> list[int]:
    """The registers in the answer to `read_words`."""
    return list(struct.unpack(f">{(len(answer) - 2) // 2}H", answer[2:]))


def bits_of(answer: bytes, count: int) -> list[bool]:
    """The bits in the answer to `read_bits`."""
    mask = int.from_bytes(answer[2:], "little")
    return [bool(mask >> at & 1) for at in range(count)]
