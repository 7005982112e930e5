"""What the next 18 hours bring to a pond, as the page shows it: oxygen with its band, machines, cost, time to danger.

Pure, from what the pilot believes and the plan it follows; made anew each minute of pond time, not in every pass.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.control.estimator import Estimator
from gateway.control.forecast import STEP_H, Danger, full_ahead, minutes_below, rate_ahead
from gateway.control.ladder import LadderSettings
from gateway.control.notches import Notches
from gateway.control.observation import Observation
from gateway.control.pilot import PLAN_GOOD_S, Pilot, Price
from gateway.control.plan import Plan
from hardware.registers import HOA_OFF

HOURS = 18.0
STEPS = round(HOURS / STEP_H)
BAND_STEPS = FULL_STEPS = round(0.5 / STEP_H)
MOST_HALF_WIDTH_MG_L = 2.0
UNKNOWN_SPREAD_MG_L_H = 0.5
RATE_HOURS = 24.0
NO_DANGER = Danger(to_low_minutes=None, to_danger_minutes=None)

Choice = Callable[[int, float, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where oxygen is low and where it is dangerous, mg/L."""

    low_mg_l: float = 4.0
    danger_mg_l: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Notches in the order in which they are used: transfer per hour, kW and machines turning at the first n, n from 0."""

    transfer_per_h: tuple[float, ...]
    power_kw: tuple[float, ...]
    machines: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many notches there are."""
        return len(self.power_kw) - 1

    def full(self, machines: int) -> int:
        """The notches of so many machines at full speed."""
        return bisect_right(self.machines, machines) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """Made at `made_s` of pond time. `outlook` is plain data for the page, None while too little is known of the pond."""

    made_s: float
    with_air: Danger = NO_DANGER
    without_air: Danger = NO_DANGER
    outlook: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Biology and saturation in the middle of each step, from one look at the curves."""

    surface_per_h: float
    rate_mg_l_h: list[float]
    full_mg_l: list[float]


@dataclass(frozen=True, slots=True)
class _Walk:
    """Oxygen at each step from now, and what runs and exchanges within it."""

    do_mg_l: list[float]
    count: list[int]
    gain_per_h: list[float]


def prospect(
    pilot: Pilot, observation: Observation, wanted: int, ladder: LadderSettings, limits: Limits, price: Price
) -> Prospect | None:
    """What is expected from now on, `wanted` notches being told to run; None while nothing is known of the oxygen.

    `price` is VND/kWh by hours ahead.
    """
    estimator, hour = pilot.estimator, observation.hour
    if hour is None or not estimator.known:
        return None
    ahead, fleet = _look(estimator, hour), fleet_of(estimator, observation)
    full = _walk(ahead, fleet, pilot.do_mg_l, fleet.count, lambda _step, _do, _count: fleet.count)
    none = _walk(ahead, fleet, pilot.do_mg_l, 0, lambda _step, _do, _count: 0)
    outlook = None
    if observation.oxygen.good and estimator.curve.days:
        plan = _current(pilot.plan, observation.now_s)
        choice = _by_plan(plan, observation.now_s, fleet) if plan else _by_ladder(ladder, fleet)
        walk = _walk(ahead, fleet, pilot.do_mg_l, min(wanted, fleet.count), choice)
        outlook = _outlook(estimator, hour, walk, fleet, price)
        outlook |= {"source": "plan" if plan else "ladder"}
        outlook |= {"with_air": _minutes(full, limits), "without_air": _minutes(none, limits)}
    return Prospect(
        made_s=observation.now_s,
        with_air=_danger(full, limits),
        without_air=_danger(none, limits),
        outlook=outlook,
    )


def fleet_of(estimator: Estimator, observation: Observation) -> Fleet:
    """The machines that can run, those that give most oxygen for their power first."""
    power_kw = estimator.water.power_kw
    usable = [at for at, m in enumerate(observation.machines) if not m.failed and m.hand_off_auto != HOA_OFF]
    usable.sort(key=lambda at: -estimator.transfer_per_h(at) / power_kw[at])
    notches = Notches(estimator.water.drives)
    return Fleet(
        transfer_per_h=notches.sums(usable, [estimator.transfer_per_h(at) for at in usable]),
        power_kw=notches.sums(usable, [power_kw[at] for at in usable]),
        machines=notches.machines(usable),
    )


def _current(plan: Plan | None, now_s: float) -> Plan | None:
    return plan if plan and now_s <= min(plan.made_s + PLAN_GOOD_S, plan.ends_s()) else None


def _look(estimator: Estimator, hour: float) -> _Ahead:
    fulls = [full_ahead(estimator, hour, (step + 0.5) * STEP_H) for step in range(1, STEPS, FULL_STEPS)]
    return _Ahead(
        estimator.water.surface_per_h,
        [rate_ahead(estimator, hour, (step + 0.5) * STEP_H) for step in range(STEPS)],
        [fulls[step // FULL_STEPS] for step in range(STEPS)],
    )


def _walk(ahead: _Ahead, fleet: Fleet, do_mg_l: float, count: int, choose: Choice) -> _Walk:
    levels, counts, gains = [do_mg_l], [], []
    for step, (rate, full) in enumerate(zip(ahead.rate_mg_l_h, ahead.full_mg_l, strict=True)):
        count = choose(step, do_mg_l, count)
        gain = ahead.surface_per_h + fleet.transfer_per_h[count]
        goal = full + rate / gain
        do_mg_l = max(0.0, goal + (do_mg_l - goal) * math.exp(-gain * STEP_H))
        levels.append(do_mg_l)
        counts.append(count)
        gains.append(gain)
    return _Walk(levels, counts, gains)


def _by_plan(plan: Plan, now_s: float, fleet: Fleet) -> Choice:
    most = len(plan.policy[0]) - 1

    def choose(step: int, do_mg_l: float, count: int) -> int:
        return min(plan.wanted(now_s + step * STEP_H * 3600, do_mg_l, min(count, most)), fleet.count)

    return choose


def _by_ladder(settings: LadderSettings, fleet: Fleet) -> Choice:
    """As the ladder goes, two rungs in each step."""
    low, high = settings.setpoint_mg_l, settings.setpoint_mg_l + settings.band_mg_l
    rungs = max(1, round(STEP_H * 3600 / settings.dwell_s))

    def choose(_step: int, do_mg_l: float, count: int) -> int:
        if do_mg_l < settings.all_on_mg_l:
            return fleet.count
        machines = fleet.machines[count] + rungs * ((do_mg_l < low) - (do_mg_l > high))
        return fleet.full(min(max(machines, settings.mixing), fleet.machines[-1]))

    return choose


def _outlook(estimator: Estimator, hour: float, walk: _Walk, fleet: Fleet, price: Price) -> dict[str, Any]:
    widths = _half_widths(estimator, walk.gain_per_h)
    least = min(walk.do_mg_l)
    at = walk.do_mg_l.index(least)
    cost = sum(fleet.power_kw[n] * STEP_H * price((step + 0.5) * STEP_H) for step, n in enumerate(walk.count) if n)
    return {
        "band": [
            [round(step * STEP_H * 60), *_around(walk.do_mg_l[step], widths[step])]
            for step in range(0, STEPS + 1, BAND_STEPS)
        ],
        "machines": _changes([fleet.machines[count] for count in walk.count]),
        "cost_vnd": round(cost),
        "lowest": {"do_mg_l": round(least, 2), "hour": round((hour + at * STEP_H) % 24, 2)},
    }


def _half_widths(estimator: Estimator, gain_per_h: Sequence[float]) -> list[float]:
    """One standard deviation: doubt of now, and of the rate, which adds up hour by hour until the exchange limits it."""
    spread = estimator.curve.spread()
    usual = spread if math.isfinite(spread) else UNKNOWN_SPREAD_MG_L_H
    now, doubt = estimator.rate_sd_mg_l_h, estimator.do_sd_mg_l
    first, moved, widths = doubt, 0.0, [doubt]
    for step, gain in enumerate(gain_per_h):
        fading = math.exp(-2 * step * STEP_H / RATE_HOURS)
        rate = math.sqrt(now**2 * fading + usual**2 * (1 - fading))
        keeps = math.exp(-gain * STEP_H)
        first *= keeps
        moved = moved * keeps + rate * (1 - keeps) / gain
        widths.append(min(math.hypot(first, moved), MOST_HALF_WIDTH_MG_L))
    return widths


def _around(mid: float, width: float) -> list[float]:
    return [round(max(0.0, mid - width), 2), round(mid, 2), round(mid + width, 2)]


def _changes(counts: Sequence[int]) -> list[list[int]]:
    """Where the number of machines changes, in minutes ahead."""
    return [
        [round(step * STEP_H * 60), count] for step, count in enumerate(counts) if not step or count != counts[step - 1]
    ]


def _danger(walk: _Walk, limits: Limits) -> Danger:
    return Danger(
        to_low_minutes=minutes_below(walk.do_mg_l, limits.low_mg_l),
        to_danger_minutes=minutes_below(walk.do_mg_l, limits.danger_mg_l),
    )


def _minutes(walk: _Walk, limits: Limits) -> dict[str, float | None]:
    danger = _danger(walk, limits)
    rounded = [None if at is None else round(at, 1) for at in (danger.to_low_minutes, danger.to_danger_minutes)]
    return dict(zip(("to_low_min", "to_danger_min"), rounded, strict=True))
