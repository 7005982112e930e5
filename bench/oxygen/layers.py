"""The second truth: a sunny layer over a dark one, and water that is not the same everywhere.

Algae grow above, wind and machines work above, both layers breathe. The layers mix little while the sun warms the upper
one, more by night, and with the power of the machines that run. What is called DO here is the lower layer's, where the
shrimp are; the probe hangs between, in patches that pass by, the more of them the fewer machines run.
"""

import math

import numpy as np

from bench.oxygen.kinds import Kind
from bench.oxygen.truth import MINUTES, START_DO_MG_L, Course

DAY_MIXING_PER_H, NIGHT_MIXING_PER_H, MIXING_PER_H_AND_W_M3 = 1.0, 3.0, 1.6
PATCH_MG_L, PATCH_HOURS, STILLED = 0.15, 1 / 3, 0.6


class Layers:
    """Two layers of equal depth; stands in the place of `truth.Water`."""

    def __init__(self, course: Course, kind: Kind, seed: int) -> None:
        self.upper_mg_l = self.do_mg_l = START_DO_MG_L
        self._patch = 0.0
        self._course = course
        self._machines = kind.machines
        self._stirring_per_h = MIXING_PER_H_AND_W_M3 * 1000 * kind.power_kw / kind.volume_m3
        self._kicks = np.random.default_rng([seed, 3]).normal(size=MINUTES).tolist()
        self._running = 0

    @property
    def at_probe_mg_l(self) -> float:
        """Between the layers, with the patch that passes."""
        still = 1 - STILLED * self._running / self._machines
        return max(0.0, (self.upper_mg_l + self.do_mg_l) / 2 + PATCH_MG_L * still * self._patch)

    def step(self, minute: int, running: int) -> None:
        """One minute: each layer by itself, then their mixing; both exact."""
        course = self._course
        breathing = float(course.breathing_mg_l_h[minute])
        gain = 2 * (float(course.wind_per_h[minute]) + running * float(course.transfer_per_h[minute]))
        source = 2 * float(course.growth_mg_l_h[minute]) - breathing * min(1.0, self.upper_mg_l)
        goal = float(course.full_mg_l[minute]) + source / gain
        upper = goal + (self.upper_mg_l - goal) * math.exp(-gain / 60)
        lower = self.do_mg_l - breathing * min(1.0, self.do_mg_l) / 60
        mean, half = (upper + lower) / 2, (upper - lower) / 2
        half *= math.exp(-self._mixing_per_h(minute, running) / 60)
        self.upper_mg_l, self.do_mg_l = max(0.0, mean + half), max(0.0, mean - half)
        keep = math.exp(-1 / 60 / PATCH_HOURS)
        self._patch = keep * self._patch + math.sqrt(1 - keep * keep) * self._kicks[minute]
        self._running = running

    def _mixing_per_h(self, minute: int, running: int) -> float:
        sun = max(0.0, math.sin((float(self._course.hour[minute]) % 24 - 6) / 12 * math.pi))
        calm = NIGHT_MIXING_PER_H + (DAY_MIXING_PER_H - NIGHT_MIXING_PER_H) * min(1.0, 2 * sun)
        return calm + self._stirring_per_h * running
