"""Yosemitech probes on a node's own serial line, and what can go wrong with them.

The bytes are those of EnviroDIY's YosemitechModbus (BSD-3): function 3, floats with their four bytes reversed.
"""

import math
import random
import struct
from dataclasses import dataclass

from hardware.twin.ponds import Pond
from hardware.twin.terminals import Terminal
from hardware.water import conductivity_ms_cm

AIR_TEMPERATURE_C = 25.5
LAG_H = 90 / 3600
NOISE_SHARE = 0.004


def crc16(data: bytes) -> bytes:
    """CRC-16/Modbus, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


@dataclass
class ProbeFaults:
    """What is wrong with the probes of one node."""

    pulled: bool = False
    frozen: bool = False
    dead: bool = False
    drift_mg_l_per_h: float = 0.0


class Probes:
    """All probes of one node: Y504 (oxygen) at unit 1, and for a full set Y520 at unit 2 and Y532 at unit 3."""

    def __init__(self, pond: Pond, terminal: Terminal, *, full_set: bool, seed: int) -> None:
        self.faults = ProbeFaults()
        self.terminal = terminal
        self.drift_mg_l = 0.0
        self._pond = pond
        self._felt_saturation = pond.saturation
        self._full_set = full_set
        self._random = random.Random(seed)
        self._buffer = b""
        self._frozen: dict[bytes, bytes] = {}

    def step(self, hours: float) -> None:
        """Let the membranes follow the water: a lag of 90 s; drift grows."""
        share = 1 - math.exp(-hours / LAG_H)
        self._felt_saturation += (self._pond.saturation - self._felt_saturation) * share
        self.drift_mg_l += self.faults.drift_mg_l_per_h * hours

    def heal(self) -> None:
        """Clean, wet and whole again."""
        self.faults = ProbeFaults()
        self.drift_mg_l = 0.0

    def answer(self) -> None:
        """Serve what the node has asked; to be called when the terminal is readable."""
        self._buffer = (self._buffer + self.terminal.read())[-64:]
        while len(self._buffer) >= 8:
            request = self._buffer[:8]
            if crc16(request[:6]) != request[6:]:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[8:]
            if not self.faults.dead and (reply := self._reply(request)):
                self.terminal.write(reply)

    def _reply(self, request: bytes) -> bytes | None:
        unit_id, function, address, count = struct.unpack(">BBHH", request[:6])
        if function != 3:
            return None
        data = self._frozen.get(request) if self.faults.frozen else None
        if data is None:
            data = self._registers(unit_id, address)
            if data is None or len(data) != 2 * count:
                return None
            self._frozen[request] = data
        body = struct.pack(">BBB", unit_id, 3, len(data)) + data
        return body + crc16(body)

    def _registers(self, unit_id: int, address: int) -> bytes | None:
        if (unit_id, address) == (1, 0x2600):
            return struct.pack("<fff", self._temperature_c(), self._saturation(), 0.0)
        if self._full_set and (unit_id, address) == (2, 0x2600):
            return struct.pack("<ff", self._temperature_c(), self._conductivity()) + b"\x00\x00"
        if self._full_set and (unit_id, address) == (3, 0x2800):
            return struct.pack("<f", self._pond.biology.ph(self._pond.hour) + self._random.gauss(0, 0.005))
        return None

    def _temperature_c(self) -> float:
        water = AIR_TEMPERATURE_C if self.faults.pulled else self._pond.temperature_c
        return water + self._random.gauss(0, 0.01)

    def _saturation(self) -> float:
        if self.faults.pulled:
            return 1.0 + self._random.gauss(0, 0.001)
        per_mg_l = self._pond.saturation / max(self._pond.do_mg_l, 0.01)
        felt = self._felt_saturation + self.drift_mg_l * per_mg_l
        return max(0.0, felt + self._random.gauss(0, NOISE_SHARE))

    def _conductivity(self) -> float:
        if self.faults.pulled:
            return 0.0
        return conductivity_ms_cm(self._pond.salinity_psu, self._pond.temperature_c) + self._random.gauss(0, 0.02)
