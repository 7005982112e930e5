"""What the aerators of a pond used in a day, what it cost in each band of the tariff, and what the timer would have used.

Pure: a row a minute of the pond's local day in, sums out. Minutes in which not every machine is known count neither for the
measured use nor for the timer's, so that both are of the same time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from gateway.energy.settings import Timetable
from gateway.tariff import Band, Tariff

DAY_MINUTES = 1440
BANDS: tuple[Band, ...] = ("off_peak", "normal", "peak")
LEAST_COMPUTED_KWH = 0.1
MOST_METER_RATIO = 2.0  # a meter that differs more from the motors' rated power measures something else as well

Array = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPrices:
    """For each minute of a day: which of BANDS holds, and VND/kWh with VAT."""

    band: Array
    vnd_kwh: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """One pond's day. `hours` and `starts` are of each machine in all minutes in which it is known.

    `kwh` and `vnd` are by BANDS; `timer_kwh` and `timer_vnd` are the timetable's; all of the same `known_h` hours.
    `metered` is True where a meter corrected the rated power.
    """

    day: date
    known_h: float
    hours: tuple[float, ...]
    starts: tuple[int, ...]
    machine_kwh: tuple[float, ...]
    kwh: tuple[float, ...]
    vnd: tuple[float, ...]
    timer_kwh: float
    timer_vnd: float
    metered: bool = False

    @property
    def total_kwh(self) -> float:
        """In all bands."""
        return sum(self.kwh)

    @property
    def total_vnd(self) -> float:
        """In all bands."""
        return sum(self.vnd)


def day_prices(tariff: Tariff, day: date) -> DayPrices:
    """The tariff's bands and prices through this day."""
    midnight = datetime.combine(day, time())
    minutes = [midnight + timedelta(minutes=minute) for minute in range(DAY_MINUTES)]
    bands = [tariff.band(minute) for minute in minutes]
    vat = 1 + tariff.vat_share(midnight)
    vnd_kwh = {band: tariff.price_vnd_kwh(minutes[bands.index(band)]) * vat for band in set(bands)}
    return DayPrices(
        band=np.array([BANDS.index(band) for band in bands]),
        vnd_kwh=np.array([vnd_kwh[band] for band in bands]),
    )


def day_use(
    day: date,
    running: Array,
    power_kw: Sequence[float],
    timetable: Timetable,
    prices: DayPrices,
    metered_kwh: float | None = None,
) -> DayUse:
    """`running` has a row for each of 1440 minutes and a column for each machine: 1, 0 or NaN.

    `metered_kwh` is what a meter counted for these machines in the known minutes; it scales their rated power.
    """
    power = np.array(power_kw)
    known = np.isfinite(running).all(axis=1)
    turns = np.nan_to_num(running)
    computed = float((turns[known] @ power).sum()) / 60
    ratio = meter_ratio(metered_kwh, computed)
    each_kwh = np.where(known, turns @ power, 0.0) * (ratio or 1.0) / 60
    wanted = np.array([timetable.machines(minute / 60) for minute in range(DAY_MINUTES)])
    timer_kwh = np.where(known, wanted * power.mean(), 0.0) * (ratio or 1.0) / 60
    return DayUse(
        day=day,
        known_h=float(known.sum()) / 60,
        hours=tuple(float(hours) for hours in turns.sum(axis=0) / 60),
        starts=tuple(starts(running[:, at]) for at in range(len(power))),
        machine_kwh=tuple(float(kwh) for kwh in turns.sum(axis=0) * power * (ratio or 1.0) / 60),
        kwh=tuple(float(each_kwh[prices.band == band].sum()) for band in range(len(BANDS))),
        vnd=tuple(float((each_kwh * prices.vnd_kwh)[prices.band == band].sum()) for band in range(len(BANDS))),
        timer_kwh=float(timer_kwh.sum()),
        timer_vnd=float((timer_kwh * prices.vnd_kwh).sum()),
        metered=ratio is not None,
    )


def starts(running: Array) -> int:
    """How often a machine went from rest to run; a minute of which nothing is known is no rest."""
    return int(np.count_nonzero((running[:-1] == 0) & (running[1:] == 1)))


def meter_ratio(metered_kwh: float | None, computed_kwh: float) -> float | None:
    """Metered against computed energy; None where there is no meter that can be of these machines alone."""
    if metered_kwh is None or computed_kwh < LEAST_COMPUTED_KWH or not math.isfinite(metered_kwh):
        return None
    ratio = metered_kwh / computed_kwh
    return ratio if 1 / MOST_METER_RATIO <= ratio <= MOST_METER_RATIO else None


def counted_kwh(meter_kwh: Array) -> float | None:
    """What a counter went up by over its minutes (NaN where unknown); a counter that begins anew counts from there."""
    values = meter_kwh[np.isfinite(meter_kwh)]
    if len(values) < 2:
        return None
    steps = np.diff(values)
    return float(np.where(steps >= 0, steps, values[1:]).sum())
