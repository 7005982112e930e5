# What Yosemitech's probes share: 9600 8N1, floats with all four bytes reversed (1.0 is 00 00 80 3F on the wire).
#
# Registers as published with EnviroDIY's YosemitechModbus (BSD-3): 0x0900 seven registers, serial number in ASCII; 0x2600
# degC, value and, behind two floats, an error byte; 0x2500 no registers, starts measuring (older optical probes).

import struct

from firmware.node.channel import Channel
from firmware.node.probes.options import choice, known
from firmware.node.probes.probe import ProbeSilent, printable
from firmware.node.probes.rtu import RtuProbe, unit_in
from hardware.registers import QUANTITY_TEMPERATURE, REASON_NOT_READY, REASON_PROBE_FAULT

_VALUES = 0x2600
_SERIAL = 0x0900
_START = 0x2500
_ERROR_BYTE = 8


class Yosemitech(RtuProbe):
    # Option `start`: 1 for a probe that measures only after it was told to.
    def __init__(self, master, address, options, water, measured, derived=()) -> None:
        known(options, "start")
        self._starts = choice(options, "start", (0, 1), 0)
        self._told = False
        super().__init__(master, unit_in(address), water, measured, derived)

    async def _values(self, count: int) -> memoryview:
        # The registers with the readings, from degC on.
        if self._starts and not self.answering and not self._told:
            await self._ask(_START, 0)
            self._told = True
            raise ProbeSilent(REASON_NOT_READY)
        self._told = False
        return await self._ask(_VALUES, count)

    async def _identify(self):
        return printable(await self._ask(_SERIAL, 7))


def thermometer() -> Channel:
    return Channel(QUANTITY_TEMPERATURE, 0.0, 45.0)


def float_at(data: memoryview, at: int) -> float:
    return struct.unpack_from("<f", data, at)[0]


def refuse_error(data: memoryview) -> None:
    # Raises ProbeSilent when the probe says that its reading is wrong.
    if data[_ERROR_BYTE]:
        raise ProbeSilent(REASON_PROBE_FAULT)
