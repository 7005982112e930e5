# Yosemitech probes: 9600 8N1, function 3, floats with all four bytes reversed (1.0 is 00 00 80 3F on the wire).
#
# Registers as published with EnviroDIY's YosemitechModbus (BSD-3): Y504 0x2600 six registers: degC, share of saturation,
# mg/L. Y520 0x2600 five registers: degC, mS/cm, error byte. Y532 0x2800 pH, 0x2400 degC.

import struct

from firmware.node.channel import Channel
from firmware.node.oxygen import do_mg_l, salinity_psu
from firmware.node.probes.master import Master, ProbeSilent
from hardware.registers import (
    QUANTITY_CONDUCTIVITY,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_PH,
    QUANTITY_SALINITY,
    QUANTITY_TEMPERATURE,
    REASON_NO_SIGNAL,
    REASON_RANGE,
)

_WAIT_MS = 300
_DRY_MS_CM = 0.05  # below this a conductivity probe hangs in the air


def _float(data: memoryview, at: int) -> float:
    return struct.unpack_from("<f", data, at)[0]


def _put(channel: Channel, value: float, low: float, high: float, now_ms: int) -> None:
    # NaN fails both comparisons, so it is out of range too.
    if low <= value <= high:
        channel.good(value, now_ms)
    else:
        channel.bad(REASON_RANGE)


class Water:
    # What is known of the water around the probes: the settings' values until a probe measures better ones. The last
    # good salinity stays in use when its probe fails, for salinity changes in days.
    def __init__(self, settings) -> None:
        self.salinity_psu = settings.salinity_psu
        self.pressure_hpa = settings.pressure_hpa


class _Probe:
    # `water` is a Water, which carries salinity_psu and pressure_hpa from probe to probe.
    def __init__(self, master: Master, unit_id: int, water, *quantities: int) -> None:
        self.channels = [Channel(quantity) for quantity in quantities]
        self._master = master
        self._unit_id = unit_id
        self._water = water

    async def read(self, clock) -> None:
        # Asks the probe once more when it fails, then marks its channels bad.
        for attempt in range(2):
            try:
                await self._read(clock)
                return
            except ProbeSilent as silent:
                if attempt:
                    for channel in self.channels:
                        channel.bad(silent.args[0])

    async def _read(self, clock) -> None:
        raise NotImplementedError

    async def _ask(self, address: int, count: int) -> memoryview:
        return await self._master.read(self._unit_id, address, count, _WAIT_MS)


class Y504(_Probe):
    # Optical oxygen; mg/L is computed here from saturation, for the probe knows no salinity.
    def __init__(self, master: Master, unit_id: int, water) -> None:
        super().__init__(master, unit_id, water, QUANTITY_DO, QUANTITY_DO_SATURATION, QUANTITY_TEMPERATURE)

    async def _read(self, clock) -> None:
        data = await self._ask(0x2600, 6)
        temperature_c = _float(data, 0)
        saturation = _float(data, 4)
        now_ms = clock.uptime_ms()
        oxygen, share, temperature = self.channels
        _put(temperature, temperature_c, 0.0, 45.0, now_ms)
        _put(share, saturation * 100, 0.0, 250.0, now_ms)
        if temperature.quality == 0 and share.quality == 0:
            value = do_mg_l(saturation, temperature_c, self._water.salinity_psu, self._water.pressure_hpa)
            _put(oxygen, value, 0.0, 25.0, now_ms)
        else:
            oxygen.bad(REASON_RANGE)


class Y520(_Probe):
    # Four-electrode conductivity.
    def __init__(self, master: Master, unit_id: int, water) -> None:
        super().__init__(master, unit_id, water, QUANTITY_CONDUCTIVITY, QUANTITY_SALINITY)

    async def _read(self, clock) -> None:
        data = await self._ask(0x2600, 5)
        temperature_c = _float(data, 0)
        conductivity = _float(data, 4)
        now_ms = clock.uptime_ms()
        if conductivity < _DRY_MS_CM:
            for channel in self.channels:
                channel.bad(REASON_NO_SIGNAL)
            return
        _put(self.channels[0], conductivity, 0.0, 100.0, now_ms)
        if self.channels[0].quality == 0 and 0.0 <= temperature_c <= 45.0:
            salinity = salinity_psu(conductivity, temperature_c)
            _put(self.channels[1], salinity, 0.0, 45.0, now_ms)
        else:
            self.channels[1].bad(REASON_RANGE)
        if self.channels[1].quality == 0:
            self._water.salinity_psu = self.channels[1].value


class Y532(_Probe):
    # Glass pH electrode.
    def __init__(self, master: Master, unit_id: int, water) -> None:
        super().__init__(master, unit_id, water, QUANTITY_PH)

    async def _read(self, clock) -> None:
        data = await self._ask(0x2800, 2)
        _put(self.channels[0], _float(data, 0), 0.0, 14.0, clock.uptime_ms())


DRIVERS = {"y504": Y504, "y520": Y520, "y532": Y532}
