# Yosemitech Y504, optical oxygen: 0x2600 six registers: degC, share of saturation (1.0 is 100 %), mg/L. Its mg/L is left
# alone, for the probe knows no salinity. Source as in y5xx.py.

from firmware.node.channel import Channel
from firmware.node.probes.derived import Oxygen
from firmware.node.probes.y5xx import Yosemitech, float_at, thermometer
from hardware.registers import QUANTITY_DO_SATURATION


class Driver(Yosemitech):
    def __init__(self, master, address, options, water) -> None:
        self._share = Channel(QUANTITY_DO_SATURATION, 0.0, 250.0)
        self._temperature = thermometer()
        oxygen = Oxygen(self._share, self._temperature, water)
        super().__init__(master, address, options, water, (self._share, self._temperature), (oxygen,))

    async def _read(self, clock) -> None:
        data = await self._values(6)
        now_ms = clock.uptime_ms()
        self._temperature.put(float_at(data, 0), now_ms)
        self._share.put(float_at(data, 4) * 100, now_ms)
