# Yosemitech Y510, turbidity: 0x2600 five registers: degC, NTU, error byte. Source as in y5xx.py.

from firmware.node.channel import Channel
from firmware.node.probes.y5xx import Yosemitech, float_at, refuse_error
from hardware.registers import QUANTITY_TURBIDITY


class Driver(Yosemitech):
    def __init__(self, master, address, options, water) -> None:
        self._turbidity = Channel(QUANTITY_TURBIDITY, 0.0, 4000.0)
        super().__init__(master, address, options, water, (self._turbidity,))

    async def _read(self, clock) -> None:
        data = await self._values(5)
        refuse_error(data)
        self._turbidity.put(float_at(data, 4), clock.uptime_ms())
