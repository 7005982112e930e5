"""What a pond's water does, out of a noisy reading: one filter for oxygen, biology, transfer of each machine and the probe.

State: true oxygen C (mg/L), residual r of the biology against the day's curve (mg/L/h), offset b of the probe (mg/L) and its
drift v (mg/L/h), and a factor e_i on the expected transfer of each machine.

    dC/dt = curve(hour) + r + (surface + sum of running e_i k_i) x (full - C),     reading = C + b - lag x dC/dt

k_i is SOTR alpha 1.024^(T-20) / Cs20 / V (per hour). Switching a machine changes the slope by e_i k_i (full - C) whatever
the probe's offset is; that is what makes b visible. Extended Kalman filter, Joseph-free with symmetric repair.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gateway.control.profile import DayCurve
from hardware.water import oxygen_solubility_mg_l

OXYGEN_AT_20_C_MG_L = 9.092
THETA = 1.024
UNREST_HOURS = 48.0
NOISE_GAIN = 1 / 120
STRETCH_WINDOW_H, STRETCH_GAIN, MOST_RATIO = 1 / 3, 0.05, 6.0
LEAST_FACTOR, MOST_FACTOR = 0.1, 3.0
MOST_OFFSET_MG_L, SLIGHT = 5.0, 1e-6

C, R, B, V, E = 0, 1, 2, 3, 4

Array = Any


@dataclass(frozen=True, kw_only=True)
class Water:
    """What a pond is: volume, depth, what each machine should give, how the probe is.

    `drives` are the places of machines whose speed can be set.
    """

    volume_m3: float
    depth_m: float = 1.2
    power_kw: tuple[float, ...] = ()
    drives: tuple[int, ...] = ()
    kg_o2_per_kwh: float = 1.2
    alpha: float = 0.85
    surface_m_h: float = 0.03
    probe_lag_h: float = 90 / 3600
    probe_noise_mg_l: float = 0.05

    @property
    def surface_per_h(self) -> float:
        """Exchange with the air without machines."""
        return self.surface_m_h / self.depth_m

    def transfer_per_h(self, machine: int, temperature_c: float) -> float:
        """Expected transfer of one machine."""
        sotr_g_h = self.power_kw[machine] * self.kg_o2_per_kwh * 1000
        return float(self.alpha * sotr_g_h * THETA ** (temperature_c - 20) / OXYGEN_AT_20_C_MG_L / self.volume_m3)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How fast things may change; standard deviations."""

    mixing_mg_l_root_h: float = 0.05
    rate_hours: float = 24.0
    rate_least_mg_l_h: float = 0.2
    rate_unlearned_mg_l_h: float = 3.0
    clean_offset_mg_l: float = 0.07
    clean_hours: float = 90.0
    offset_mg_l_root_day: float = 0.03
    drift_mg_l_h: float = 0.2 / 24
    drift_days: float = 6.0
    common_factor: float = 0.25
    own_factor: float = 0.08
    factor_root_day: float = 0.005


