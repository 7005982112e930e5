"""What the probe says of the water: lag, noise, resolution, and the faults of probes."""

import math

import numpy as np

from bench.oxygen.scenarios import ProbeFault
from bench.oxygen.truth import MINUTES, Course
from hardware.water import oxygen_solubility_mg_l

FAULTS = ("bias", "weak", "stuck", "out_of_water", "lost")
SLOW = ("bias", "weak")
LAG_S, NOISE_MG_L = 90.0, 0.05
AIR_NOISE_PCT = 0.15
RESOLUTION = 0.01

Reading = tuple[float | None, float | None, float | None, float | None]


class Probe:
    """One probe; each minute it is read once: DO mg/L, % of air saturation, degC, psu, or Nones."""

    def __init__(self, course: Course, seed: int, fault: ProbeFault | None = None, noisy: bool = False) -> None:
        self._course = course
        self._fault = fault
        lag_s, self._noise = (180.0, 2 * NOISE_MG_L) if noisy else (LAG_S, NOISE_MG_L)
        self._follow = 1 - math.exp(-60 / lag_s)
        random = np.random.default_rng([seed, 2])
        self._white = random.normal(size=MINUTES).tolist()
        self._air_white = random.normal(size=(MINUTES, 2)).tolist()
        self._lagged: float | None = None
        self._held: Reading | None = None

    def read(self, minute: int, do_mg_l: float) -> Reading:
        """What the probe says in this minute, in which its water holds so much oxygen."""
        lagged = do_mg_l if self._lagged is None else self._lagged + self._follow * (do_mg_l - self._lagged)
        self._lagged = lagged
        fault, hour = self._fault, float(self._course.hour[minute])
        if fault is None or not fault.start <= hour < fault.end:
            self._held = None
            return self._say(minute, lagged)
        if fault.kind == "lost":
            return None, None, None, None
        if fault.kind == "out_of_water":
            return self._in_air(minute, hour)
        if fault.kind == "stuck":
            self._held = self._held or self._say(minute, lagged)
            return self._held
        return self._say(minute, lagged, *error(fault, hour))

    def _say(self, minute: int, do_mg_l: float, bias: float = 0.0, gain: float = 1.0) -> Reading:
        temperature = float(self._course.temperature_c[minute])
        salinity = float(self._course.salinity_psu[minute])
        value = max(0.0, gain * do_mg_l + bias + self._noise * self._white[minute])
        percent = 100 * value / float(self._course.full_mg_l[minute])
        return _rounded(value), round(percent, 1), _rounded(temperature), _rounded(salinity)

    def _in_air(self, minute: int, hour: float) -> Reading:
        """100 % of air saturation, the air's temperature, no salt."""
        oxygen, warmth = self._air_white[minute]
        air_c = 29.0 + 4.0 * math.cos((hour - 14) / 24 * 2 * math.pi) + 0.1 * warmth
        percent = 100.5 + AIR_NOISE_PCT * oxygen
        value = percent / 100 * oxygen_solubility_mg_l(air_c, 0.0)
        return _rounded(value), round(percent, 1), _rounded(air_c), 0.0


def error(fault: ProbeFault, hour: float) -> tuple[float, float]:
    """Bias in mg/L and gain of a slow fault at an hour."""
    share = min(1.0, max(0.0, (hour - fault.start) / (fault.end - fault.start)))
    if fault.kind == "bias":
        return fault.size * share, 1.0
    return 0.0, 1.0 - fault.size * share


def _rounded(value: float) -> float:
    return round(round(value / RESOLUTION) * RESOLUTION, 2)
