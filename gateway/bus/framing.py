"""How a request is wrapped for its way: RTU on serial lines and through transparent converters, MBAP for Modbus TCP."""

import itertools
import struct
from dataclasses import dataclass
from typing import Protocol

from firmware.node.crc import crc16
from gateway.bus.request import Request

REFUSAL_BYTES = 2


class Framing(Protocol):
    """One request at a time: `wrap` it, then `find` its answer in what came since."""

    numbered: bool

    def wrap(self, unit_id: int, request: Request) -> bytes: ...

    def find(self, data: bytes) -> bytes | None:
        """The body of the answer, or of a refusal; None while it is not there."""


@dataclass
class Rtu:
    """Unit id, body, check sum. Nothing says which request an answer belongs to."""

    numbered: bool = False
    _expected: tuple[tuple[bytes, int], ...] = ()

    def wrap(self, unit_id: int, request: Request) -> bytes:
        """The frame."""
        unit = bytes((unit_id,))
        self._expected = ((unit + request.head, request.size), (unit + request.refusal, REFUSAL_BYTES))
        return sealed(unit + request.body)

    def find(self, data: bytes) -> bytes | None:
        """The first frame that fits unit, function, length and check sum, whatever noise stands before it."""
        for head, size in self._expected:
            at = data.find(head)
            while at >= 0:
                frame = data[at : at + 1 + size + 2]
                if len(frame) == 1 + size + 2 and sealed(frame[:-2]) == frame:
                    return frame[1:-2]
                at = data.find(head, at + 1)
        return None


class Mbap:
    """Transaction number, length, unit id, body: an answer that is late bears another number and is never believed."""

    numbered = True

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._number = 0
        self._unit_id = 0
        self._request = Request(b"", b"", 0)

    def wrap(self, unit_id: int, request: Request) -> bytes:
        """The frame, with a number of its own."""
        self._number, self._unit_id, self._request = next(self._numbers) & 0xFFFF, unit_id, request
        return struct.pack(">HHHB", self._number, 0, 1 + len(request.body), unit_id) + request.body

    def find(self, data: bytes) -> bytes | None:
        """The answer with this request's number, unit, function and length."""
        at = 0
        while len(data) - at >= 8:
            number, protocol, length, unit_id = struct.unpack_from(">HHHB", data, at)
            body = data[at + 7 : at + 6 + length]
            at += 6 + length
            if len(body) == length - 1 and (number, protocol, unit_id) == (self._number, 0, self._unit_id):
                return body if self._fits(body) else None
        return None

    def _fits(self, body: bytes) -> bool:
        if body.startswith(self._request.refusal):
            return len(body) == REFUSAL_BYTES
        return body.startswith(self._request.head) and len(body) == self._request.size


def sealed(body: bytes) -> bytes:
    """With its check sum."""
    return body + struct.pack("<H", crc16(body, 0, len(body)))
