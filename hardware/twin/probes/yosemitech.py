"""Yosemitech probes, in the bytes of EnviroDIY's YosemitechModbus (BSD-3): function 3, floats with their bytes reversed."""

import struct

from hardware import registers
from hardware.twin.probes.senses import Senses

VALUES = 0x2600
PH = 0x2800
SERIAL = 0x0900
START = 0x2500
MODELS = {"y504": "01", "y520": "09", "y510": "10", "y532": "43"}
SECOND = {"y520": registers.QUANTITY_CONDUCTIVITY, "y510": registers.QUANTITY_TURBIDITY}


class Yosemitech:
    """One probe of the family; `number` is its factory number."""

    def __init__(self, senses: Senses, driver: str, number: int) -> None:
        self._senses = senses
        self._driver = driver
        self._serial = f"YL{MODELS[driver]}{number:010d}".encode()

    def registers(self, function: int, address: int, count: int) -> bytes | None:
        """Data of a read."""
        if function != 3:
            return None
        if address == SERIAL:
            return self._serial
        if address == START and count == 0:
            return b""
        if self._driver == "y532":
            return struct.pack("<f", self._senses.value(registers.QUANTITY_PH)) if address == PH else None
        return self._values() if address == VALUES else None

    def _values(self) -> bytes:
        temperature_c = self._senses.value(registers.QUANTITY_TEMPERATURE)
        if self._driver == "y504":
            share = self._senses.value(registers.QUANTITY_DO_SATURATION) / 100
            return struct.pack("<fff", temperature_c, share, 0.0)
        return struct.pack("<ff", temperature_c, self._senses.value(SECOND[self._driver])) + b"\x00\x00"
