"""Keeps one pond: believes the estimator, follows the plan, falls back on the ladder, and on all machines.

Pure: `step` gets what is seen, `problem` says what the planner shall solve, `take` receives its answer whenever it comes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gateway.control.estimator import Estimator, Water
from gateway.control.forecast import full_ahead, rate_ahead
from gateway.control.ladder import Ladder, LadderSettings
from gateway.control.observation import Decision, Machine, Observation, Reason
from gateway.control.plan import Plan, Problem
from hardware.registers import HOA_HAND, HOA_OFF

READING_S = 60.0
SHORT_STAGES, SHORT_H = 12, 1 / 12
LONG_STAGES, LONG_H = 84, 1 / 4
PLAN_GOOD_S = 2 * 3600.0
BELOW_FLOOR_S = 120.0
SURVIVE_MG_L = 3.3
UNSURE_MG_L = 0.04

Price = Callable[[float], float]


@dataclass(frozen=True, kw_only=True)
class PilotSettings:
    """Oxygen in mg/L, dwell in seconds of pond time; `longest_cut_h` is the power cut to be survived, 0 for a strong grid."""

    floor_mg_l: float = 4.0
    margin_mg_l: float = 0.1
    longest_cut_h: float = 0.0
    mixing: int = 0
    least_on_s: float = 900.0
    least_off_s: float = 600.0
    start_vnd: float = 300.0


class Pilot:
    """The controller of one pond."""

    def __init__(self, water: Water, settings: PilotSettings, ladder: LadderSettings) -> None:
        self.estimator = Estimator(water)
        self.plan: Plan | None = None
        self._settings = settings
        self._ladder = Ladder(ladder)
        self._now_s: float | None = None
        self._hour: float | None = None
        self._taken_s = -math.inf
        self._readings: list[float] = []
        self._below_since_s: float | None = None
        self._run_h = [0.0] * len(water.power_kw)
        self._more_s = self._fewer_s = -math.inf
        self._corrected_s = -math.inf
        self._wanted: list[bool] | None = None

    @property
    def do_mg_l(self) -> float:
        """The oxygen that decisions rest on: what the probe shows without its noise, less what is sure to be too much."""
        estimator = self.estimator
        shown = estimator.do_mg_l + estimator.offset_mg_l
        return shown - max(0.0, estimator.offset_mg_l - estimator.offset_sd_mg_l)

    @property
    def margin_mg_l(self) -> float:
        """What is kept above the farmer's limit."""
        return self._settings.margin_mg_l + 0.0

    # -- what it sees -------------------------------------------------------------------------------------------------

    def step(self, observation: Observation) -> Decision:
        """Which machines shall run now."""
        self._watch(observation)
        ladder = self._ladder.step(observation)
        plan = self.plan
        if not observation.oxygen.good or self._hour is None or not self.estimator.known:
            return self._chosen(ladder)
        if plan is None or observation.now_s > min(plan.made_s + PLAN_GOOD_S, plan.ends_s()):
            return self._chosen(ladder)
        return self._chosen(self._by_plan(observation, plan))

    def _chosen(self, decision: Decision) -> Decision:
        self._wanted = list(decision.run)
        return decision

    def _watch(self, observation: Observation) -> None:
        hours = 0.0 if self._now_s is None else (observation.now_s - self._now_s) / 3600
        self._now_s, self._hour = observation.now_s, observation.hour
        running = running_of(observation)
        for at, runs in enumerate(running):
            self._run_h[at] += hours * runs
        oxygen, estimator = observation.oxygen, self.estimator
        estimator.conditions(observation.temperature_c, observation.salinity_psu)
        if estimator.known and hours > 0 and observation.hour is not None:
            estimator.predict(min(hours, 1.0), observation.hour, running)
        if not oxygen.good or oxygen.value_mg_l is None or oxygen.taken_s is None or observation.hour is None:
            self._readings.clear()
            return
        if oxygen.taken_s <= self._taken_s:
            return
        self._readings.append(oxygen.value_mg_l)
        if self._taken_s > -math.inf and observation.now_s - self._corrected_s < READING_S - 0.5:
            self._taken_s = oxygen.taken_s
            return
        self._taken_s = oxygen.taken_s
        self._corrected_s = observation.now_s
        value = sum(self._readings) / len(self._readings)
        self._readings.clear()
        if not estimator.known:
            estimator.start(value)
            return
        estimator.correct(value, running)
        estimator.learn(observation.hour)

    # -- what it decides ----------------------------------------------------------------------------------------------

    def _by_plan(self, observation: Observation, plan: Plan) -> Decision:
        do_mg_l, now_s = self.do_mg_l, observation.now_s
        usable = [at for at, machine in enumerate(observation.machines) if can_run(machine)]
        current = [at for at in usable if self._wanted is None or self._wanted[at]]
        floor = self._settings.floor_mg_l
        if self._below(now_s, do_mg_l):
            return _all(len(observation.machines), Reason("all_on", {"do": do_mg_l, "limit": floor}))
        count = min(plan.wanted(now_s, do_mg_l, min(len(current), len(plan.policy[0]) - 1)), len(usable))
        count = max(count, min(self._settings.mixing, len(usable)))
        chosen = self._choose(usable, current, count, now_s, urgent=do_mg_l < floor + self._settings.margin_mg_l / 2)
        run = tuple(at in chosen for at in range(len(observation.machines)))
        low, at_hour = self._coming_low(plan, now_s)
        numbers = {"do": do_mg_l, "low": low, "hour": at_hour}
        return Decision(
            run=run, reasons=tuple(Reason("plan_run" if on else "plan_rest", numbers) for on in run)
        )

    def _below(self, now_s: float, do_mg_l: float) -> bool:
        if do_mg_l >= self._settings.floor_mg_l:
            self._below_since_s = None
            return False
        if self._below_since_s is None:
            self._below_since_s = now_s
        return now_s - self._below_since_s >= BELOW_FLOOR_S

    def _choose(self, usable: list[int], current: list[int], count: int, now_s: float, *, urgent: bool) -> set[int]:
        """Move from the machines that run to `count` of them, unless the number was changed a moment ago."""
        chosen = set(current)
        if count > len(current) and (urgent or now_s - self._fewer_s >= self._settings.least_off_s):
            resting = sorted((at for at in usable if at not in chosen), key=self._rank)
            chosen.update(resting[: count - len(current)])
            self._more_s = now_s
        elif count < len(current) and now_s - max(self._more_s, self._fewer_s) >= self._settings.least_on_s:
            chosen.difference_update(sorted(current, key=self._rank, reverse=True)[: len(current) - count])
            self._fewer_s = now_s
        return chosen

    def _rank(self, machine: int) -> tuple[float, float]:
        """Oxygen for a kilowatt-hour, in steps of a tenth so that like machines share their hours; then the less worn."""
        water = self.estimator.water
        yield_ = self.estimator.transfer_per_h(machine) / water.power_kw[machine]
        best = max(self.estimator.transfer_per_h(at) / kw for at, kw in enumerate(water.power_kw))
        return -round(yield_ / best * 10), self._run_h[machine]

    def _coming_low(self, plan: Plan, now_s: float) -> tuple[float, float]:
        ahead = plan.do_mg_l[plan.stage(now_s) :]
        least = min(ahead)
        at_s = plan.starts_s[plan.stage(now_s) + ahead.index(least)]
        return least, ((self._hour or 0.0) + (at_s - now_s) / 3600) % 24

    # -- what it asks the planner -------------------------------------------------------------------------------------

    def problem(self, pond: str, observation: Observation, price: Price, most: Callable[[float], int]) -> Problem | None:
        """The next day as numbers; `price` and `most` are VND/kWh and machines allowed by hours ahead. None while blind."""
        estimator, hour = self.estimator, observation.hour
        if hour is None or not estimator.known or not observation.machines:
            return None
        usable = sorted((at for at, machine in enumerate(observation.machines) if can_run(machine)), key=self._rank)
        forced = sum(must_run(machine) for machine in observation.machines)
        hours = (SHORT_H,) * SHORT_STAGES + (LONG_H,) * LONG_STAGES
        middles = [sum(hours[:at]) + span / 2 for at, span in enumerate(hours)]
        rates = tuple(rate_ahead(estimator, hour, ahead) for ahead in middles)
        least = max(forced, min(self._settings.mixing, len(usable)))
        running = sum(self._wanted[at] for at in usable) if self._wanted else 0
        return Problem(
            pond=pond,
            made_s=observation.now_s,
            do_mg_l=self.do_mg_l,
            running=running,
            hours=hours,
            rate_mg_l_h=rates,
            full_mg_l=tuple(full_ahead(estimator, hour, ahead) for ahead in middles),
            floor_mg_l=self._floors(hours, middles, rates),
            price_vnd_kwh=tuple(price(ahead) for ahead in middles),
            least=(least,) * len(hours),
            most=tuple(max(least, min(len(usable), most(ahead))) for ahead in middles),
            surface_per_h=estimator.water.surface_per_h,
            transfer_per_h=_sums([estimator.transfer_per_h(at) for at in usable]),
            power_kw=_sums([estimator.water.power_kw[at] for at in usable]),
            start_vnd=self._settings.start_vnd,
        )

    def _floors(self, hours: tuple[float, ...], middles: list[float], rates: tuple[float, ...]) -> tuple[float, ...]:
        """The limit and its margin; where cuts are to be survived, what the pond breathes in one as well."""
        settings = self._settings
        base = settings.floor_mg_l + self.margin_mg_l
        if not settings.longest_cut_h:
            return (base,) * len(hours)
        cut_h = settings.longest_cut_h
        floors = []
        for middle in middles:
            within = [rate for ahead, rate in zip(middles, rates, strict=True) if middle <= ahead <= middle + cut_h]
            lost = -cut_h * min(0.0, sum(within) / len(within))
            floors.append(max(base, SURVIVE_MG_L + lost))
        return tuple(floors)

    def take(self, plan: Plan) -> None:
        """A plan has come."""
        self.plan = plan


def can_run(machine: Machine) -> bool:
    """It is not switched off by hand and it ran when it was told to."""
    return machine.hand_off_auto != HOA_OFF and not machine.failed


def must_run(machine: Machine) -> bool:
    """It is switched on by hand, or it does not stop."""
    return machine.hand_off_auto == HOA_HAND or machine.stuck


def running_of(observation: Observation) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """1.0 for each machine that draws current; where that is not known, what it is allowed to."""
    return np.array(
        [float(bool(m.allowed if m.running is None else m.running)) for m in observation.machines], dtype=np.float64
    )


def _sums(values: list[float]) -> tuple[float, ...]:
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return tuple(sums)


def _all(count: int, reason: Reason) -> Decision:
    return Decision(run=(True,) * count, reasons=(reason,) * count)
