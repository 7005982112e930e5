# PZEM-004T v3, energy meter: 9600 8N1, function 4, ten registers from 0: V x 0.1; A x 0.001, W x 0.1 and Wh of two
# registers each with the low word first; Hz, power factor, alarm (mandulaj's PZEM-004T-v30 and esphome's pzemac).

from firmware.node.channel import Channel
from firmware.node.probes.options import address_in, known
from firmware.node.probes.rtu import RtuProbe
from hardware.registers import QUANTITY_CURRENT, QUANTITY_ENERGY, QUANTITY_POWER, QUANTITY_VOLTAGE

_ANY_UNIT = 0xF8  # the only meter on the line answers to it


class Driver(RtuProbe):
    def __init__(self, master, address, options, water) -> None:
        known(options, "")
        measured = (
            Channel(QUANTITY_CURRENT, 0.0, 100.0),
            Channel(QUANTITY_VOLTAGE, 0.0, 500.0),
            Channel(QUANTITY_POWER, 0.0, 100.0),
            Channel(QUANTITY_ENERGY, 0.0, 1e7),
        )
        super().__init__(master, address_in(address, 1, _ANY_UNIT), water, measured)

    async def _read(self, clock) -> None:
        data = await self._ask(0, 10, 4)
        now_ms = clock.uptime_ms()
        current, voltage, power, energy = self._measured
        voltage.put(_word(data, 0) * 0.1, now_ms)
        current.put(_double(data, 1) * 0.001, now_ms)
        power.put(_double(data, 3) * 0.0001, now_ms)
        energy.put(_double(data, 5) * 0.001, now_ms)


def _word(data: memoryview, register: int) -> int:
    return data[2 * register] << 8 | data[2 * register + 1]


def _double(data: memoryview, register: int) -> float:
    # A float from the start: 32 bits do not fit a small integer of the chip.
    return _word(data, register + 1) * 65536.0 + _word(data, register)
