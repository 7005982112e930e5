"""What history tells of a pond and its aerators: the estimator run over it twice, looking back.

The first run learns the day's curve, the second knows it from its first minute, so that the slope's jumps at starts and
stops are left to the machines. Pure: minutes in, beliefs out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gateway.control.estimator import Estimator, Tuning, Water
from gateway.control.profile import DayCurve
from gateway.control.running import running_limit_a
from gateway.control.signature import Signature

NEEDED_DAYS = 3.0
GAP_H = 0.25
HELD_MINUTES = 5
SURE_SHARE = 0.25
LEAST_STARTS = 3
NIGHT_H = (20, 4)

# Each machine may differ from its like, and a cloudy day from the usual one: history is long enough to tell. A biology that
# may be anything at first would be taken for the machines' work.
LOOKING_BACK = Tuning(own_factor=0.3, rate_hours=8.0, rate_unlearned_mg_l_h=1.0)

Array = Any


@dataclass(frozen=True, kw_only=True)
class History:
    """One pond, a row a minute, NaN where nothing is known.

    `hour` counts from a local midnight, `running` has 1 or 0 for each machine.
    """

    hour: Array
    do_mg_l: Array
    do_sat: Array
    temperature_c: Array
    salinity_psu: Array
    running: Array

    def days(self) -> float:
        """Days in which oxygen and every machine are known; a sample may come every few minutes."""
        steps_h = np.diff(self.hour[self.known()])
        return float(steps_h[steps_h <= GAP_H].sum()) / 24

    def known(self) -> Array:
        """Which minutes can be learned from."""
        return np.isfinite(self.do_mg_l) & np.isfinite(self.running).all(axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AeratorBelief:
    """One machine by its place in the pond: oxygen for a kilowatt-hour in clean water at 20 degC and its standard deviation.

    `share` is that against what was expected; `sure` is False when it was switched too seldom or the water is too restless.
    """

    at: int
    kg_o2_per_kwh: float
    spread: float
    share: float
    starts: int
    run_h: float
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PondBelief:
    """What is believed of a pond; `missing_days` is above 0 while it is too early to say, and then the rest is empty.

    `rates_mg_l_h` is what lives in the water, breathing negative, for each hour of the day; `demand_kg_h` what it breathes
    at night; `lowest_hour` when oxygen is lowest on the mean of days.
    """

    days: float
    missing_days: float
    volume_m3: float = math.nan
    rates_mg_l_h: tuple[float, ...] = ()
    lowest_hour: float = math.nan
    lowest_mg_l: float = math.nan
    demand_kg_h: float = math.nan
    offset_mg_l: float = math.nan
    offset_spread_mg_l: float = math.nan
    aerators: tuple[AeratorBelief, ...] = ()


def learn(history: History, water: Water) -> PondBelief:
    """What this history tells of a pond with these machines."""
    history = _without_doubtful(history)
    days = history.days()
    if days < NEEDED_DAYS:
        return PondBelief(days=days, missing_days=NEEDED_DAYS - days)
    first = _replay(history, water, None)
    found = _replay(history, water, first.curve)
    night = [found.curve.at(hour + 0.5) for hour in range(24) if hour >= NIGHT_H[0] or hour < NIGHT_H[1]]
    lowest_hour, lowest_mg_l = _lowest(history)
    return PondBelief(
        days=days,
        missing_days=0.0,
        volume_m3=water.volume_m3,
        rates_mg_l_h=tuple(found.curve.at(hour + 0.5) for hour in range(24)),
        lowest_hour=lowest_hour,
        lowest_mg_l=lowest_mg_l,
        demand_kg_h=-sum(night) / len(night) * water.volume_m3 / 1000,
        offset_mg_l=found.offset_mg_l,
        offset_spread_mg_l=found.offset_sd_mg_l,
        aerators=tuple(_aerator(at, found, history) for at in range(len(water.power_kw))),
    )


def worst_first(aerators: Sequence[AeratorBelief]) -> list[AeratorBelief]:
    """Those that give least oxygen for a kilowatt-hour first; those of which nothing can be said last."""
    return sorted(aerators, key=lambda aerator: (not aerator.sure, aerator.kg_o2_per_kwh, aerator.at))


def running_from_current(current_a: Array) -> Array:
    """1 or 0 for each minute of one machine; its own highest current tells what running is. NaN is held for some minutes."""
    known = np.isfinite(current_a)
    if not known.any():
        return np.full(len(current_a), math.nan)
    limit_a = running_limit_a(float(np.nanpercentile(current_a, 99.5)))
    place = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))
    held = (place >= 0) & (np.arange(len(known)) - place <= HELD_MINUTES)
    return np.where(held, (current_a[np.maximum(place, 0)] >= limit_a).astype(float), math.nan)


def _without_doubtful(history: History) -> History:
    """Readings of which the record itself says that they are none are left out."""
    signature = Signature()
    do_mg_l = history.do_mg_l.copy()
    for at in np.flatnonzero(np.isfinite(do_mg_l)):
        signature.take(
            float(history.hour[at]) * 3600,
            float(do_mg_l[at]),
            _plain(history.do_sat[at]),
            _plain(history.temperature_c[at]),
            _plain(history.salinity_psu[at]),
        )
        if any(verdict.fault.blind for verdict in signature.verdicts):
            do_mg_l[at] = math.nan
    return History(
        hour=history.hour,
        do_mg_l=do_mg_l,
        do_sat=history.do_sat,
        temperature_c=history.temperature_c,
        salinity_psu=history.salinity_psu,
        running=history.running,
    )


def _replay(history: History, water: Water, curve: DayCurve | None) -> Estimator:
    estimator = Estimator(water, curve, LOOKING_BACK)
    last_h = -math.inf
    for at in np.flatnonzero(history.known()):
        hour, value, running = float(history.hour[at]), float(history.do_mg_l[at]), history.running[at]
        estimator.conditions(_plain(history.temperature_c[at]), _plain(history.salinity_psu[at]))
        if hour - last_h > GAP_H:
            estimator.curve.forget_open()
            estimator.start(value)
        else:
            estimator.predict(hour - last_h, hour % 24, running)
            estimator.correct(value, running)
            estimator.learn(hour % 24)
        last_h = hour
    return estimator


def _aerator(at: int, estimator: Estimator, history: History) -> AeratorBelief:
    share, spread = estimator.factor(at)
    spread *= max(1.0, estimator.unrest)
    running = history.running[:, at]
    starts = int(np.count_nonzero((running[:-1] == 0) & (running[1:] == 1)))
    kg = estimator.water.kg_o2_per_kwh
    return AeratorBelief(
        at=at,
        kg_o2_per_kwh=share * kg,
        spread=spread * kg,
        share=share,
        starts=starts,
        run_h=float(np.nansum(running)) / 60,
        sure=starts >= LEAST_STARTS and spread <= SURE_SHARE,
    )


def _lowest(history: History) -> tuple[float, float]:
    """The half hour of the day in which oxygen is lowest, and how low, on the mean of days."""
    known = np.isfinite(history.do_mg_l)
    half = (history.hour[known] % 24 * 2).astype(int) % 48
    sums = np.bincount(half, weights=history.do_mg_l[known], minlength=48)
    counts = np.bincount(half, minlength=48)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), math.inf)
    at = int(means.argmin())
    return at / 2 + 0.25, float(means[at])


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
