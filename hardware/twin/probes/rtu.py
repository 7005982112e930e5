"""Modbus probes on a node's own serial line."""

import struct
from typing import Protocol

from hardware.twin.probes.crc import crc16
from hardware.twin.probes.senses import Senses
from hardware.twin.terminals import Terminal

ILLEGAL_ADDRESS = 2


class Unit(Protocol):
    """One probe: the data bytes of a read, or None for registers that it has not."""

    def registers(self, function: int, address: int, count: int) -> bytes | None: ...


class Line:
    """Answers for all units; faults of the node's probes hold for each."""

    def __init__(self, terminal: Terminal, senses: Senses, units: dict[int, Unit]) -> None:
        self.units = units
        self._terminal = terminal
        self._senses = senses
        self._buffer = b""

    def answer(self) -> None:
        """Serve what the node has asked; to be called when the terminal is readable."""
        self._buffer = (self._buffer + self._terminal.read())[-64:]
        while len(self._buffer) >= 8:
            request = self._buffer[:8]
            if crc16(request[:6]) != request[6:]:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[8:]
            if reply := self.reply(request):
                self._terminal.write(reply)

    def reply(self, request: bytes) -> bytes:
        """The frame that a whole request gets, empty for silence."""
        unit_id, function, address, count = struct.unpack(">BBHH", request[:6])
        if unit_id not in self.units or self._senses.faults.dead:
            return b""
        data = self.units[unit_id].registers(function, address, count)
        if data is None or len(data) != 2 * count:
            body = bytes((unit_id, function | 0x80, ILLEGAL_ADDRESS))
        else:
            body = bytes((unit_id, function, len(data))) + data
        frame = body + crc16(body)
        return frame[:-3] + bytes((frame[-3] ^ 0x10,)) + frame[-2:] if self._senses.faults.garbled else frame
