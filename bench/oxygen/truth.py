"""The water as it is: one mixed layer, 1-minute steps.

dC/dt = growth - breathing min(1, C) + (k_wind + n k_a) (Cs - C), exact within each minute; rates in mg/L/h.
Its terms are those of facts/oxygen.md 1.1: shrimp 0.55 W^-0.25 1.065^(T-28) mg/g/h with +25 % for two hours after each
feeding, photosynthesis Pmax tanh(a I / Pmax), wind Cole and Caraco 1998, aerators theta 1.024.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.oxygen.kinds import SHRIMP_G, Kind
from bench.oxygen.scenarios import DAYS, WARM_UP_DAYS, Scenario
from hardware.twin.ponds import RECORD_DAYS, Record, Replayed
from hardware.water import oxygen_solubility_mg_l

Array = NDArray[np.float64]
MINUTES = (WARM_UP_DAYS + DAYS) * 1440
WARM_UP_MINUTES = WARM_UP_DAYS * 1440
FEEDINGS_H = (6.5, 10.5, 14.5, 18.5)
FEEDING_PULSE, FEEDING_HOURS = 0.25, 2.0
LIGHT_SPREAD, STOCK_SPREAD, BIOLOGY_SPREAD, RECORD_SPREAD = 0.06, 0.03, 0.03, 0.02
BIOLOGY_HOURS = 8.0
CRASHED_GROWTH, CRASHED_BREATHING = 0.15, 1.85
START_DO_MG_L = 5.5


@dataclass(frozen=True)
class Course:
    """What happens to one pond in each minute of a run, whatever its machines do; arrays over minutes."""

    hour: Array
    temperature_c: Array
    salinity_psu: Array
    full_mg_l: Array
    growth_mg_l_h: Array
    breathing_mg_l_h: Array
    wind_per_h: Array
    transfer_per_h: Array


def course(scenario: Scenario, seed: int) -> Course:
    """The weather and biology of a scenario; the same seed gives every scenario the same weather."""
    random = np.random.default_rng([seed, 1])
    hour = np.arange(MINUTES) / 60 - WARM_UP_DAYS * 24
    kind = scenario.kind
    stock = 1 + STOCK_SPREAD * float(np.clip(random.normal(), -2, 2))
    days = 1 + LIGHT_SPREAD * np.clip(random.normal(size=WARM_UP_DAYS + DAYS), -2, 2)
    slow_growth, slow_breathing = _slow(random), _slow(random)
    if kind.replayed:
        temperature, salinity, growth = _record(hour)
        growth *= 1 + RECORD_SPREAD / BIOLOGY_SPREAD * slow_growth
        breathing = 0.28 * kind.stock_kg_per_m3 * stock * (1 + slow_breathing)
    else:
        temperature = kind.temperature_c + kind.swing_c * np.cos((hour - 16) / 24 * 2 * np.pi)
        salinity = np.full(MINUTES, kind.salinity_psu)
        growth = _growth(kind, _light(scenario, hour, days)) * (1 + slow_growth)
        crashed = np.zeros(MINUTES)
        if scenario.crash:
            crashed = ((hour >= scenario.crash[0]) & (hour < scenario.crash[1])).astype(float)
        growth *= 1 - crashed * (1 - CRASHED_GROWTH)
        decay = 1 + crashed * (CRASHED_BREATHING - 1)
        breathing = _breathing(kind, hour, temperature, stock, decay) * (1 + slow_breathing)
    full = np.array([oxygen_solubility_mg_l(t, s) for t, s in zip(temperature, salinity, strict=True)])
    wind = Replayed.exchange_m_h / kind.depth_m + 0 * hour if kind.replayed else _wind(kind, hour, temperature)
    transfer = kind.transfer_per_h_at_20_c() * 1.024 ** (temperature - 20)
    return Course(hour, temperature, salinity, full, growth, breathing, wind, transfer)


def _slow(random: np.random.Generator) -> Array:
    """Ornstein-Uhlenbeck noise of biology, as a share."""
    keep = math.exp(-1 / 60 / BIOLOGY_HOURS)
    kicks = random.normal(size=MINUTES) * BIOLOGY_SPREAD * math.sqrt(1 - keep**2)
    value, values = BIOLOGY_SPREAD * float(random.normal()), []
    for kick in kicks:
        value = keep * value + float(kick)
        values.append(value)
    return np.array(values)


def _light(scenario: Scenario, hour: Array, days: Array) -> Array:
    day = np.floor(hour / 24).astype(int)
    clouds = np.array([scenario.light.get(int(d) - WARM_UP_DAYS + 1, 1.0) for d in range(WARM_UP_DAYS + DAYS)])
    sun = np.maximum(0.0, np.sin((hour % 24 - 6) / 12 * np.pi))
    light: Array = sun * (days * clouds)[day + WARM_UP_DAYS]
    return light


def _growth(kind: Kind, light: Array) -> Array:
    best = kind.best_growth_mg_l_h
    return best * np.tanh(kind.growth_slope_mg_l_h * light / best)


def _breathing(kind: Kind, hour: Array, temperature: Array, stock: float, decay: Array) -> Array:
    warm = 1.065 ** (temperature - 28)
    fed = np.zeros(MINUTES)
    for feeding in FEEDINGS_H:
        fed = np.where((hour % 24 >= feeding) & (hour % 24 < feeding + FEEDING_HOURS), FEEDING_PULSE, fed)
    shrimp = 0.55 * SHRIMP_G**-0.25 * kind.stock_kg_per_m3 * stock * (1 + fed)
    total: Array = warm * (shrimp + decay * (kind.water_breathing_mg_l_h + kind.sediment_g_m2_h / kind.depth_m))
    return total


def _wind(kind: Kind, hour: Array, temperature: Array) -> Array:
    """Cole and Caraco 1998: k600 = 2.07 + 0.215 U^1.7 cm/h; wind of 1 m/s by night, 4 m/s in the afternoon."""
    speed = 1.0 + 3.0 * np.maximum(0.0, np.sin((hour % 24 - 8) / 12 * np.pi))
    schmidt = 1568 - 86.04 * temperature + 2.142 * temperature**2 - 0.0216 * temperature**3
    k: Array = (2.07 + 0.215 * speed**1.7) * (schmidt / 600) ** -0.5 / 100 / kind.depth_m
    return k


def _record(hour: Array) -> tuple[Array, Array, Array]:
    """Temperature, salinity and net biology of the record, which is played in a circle."""
    record = Record()
    week = RECORD_DAYS * 1440
    rows = [record.at(minute / 60) for minute in range(week)]
    temperature, salinity, do = (
        np.array([getattr(row, name) for row in rows]) for name in ("temperature_c", "salinity_psu", "do_mg_l")
    )
    minute = np.arange(week)
    before, after = np.maximum(minute - 60, 0), np.minimum(minute + 60, week - 1)
    slope = (do[after] - do[before]) / (after - before) * 60
    full = np.array([oxygen_solubility_mg_l(row.temperature_c, row.salinity_psu) for row in rows])
    biology = slope - Replayed.exchange_m_h / Replayed.record_depth_m * (full - do)
    place = np.round(hour * 60).astype(int) % week
    return temperature[place], salinity[place], biology[place]


class Water:
    """One mixed layer; `do_mg_l` is true and what the shrimp breathe, `at_probe_mg_l` what the probe hangs in."""

    def __init__(self, course: Course) -> None:
        self.do_mg_l = START_DO_MG_L
        names = ("full_mg_l", "growth_mg_l_h", "breathing_mg_l_h", "wind_per_h", "transfer_per_h")
        self._full, self._growth, self._breathing, self._wind, self._transfer = (
            getattr(course, name).tolist() for name in names
        )

    @property
    def at_probe_mg_l(self) -> float:
        """Mixed water is the same everywhere."""
        return self.do_mg_l

    def step(self, minute: int, running: int) -> None:
        """One minute with so many machines."""
        do = self.do_mg_l
        gain = self._wind[minute] + running * self._transfer[minute]
        source = self._growth[minute] - self._breathing[minute] * min(1.0, do)
        goal = self._full[minute] + source / gain
        self.do_mg_l = max(0.0, goal + (do - goal) * math.exp(-gain / 60))
