"""History of a pond whose truth is known: water that breathes, machines of which some give less, a noisy probe."""

import math
import random
from dataclasses import dataclass

from gateway.control.estimator import Water
from hardware.water import oxygen_solubility_mg_l

WATER = Water(volume_m3=1300, depth_m=1.3, power_kw=(2.2,) * 4, kg_o2_per_kwh=1.4, alpha=0.75)
SALINITY_PSU = 15.0
DWELL_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Minute:
    """What was measured in one minute, and which machines ran."""

    hour: float
    do_mg_l: float
    do_sat: float
    temperature_c: float
    running: tuple[bool, ...]


@dataclass
class PastPond:
    """A dense pond kept between 4.4 and 4.9 by one machine more or fewer, the least worn first.

    `shares` is what each machine gives of what is expected of it, `unrest` how much the biology moves by itself, as a share.
    """

    shares: tuple[float, ...]
    water: Water = WATER
    seed: int = 1
    do_mg_l: float = 5.0
    unrest: float = 0.03
    unrest_minutes: float = 480.0

    def live(self, days: float) -> list[Minute]:
        """So many days from a midnight on, a minute at a time."""
        chance = random.Random(self.seed)
        count = len(self.shares)
        running, run_h, changed, unrest = [True] * count, [0.0] * count, 0, 0.0
        found = []
        for minute in range(round(days * 1440)):
            hour = minute / 60
            temperature_c = 29.0 + math.cos((hour - 16) / 24 * 2 * math.pi)
            unrest -= unrest / self.unrest_minutes
            unrest += self.unrest * math.sqrt(2 / self.unrest_minutes) * chance.gauss(0, 1)
            self._breathe(hour, temperature_c, running, unrest)
            run_h = [run + runs / 60 for run, runs in zip(run_h, running, strict=True)]
            if minute - changed >= DWELL_MINUTES and self._switch(running, run_h):
                changed = minute
            do_mg_l = round(self.do_mg_l + 0.05 * chance.gauss(0, 1), 2)
            saturation = 100 * do_mg_l / oxygen_solubility_mg_l(temperature_c, SALINITY_PSU)
            found.append(Minute(hour, do_mg_l, saturation, temperature_c, tuple(running)))
        return found

    def rate_mg_l_h(self, hour: float, temperature_c: float) -> float:
        """What lives in the water."""
        light = max(0.0, math.sin((hour % 24 - 6) / 12 * math.pi))
        return 0.9 * light - 1.6 * 1.065 ** (temperature_c - 28)

    def _breathe(self, hour: float, temperature_c: float, running: list[bool], unrest: float) -> None:
        rate = self.rate_mg_l_h(hour, temperature_c) * (1 + unrest)
        each = [share * self.water.transfer_per_h(at, temperature_c) for at, share in enumerate(self.shares)]
        gain = self.water.surface_per_h + sum(give for give, runs in zip(each, running, strict=True) if runs)
        goal = oxygen_solubility_mg_l(temperature_c, SALINITY_PSU) + rate / gain
        self.do_mg_l = goal + (self.do_mg_l - goal) * math.exp(-gain / 60)

    def _switch(self, running: list[bool], run_h: list[float]) -> bool:
        if self.do_mg_l < 4.4 and not all(running):
            running[min((at for at, runs in enumerate(running) if not runs), key=run_h.__getitem__)] = True
        elif self.do_mg_l > 4.9 and any(running):
            running[max((at for at, runs in enumerate(running) if runs), key=run_h.__getitem__)] = False
        else:
            return False
        return True
