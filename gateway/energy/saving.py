"""What was saved against the farm's own timer, and how sure that is; energy for a kilogram of shrimp.

The interval is a bootstrap over days: the record's days are drawn anew, in runs of three because a cloudy day seldom comes
alone, and the middle 90 % of the sums is what another such month might have brought. It says how much days differ; whether
the timetable is told rightly it cannot say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gateway.energy.use import DayUse

LEAST_KNOWN_H = 20.0
LEAST_DAYS = 7
RUN_DAYS = 3
DRAWS = 2000
MIDDLE_PCT = (5, 95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value and the ends of its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """Over `days` whole days: kWh, VND, and the share of the timer's kWh, each negative when more was used."""

    days: int
    kwh: Span
    vnd: Span
    share: Span


def whole(days: Sequence[DayUse]) -> list[DayUse]:
    """Days of which nearly all is known."""
    return [day for day in days if day.known_h >= LEAST_KNOWN_H]


def saving(days: Sequence[DayUse]) -> Saving | None:
    """Of one pond or of a farm's days summed; None with fewer than 7 whole days or a timer that never ran."""
    kept = whole(days)
    if len(kept) < LEAST_DAYS or not sum(day.timer_kwh for day in kept):
        return None
    columns = np.array([(day.timer_kwh, day.timer_kwh - day.total_kwh, day.timer_vnd - day.total_vnd) for day in kept])
    drawn = columns[_draws(len(kept))].sum(axis=1)
    total = columns.sum(axis=0)
    return Saving(
        days=len(kept),
        kwh=_span(total[1], drawn[:, 1]),
        vnd=_span(total[2], drawn[:, 2]),
        share=_span(total[1] / total[0], drawn[:, 1] / drawn[:, 0]),
    )


def together(ponds: Sequence[Sequence[DayUse]]) -> list[DayUse]:
    """The farm's days: sums over its ponds, of the days that are whole at each of them."""
    by_day: dict[object, list[DayUse]] = {}
    for days in ponds:
        for day in whole(days):
            by_day.setdefault(day.day, []).append(day)
    return [_sum(found) for found in by_day.values() if len(found) == len(ponds)]


def kwh_per_kg(days: Sequence[DayUse], harvested_kg: float) -> float | None:
    """Energy of a crop's days for a kilogram of its harvest; None while nothing was harvested or recorded."""
    used = sum(day.total_kwh for day in days)
    return used / harvested_kg if harvested_kg > 0 and used > 0 else None


def _sum(days: Sequence[DayUse]) -> DayUse:
    return DayUse(
        day=days[0].day,
        known_h=min(day.known_h for day in days),
        hours=tuple(hours for day in days for hours in day.hours),
        starts=tuple(count for day in days for count in day.starts),
        machine_kwh=tuple(kwh for day in days for kwh in day.machine_kwh),
        kwh=tuple(sum(band) for band in zip(*(day.kwh for day in days), strict=True)),
        vnd=tuple(sum(band) for band in zip(*(day.vnd for day in days), strict=True)),
        timer_kwh=sum(day.timer_kwh for day in days),
        timer_vnd=sum(day.timer_vnd for day in days),
        metered=all(day.metered for day in days),
    )


def _draws(days: int) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    """Which days each draw has: runs that begin anywhere and go on from the first day behind the last."""
    runs = -(-days // RUN_DAYS)
    begins = np.random.default_rng(1).integers(0, days, (DRAWS, runs))
    found = (begins[:, :, None] + np.arange(RUN_DAYS)) % days
    return found.reshape(DRAWS, -1)[:, :days]


def _span(value: float, drawn: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Span:
    low, high = np.percentile(drawn, MIDDLE_PCT)
    return Span(value=float(value), low=float(low), high=float(high))
