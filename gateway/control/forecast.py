"""What oxygen will do from now on, with these machines or those."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.control.estimator import Estimator

RESIDUAL_HOURS = 5.0
STEP_H = 1 / 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """Minutes until oxygen is under a limit; None when it is not within the hours looked at."""

    to_low_minutes: float | None
    to_danger_minutes: float | None


def rate_ahead(estimator: Estimator, hour: float, ahead_h: float) -> float:
    """Biology in so many hours: the day's curve, and today's difference that fades."""
    return estimator.curve.at(hour + ahead_h) + estimator.residual_mg_l_h * math.exp(-ahead_h / RESIDUAL_HOURS)


def full_ahead(estimator: Estimator, hour: float, ahead_h: float) -> float:
    """Saturation in so many hours: as it is now, moved as it moves on other days."""
    if not estimator.full_curve.days:
        return estimator.full_mg_l
    return estimator.full_mg_l + estimator.full_curve.at(hour + ahead_h) - estimator.full_curve.at(hour)


def path(
    estimator: Estimator, do_mg_l: float, hour: float, hours: float, transfer_per_h: Callable[[float], float]
) -> list[float]:
    """Oxygen at every ten minutes from now; `transfer_per_h` is what runs, by hours ahead."""
    surface = estimator.water.surface_per_h
    levels = [do_mg_l]
    for step in range(round(hours / STEP_H)):
        ahead_h = (step + 0.5) * STEP_H
        gain = surface + transfer_per_h(ahead_h)
        goal = full_ahead(estimator, hour, ahead_h) + rate_ahead(estimator, hour, ahead_h) / gain
        do_mg_l = max(0.0, goal + (do_mg_l - goal) * math.exp(-gain * STEP_H))
        levels.append(do_mg_l)
    return levels


def minutes_below(levels: Sequence[float], limit_mg_l: float) -> float | None:
    """When a path goes under a limit, between its points by straight lines."""
    for at, level in enumerate(levels):
        if level < limit_mg_l:
            if at == 0:
                return 0.0
            before = levels[at - 1]
            return (at - 1 + (before - limit_mg_l) / (before - level)) * STEP_H * 60
    return None


def lowest(levels: Sequence[float]) -> tuple[float, float]:
    """The least oxygen of a path and the hours until then."""
    least = min(levels)
    return least, list(levels).index(least) * STEP_H