class Estimator:
    """The filter of one pond. Feed `predict` with what ran and `correct` with a reading of the same moment."""

    def __init__(self, water: Water, curve: DayCurve | None = None, tuning: Tuning | None = None) -> None:
        self.water = water
        self.curve = curve or DayCurve()
        self.full_curve = DayCurve()
        self.temperature_c = 28.0
        self.salinity_psu = 15.0
        self.full_mg_l = oxygen_solubility_mg_l(self.temperature_c, self.salinity_psu)
        self.known = False
        self._fresh = True
        self._tuning = tuning or Tuning()
        count = len(water.power_kw)
        self._x: Array = np.zeros(E + count)
        self._x[E:] = 1.0
        self._p: Array = np.zeros((E + count, E + count))
        self._nominal: Array = np.zeros(count)
        self._set_water()
        self._slope = 0.0
        self._stretch = 1.0
        self._unrest = 1.0
        self._noise = water.probe_noise_mg_l**2
        self._last_off = 0.0
        self._clean_h = 0.0
        self._window_h = self._window_off = self._window_variance = 0.0
        self._rate_spread = self._tuning.rate_unlearned_mg_l_h

    # -- what it knows ------------------------------------------------------------------------------------------------

    @property
    def do_mg_l(self) -> float:
        """True oxygen."""
        return float(self._x[C])

    @property
    def do_sd_mg_l(self) -> float:
        """Its standard deviation."""
        return math.sqrt(max(0.0, float(self._p[C, C])))

    @property
    def offset_mg_l(self) -> float:
        """What the probe shows too much."""
        return float(self._x[B])

    @property
    def offset_sd_mg_l(self) -> float:
        """Its standard deviation."""
        return math.sqrt(max(0.0, float(self._p[B, B])))

    @property
    def clean(self) -> bool:
        """The probe was cleaned so short a time ago that it can have no offset."""
        return self._clean_h <= self._tuning.clean_hours

    def cleaned(self) -> None:
        """The probe has just been cleaned or calibrated."""
        self._clean_h = self._x[B] = self._x[V] = 0.0
        for state in (B, V):
            self._p[state, :] = self._p[:, state] = 0.0
        self._p[B, B] = self._tuning.clean_offset_mg_l**2

    @property
    def offset_tomorrow_mg_l(self) -> float:
        """The offset in a day, as it drifts now: fouling goes on until the probe is cleaned."""
        return float(self._x[B] + 24 * self._x[V])

    @property
    def slope_mg_l_h(self) -> float:
        """How fast oxygen changes now."""
        return self._slope

    @property
    def residual_mg_l_h(self) -> float:
        """Biology less the day's curve."""
        return float(self._x[R])

    @property
    def rate_sd_mg_l_h(self) -> float:
        """How far the biology of now may be from what is believed."""
        return math.sqrt(max(0.0, float(self._p[R, R])))

    @property
    def unrest(self) -> float:
        """How much faster the biology moves by itself than an ordinary pond's, 1 for ordinary; remembered for some days."""
        return self._unrest

    def rate_mg_l_h(self, hour: float) -> float:
        """Biology now."""
        return self.curve.at(hour) + float(self._x[R])

    def factor(self, machine: int) -> tuple[float, float]:
        """Transfer of a machine against what was expected, and its standard deviation."""
        return float(self._x[E + machine]), math.sqrt(max(0.0, float(self._p[E + machine, E + machine])))

    def transfer_per_h(self, machine: int) -> float:
        """Transfer of one machine as it is now."""
        return float(self._nominal[machine] * max(LEAST_FACTOR, self._x[E + machine]))

    # -- what it is told ----------------------------------------------------------------------------------------------

    def start(self, do_mg_l: float) -> None:
        """Begin at a reading."""
        tuning, count = self._tuning, len(self.water.power_kw)
        self._x[C], self._x[R] = do_mg_l - self._x[B], 0.0
        if self._fresh:
            self._p[B, B] = tuning.clean_offset_mg_l**2
            self._p[E:, E:] = tuning.common_factor**2 + np.eye(count) * tuning.own_factor**2
        self._p[C, :] = self._p[:, C] = self._p[R, :] = self._p[:, R] = 0.0
        self._p[C, C] = self.water.probe_noise_mg_l**2 + self._p[B, B]
        self._p[C, B] = self._p[B, C] = -self._p[B, B]
        self._p[R, R] = self._rate_spread**2
        self.known, self._fresh = True, False

    def conditions(self, temperature_c: float | None, salinity_psu: float | None) -> None:
        """Water temperature and salinity where they are measured."""
        temperature_c = self.temperature_c if temperature_c is None else temperature_c
        salinity_psu = self.salinity_psu if salinity_psu is None else salinity_psu
        if abs(temperature_c - self.temperature_c) > 0.05 or abs(salinity_psu - self.salinity_psu) > 0.1:
            self.temperature_c, self.salinity_psu = temperature_c, salinity_psu
            self._set_water()

    def hour_moved(self, before: float, now: float) -> None:
        """The clock was set: it is another hour of the day, the biology of now is the same."""
        self._x[R] += self.curve.at(before) - self.curve.at(now)

    def predict(self, hours: float, hour: float, running: Array) -> None:
        """Let time pass; `hour` is the local hour of the day, `running` the share of its full power for each machine."""
        tuning, water = self._tuning, self.water
        each = running * self._nominal
        gain = water.surface_per_h + float(each @ self._x[E:])
        away = self.full_mg_l - self._x[C]
        self._slope = self.rate_mg_l_h(hour) + gain * away
        keeps = math.exp(-gain * hours)
        moved = (1 - keeps) / gain if gain > 1e-6 else hours
        keeps_r = math.exp(-hours / tuning.rate_hours)
        keeps_v = math.exp(-hours / 24 / tuning.drift_days)
        row = np.zeros(len(self._x))
        row[C], row[R] = keeps, moved
        row[E:] = each * away * moved
        p = self._p
        through = row @ p
        variance = float(through @ row)
        p[C, :] = p[:, C] = through
        p[C, C] = variance
        p[R, :] *= keeps_r
        p[:, R] *= keeps_r
        p[B, :] += hours * p[V, :]
        p[:, B] += hours * p[:, V]
        p[V, :] *= keeps_v
        p[:, V] *= keeps_v
        self._x[C] = max(0.0, self._x[C] + self._slope * moved)
        self._x[R] *= keeps_r
        self._x[B] += hours * self._x[V]
        self._x[V] *= keeps_v
        self._window_h += hours
        p[C, C] += tuning.mixing_mg_l_root_h**2 * hours
        p[R, R] += (self._stretch * self._rate_spread) ** 2 * (1 - keeps_r**2)
        was_clean, self._clean_h = self._clean_h <= tuning.clean_hours, self._clean_h + hours
        if self._clean_h > tuning.clean_hours:
            if was_clean:
                p[V, V] = tuning.drift_mg_l_h**2
            p[B, B] += tuning.offset_mg_l_root_day**2 * hours / 24
            p[V, V] += tuning.drift_mg_l_h**2 * (1 - keeps_v**2)
        p[E:, E:] += np.eye(len(each)) * (tuning.factor_root_day**2 * hours / 24)

    def correct(self, reading_mg_l: float, running: Array) -> float:
        """Take a reading; returns its surprise in standard deviations before it was taken."""
        lag = self.water.probe_lag_h
        each = running * self._nominal
        gain = self.water.surface_per_h + float(each @ self._x[E:])
        away = self.full_mg_l - self._x[C]
        row = np.zeros(len(self._x))
        row[C], row[R], row[B] = 1.0 + lag * gain, -lag, 1.0
        row[E:] = -lag * each * away
        expected = self._x[C] + self._x[B] - lag * self._slope
        through = self._p @ row
        variance = float(row @ through) + self._noise
        off = reading_mg_l - expected
        surprise = off / math.sqrt(variance)
        self._stretch_to(off, variance)
        self._noise_to(off)
        if abs(surprise) > 4:
            off *= 4 / abs(surprise)
        weight = through / variance
        self._x += weight * off
        self._p -= np.outer(weight, through)
        self._p = (self._p + self._p.T) / 2
        self._x[E:] = np.clip(self._x[E:], LEAST_FACTOR, MOST_FACTOR)
        return float(surprise)

    def _stretch_to(self, off: float, variance: float) -> None:
        """Surprises that add up instead of cancelling mean that the biology moves faster than it is trusted to."""
        self._window_off += off
        self._window_variance += variance
        if self._window_h >= STRETCH_WINDOW_H:
            ratio = min(self._window_off**2 / self._window_variance, MOST_RATIO)
            self._stretch = min(max(self._stretch * math.exp(STRETCH_GAIN * (ratio - 1)), 0.5), 6.0)
            self._unrest = max(self._stretch, self._unrest * math.exp(-self._window_h / UNREST_HOURS))
            self._window_h = self._window_off = self._window_variance = 0.0

    def _noise_to(self, off: float) -> None:
        """The probe's own noise is what differs from one reading to the next."""
        step = min(abs(off - self._last_off), 6 * math.sqrt(self._noise))
        least, most = self.water.probe_noise_mg_l**2, (8 * self.water.probe_noise_mg_l) ** 2
        self._noise = min(max(self._noise + NOISE_GAIN * (step * step / 2 - self._noise), least), most)
        self._last_off = off

    def learn(self, hour: float) -> None:
        """Take the biology and the saturation of now into the day's curves; the residual gives way as the curve moves."""
        before = self.curve.at(hour)
        self.curve.take(hour, before + float(self._x[R]))
        self.full_curve.take(hour, self.full_mg_l)
        moved = self.curve.at(hour) - before
        if moved:
            self._x[R] -= moved
            tuning = self._tuning
            self._rate_spread = max(tuning.rate_least_mg_l_h, min(self.curve.spread(), tuning.rate_unlearned_mg_l_h))

    # -- what outlives a restart --------------------------------------------------------------------------------------

    def saved(self) -> dict[str, Any]:
        """What is learned, as plain numbers."""
        return {
            "curve": self.curve.saved(),
            "full_curve": self.full_curve.saved(),
            "state": self._x[B:].tolist(),
            "covariance": self._p[B:, B:].tolist(),
            "clean_h": self._clean_h,
            "rate_spread": self._rate_spread,
            "unrest": self._stretch,
        }

    def remember(self, saved: dict[str, Any], hours_ago: float) -> None:
        """Take `saved` back, before the first reading; ValueError, KeyError or TypeError when it is not of such a pond."""
        ageing = np.eye(len(self._x) - B)
        ageing[0, 1] = hours_ago
        state = ageing @ np.array(saved["state"], dtype=np.float64)
        covariance = ageing @ np.array(saved["covariance"], dtype=np.float64) @ ageing.T
        scalars = [float(saved[name]) for name in ("clean_h", "rate_spread", "unrest")]
        curves = [DayCurve.loaded(saved[name]) for name in ("curve", "full_curve")]
        believable = abs(state[0]) < MOST_OFFSET_MG_L and bool(
            (state[2:] >= LEAST_FACTOR).all() and (state[2:] <= MOST_FACTOR).all()
        )
        rows = [row for name in ("curve", "full_curve") for row in saved[name]]
        finite = np.isfinite(covariance).all() and all(map(math.isfinite, [*scalars, *map(sum, rows)]))
        if not (believable and finite):
            raise ValueError("numbers that no pond has")
        if np.linalg.eigvalsh(covariance).min() < -SLIGHT:
            raise ValueError("a covariance that is none")
        covariance[0, 0] += self._tuning.offset_mg_l_root_day**2 * hours_ago / 24
        self._x[B:], self._p[B:, B:] = state, covariance
        self._clean_h, self._rate_spread, self._stretch = scalars[0] + hours_ago, scalars[1], scalars[2]
        self.curve, self.full_curve = curves
        self._fresh = False

    def _set_water(self) -> None:
        self.full_mg_l = oxygen_solubility_mg_l(self.temperature_c, self.salinity_psu)
        for machine in range(len(self.water.power_kw)):
            self._nominal[machine] = self.water.transfer_per_h(machine, self.temperature_c)
