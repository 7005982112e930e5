# Yosemitech Y520, four-electrode conductivity: 0x2600 five registers: degC, mS/cm, error byte. Source as in y5xx.py.

from firmware.node.channel import Channel
from firmware.node.probes.derived import DRY_MS_CM, Salinity
from firmware.node.probes.y5xx import Yosemitech, float_at, refuse_error, thermometer
from hardware.registers import QUANTITY_CONDUCTIVITY, REASON_NO_SIGNAL


class Driver(Yosemitech):
    # Its temperature serves its salinity only and is no channel of the node.
    def __init__(self, master, address, options, water) -> None:
        conductivity = Channel(QUANTITY_CONDUCTIVITY, 0.0, 100.0)
        self._temperature = thermometer()
        super().__init__(
            master, address, options, water, (conductivity,), (Salinity(conductivity, self._temperature, water),)
        )

    async def _read(self, clock) -> None:
        data = await self._values(5)
        refuse_error(data)
        now_ms = clock.uptime_ms()
        self._temperature.put(float_at(data, 0), now_ms)
        value = float_at(data, 4)
        if value < DRY_MS_CM:
            self._measured[0].miss(REASON_NO_SIGNAL)
        else:
            self._measured[0].put(value, now_ms)

    def derive(self, now_ms: int) -> None:
        self._temperature.settle(now_ms)
        super().derive(now_ms)
