# Channels that are computed from calibrated ones: oxygen in mg/L, salinity.

from firmware.node.channel import NOTHING, Channel
from firmware.node.oxygen import do_mg_l, salinity_psu
from hardware.registers import BAD, QUANTITY_DO, QUANTITY_SALINITY, REASON_NO_SIGNAL

DRY_MS_CM = 0.05  # below this a conductivity probe hangs in the air


class _Derived:
    # `temperature` is a channel of the same probe; without one the water's thermometers count, then `assumed_c`.
    def __init__(self, channel: Channel, source: Channel, temperature, water, assumed_c: float) -> None:
        self.channel = channel
        channel.derived = True
        self._source = source
        self._temperature = temperature
        self._water = water
        self._assumed_c = assumed_c

    def derive(self, now_ms: int) -> None:
        quality = self._source.quality
        if self._temperature is not None:
            temperature_c = self._temperature.value
            if self._temperature.quality >> 8 > quality >> 8:
                quality = self._temperature.quality
        else:
            temperature_c = self._water.temperature_c
            if temperature_c != temperature_c:
                temperature_c = self._assumed_c
        if quality >> 8 < BAD and temperature_c != temperature_c:
            quality = BAD << 8 | REASON_NO_SIGNAL
        value = NOTHING if quality >> 8 == BAD else self._compute(self._source.value, temperature_c)
        self.channel.derive(value, quality, now_ms)

    def _compute(self, value: float, temperature_c: float) -> float:
        raise NotImplementedError


class Oxygen(_Derived):
    # From the share of saturation: salinity and pressure are ours to account for.
    def __init__(self, saturation: Channel, temperature, water, assumed_c: float = NOTHING) -> None:
        super().__init__(Channel(QUANTITY_DO, 0.0, 25.0), saturation, temperature, water, assumed_c)

    def _compute(self, value: float, temperature_c: float) -> float:
        return do_mg_l(value / 100, temperature_c, self._water.salinity_psu, self._water.pressure_hpa)


class Salinity(_Derived):
    # From conductivity at the water's temperature, not referred to 25 degC. A good one is the water's from now on.
    def __init__(self, conductivity: Channel, temperature, water, assumed_c: float = NOTHING) -> None:
        super().__init__(Channel(QUANTITY_SALINITY, 0.0, 45.0), conductivity, temperature, water, assumed_c)

    def derive(self, now_ms: int) -> None:
        super().derive(now_ms)
        if self.channel.quality == 0:
            self._water.salinity_psu = self.channel.value

    def _compute(self, value: float, temperature_c: float) -> float:
        return salinity_psu(value, temperature_c)
