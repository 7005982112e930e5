"""Other Modbus probes: DFRobot SEN0681 (oxygen), PZEM-004T v3 (energy), and any probe that a settings entry describes."""

import struct
from collections.abc import Mapping
from typing import Any

from hardware import registers
from hardware.twin.probes.senses import Senses

FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f"}


class Sen0681:
    """Three floats, high byte first: share of saturation, mg/L, degC."""

    def __init__(self, senses: Senses) -> None:
        self._senses = senses

    def registers(self, function: int, address: int, count: int) -> bytes | None:
        """Data of a read."""
        if function != 3 or (address, count) != (0, 6):
            return None
        share = self._senses.value(registers.QUANTITY_DO_SATURATION) / 100
        return struct.pack(">fff", share, 8.0 * share, self._senses.value(registers.QUANTITY_TEMPERATURE))


class Pzem004t:
    """Ten input registers, of two-register values the low word first."""

    def __init__(self, senses: Senses) -> None:
        self._senses = senses

    def registers(self, function: int, address: int, count: int) -> bytes | None:
        """Data of a read."""
        if function != 4:
            return None
        volt = round(self._senses.value(registers.QUANTITY_VOLTAGE) * 10)
        milliampere = round(self._senses.value(registers.QUANTITY_CURRENT) * 1000)
        deciwatt = round(self._senses.value(registers.QUANTITY_POWER) * 10000)
        watt_hours = round(self._senses.value(registers.QUANTITY_ENERGY) * 1000)
        words = [volt]
        for value in (milliampere, deciwatt, watt_hours):
            words += [value & 0xFFFF, value >> 16]
        words += [500, 98, 0]
        return struct.pack(">10H", *words)[2 * address : 2 * (address + count)]


class Described:
    """The probe that the options of a `modbus` entry describe."""

    def __init__(self, senses: Senses, options: Mapping[str, Any]) -> None:
        self._senses = senses
        self._channels = options["channels"]

    def registers(self, function: int, address: int, count: int) -> bytes | None:  # noqa: ARG002
        """Data of a read that asks for one channel."""
        for channel in self._channels:
            if (function, address) == (channel.get("function", 3), channel["register"]):
                return self._encode(channel)
        return None

    def _encode(self, channel: Mapping[str, Any]) -> bytes:
        kind = channel["type"]
        stored = (self._senses.value(channel["quantity"]) - channel.get("offset", 0)) / channel.get("scale", 1)
        packed = struct.pack(FORMATS[kind], stored if kind == "f32" else round(stored))
        order = channel.get("order", "ABCD"[: len(packed)])
        return bytes(packed["ABCD".index(letter)] for letter in order)
