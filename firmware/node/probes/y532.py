# Yosemitech Y532, glass pH electrode: 0x2800 two registers, pH (its manual says 0x2600; EnviroDIY found that wrong).
# Source as in y5xx.py.

from firmware.node.channel import Channel
from firmware.node.probes.y5xx import Yosemitech, float_at
from hardware.registers import QUANTITY_PH

_PH = 0x2800


class Driver(Yosemitech):
    def __init__(self, master, address, options, water) -> None:
        super().__init__(master, address, options, water, (Channel(QUANTITY_PH, 0.0, 14.0),))

    async def _read(self, clock) -> None:
        data = await self._ask(_PH, 2)
        self._measured[0].put(float_at(data, 0), clock.uptime_ms())
