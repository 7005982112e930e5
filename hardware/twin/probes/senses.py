"""What the probes of one node feel of their pond, and what can be wrong with them."""

import math
import random
from dataclasses import dataclass

from hardware import registers
from hardware.twin.ponds import Pond
from hardware.water import conductivity_ms_cm

AIR_TEMPERATURE_C = 25.5
LAG_H = 90 / 3600
NOISE_SHARE = 0.004
STEADY = {
    registers.QUANTITY_TURBIDITY: 35.0,
    registers.QUANTITY_ORP: 250.0,
    registers.QUANTITY_AMMONIUM: 0.4,
    registers.QUANTITY_SUSPENDED_SOLIDS: 60.0,
    registers.QUANTITY_DEPTH: 1.25,
    registers.QUANTITY_CURRENT: 4.7,
    registers.QUANTITY_VOLTAGE: 230.0,
    registers.QUANTITY_POWER: 1.1,
    registers.QUANTITY_ENERGY: 1234.5,
    registers.QUANTITY_AIR_TEMPERATURE: AIR_TEMPERATURE_C,
    registers.QUANTITY_AIR_HUMIDITY: 80.0,
    registers.QUANTITY_AIR_PRESSURE: 1008.0,
    registers.QUANTITY_WIND_SPEED: 3.0,
    registers.QUANTITY_RAIN: 0.0,
}


@dataclass
class ProbeFaults:
    """What is wrong with the probes of one node; the last five concern those that speak such a protocol."""

    pulled: bool = False
    frozen: bool = False
    dead: bool = False
    drift_mg_l_per_h: float = 0.0
    garbled: bool = False
    not_ready: bool = False
    syntax_error: bool = False
    loop_broken: bool = False
    power_on_value: bool = False


class Senses:
    """Values of every quantity at the probes; `steady` are those that the pond does not know."""

    def __init__(self, pond: Pond, seed: int) -> None:
        self.faults = ProbeFaults()
        self.drift_mg_l = 0.0
        self.steady = dict(STEADY)
        self._pond = pond
        self._felt_saturation = pond.saturation
        self._random = random.Random(seed)
        self._last: dict[int, float] = {}
        self._living = {
            registers.QUANTITY_TEMPERATURE: self._temperature_c,
            registers.QUANTITY_DO_SATURATION: self._saturation_percent,
            registers.QUANTITY_CONDUCTIVITY: self._conductivity_ms_cm,
            registers.QUANTITY_SALINITY: lambda: self._pond.salinity_psu,
            registers.QUANTITY_PH: self._ph,
        }

    def step(self, hours: float) -> None:
        """Let the membranes follow the water: a lag of 90 s; drift grows."""
        share = 1 - math.exp(-hours / LAG_H)
        self._felt_saturation += (self._pond.saturation - self._felt_saturation) * share
        self.drift_mg_l += self.faults.drift_mg_l_per_h * hours

    def settle(self) -> None:
        """The membranes have caught up with the water."""
        self._felt_saturation = self._pond.saturation

    def heal(self) -> None:
        """Clean, wet and whole again."""
        self.faults = ProbeFaults()
        self.drift_mg_l = 0.0

    def value(self, quantity: int) -> float:
        """What a probe for this quantity feels, in the quantity's unit."""
        if self.faults.frozen and quantity in self._last:
            return self._last[quantity]
        living = self._living.get(quantity)
        value = living() if living else self.steady[quantity]
        self._last[quantity] = value
        return value

    def _temperature_c(self) -> float:
        water = AIR_TEMPERATURE_C if self.faults.pulled else self._pond.temperature_c
        return water + self._random.gauss(0, 0.01)

    def _saturation_percent(self) -> float:
        if self.faults.pulled:
            return 100 * (1.0 + self._random.gauss(0, 0.001))
        per_mg_l = self._pond.saturation / max(self._pond.do_mg_l, 0.01)
        felt = self._felt_saturation + self.drift_mg_l * per_mg_l
        return 100 * max(0.0, felt + self._random.gauss(0, NOISE_SHARE))

    def _conductivity_ms_cm(self) -> float:
        if self.faults.pulled:
            return 0.0
        return conductivity_ms_cm(self._pond.salinity_psu, self._pond.temperature_c) + self._random.gauss(0, 0.02)

    def _ph(self) -> float:
        return self._pond.biology.ph(self._pond.hour) + self._random.gauss(0, 0.005)
