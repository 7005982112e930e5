"""Keeps one pond: believes the estimator, follows the plan, falls back on the ladder, and on all machines.

Pure: `step` gets what is seen, `problem` says what the planner shall solve, `take` receives its answer whenever it comes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gateway.control.estimator import Estimator, Water
from gateway.control.faults import Fault
from gateway.control.forecast import full_ahead, rate_ahead
from gateway.control.ladder import Ladder, LadderSettings
from gateway.control.notches import Notches, power_share
from gateway.control.observation import Decision, Observation, Reason
from gateway.control.plan import Plan, Problem
from gateway.control.steptest import StepTest
from gateway.control.truth import ProbeTruth
from hardware.registers import HOA_HAND, HOA_OFF

READING_S = 60.0
STAGES_H = (1 / 12,) * 12 + (1 / 4,) * 40 + (1 / 2,) * 20
MIDDLES_H = tuple(sum(STAGES_H[:at]) + span / 2 for at, span in enumerate(STAGES_H))
PLAN_GOOD_S = 2 * 3600.0
BELOW_FLOOR_S = 120.0
REFLEX_H = 1 / 6
CHANGED_MG_L_H = 0.12
HOUR_STEP_H = 0.1
SURVIVE_MG_L = 3.3
SHOWN_SD_MG_L = 0.02
REACTION_H = 0.04
DOUBT_MG_L_ROOT_H = 0.03

Price = Callable[[float], float]


@dataclass(frozen=True, kw_only=True)
class PilotSettings:
    """Oxygen in mg/L, dwell in seconds of pond time; `longest_cut_h` is the power cut to survive, 0 for none."""

    floor_mg_l: float = 4.0
    margin_mg_l: float = 0.03
    longest_cut_h: float = 0.0
    mixing: int = 0
    least_on_s: float = 900.0
    least_off_s: float = 600.0
    start_vnd_per_kw: float = 200.0


class Pilot:
    """The controller of one pond. `slow` are the machines that may run slow, as far as the last step can see."""

    def __init__(self, water: Water, settings: PilotSettings, ladder: LadderSettings) -> None:
        self.estimator = Estimator(water)
        self.truth = ProbeTruth()
        self.test = StepTest()
        self.plan: Plan | None = None
        self.slow: frozenset[int] = frozenset()
        self._was_slow: frozenset[int] = frozenset()
        self.notches = Notches(water.drives)
        self._settings = settings
        self._ladder = Ladder(ladder)
        self._now_s: float | None = None
        self._hour: float | None = None
        self._taken_s = -math.inf
        self._readings: list[float] = []
        self._below_since_s: float | None = None
        self._faults = [Fault() for _ in water.power_kw]
        self._run_h = [0.0] * len(water.power_kw)
        self._planned_residual = 0.0
        self._planned_order: list[int] = []
        self._more_s = self._fewer_s = -math.inf
        self._corrected_s = -math.inf
        self._wanted: list[bool] | None = None

    @property
    def do_mg_l(self) -> float:
        """The oxygen that decisions rest on: what the probe shows without its noise, less what it shows too much."""
        return self.estimator.do_mg_l + self.estimator.offset_mg_l - self.truth.correction_mg_l(self.estimator)

    @property
    def margin_mg_l(self) -> float:
        """What is kept above the farmer's limit: for doubt, and for what one machine does until the next look."""
        estimator, settings = self.estimator, self._settings
        doubt = math.hypot(SHOWN_SD_MG_L, estimator.rate_sd_mg_l_h * REFLEX_H)
        machines = range(len(estimator.water.power_kw))
        step = max((estimator.transfer_per_h(at) for at in machines), default=0.0)
        away = max(0.0, estimator.full_mg_l - settings.floor_mg_l)
        return settings.margin_mg_l + 2 * doubt + step * away * REACTION_H

    # -- what it sees -------------------------------------------------------------------------------------------------

    def step(self, observation: Observation) -> Decision:
        """Which machines shall run now."""
        self._was_slow, self.slow = self.slow, frozenset()
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
        self._see_hour(observation.hour, hours)
        self._now_s, self._hour = observation.now_s, observation.hour
        running = running_of(observation)
        for fault, machine in zip(self._faults, observation.machines, strict=True):
            fault.see(machine, observation.now_s)
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
        self.truth.step(estimator)

    def _see_hour(self, hour: float | None, passed_h: float) -> None:
        """A clock that was set changes the plan's ground, not what the pond does now."""
        if hour is None or self._hour is None:
            return
        expected = self._hour + passed_h
        if abs((hour - expected + 12) % 24 - 12) > HOUR_STEP_H:
            self.estimator.hour_moved(expected, hour)

    # -- what it decides ----------------------------------------------------------------------------------------------

    def _by_plan(self, observation: Observation, plan: Plan) -> Decision:
        do_mg_l, now_s = self.do_mg_l, observation.now_s
        everything = range(len(observation.machines))
        forced, usable = self._able(observation)
        current = [at for at in everything if at in forced or (at in usable and self._was_wanted(at))]
        if self._below(now_s, do_mg_l):
            return _all(len(everything), Reason("all_on", {"do": do_mg_l, "limit": self._settings.floor_mg_l}))
        resting = 1 - len(current) / len(everything)
        spare = do_mg_l - self._settings.floor_mg_l
        estimator = self.estimator
        suspects = self.truth.suspects(estimator) and estimator.slope_mg_l_h > 0
        self.test.ask(now_s, suspects=suspects, learning=estimator.clean, spare_mg_l=spare, resting=resting)
        if self.test.running(now_s):
            return _all(len(everything), Reason("step_test", {"minutes": self.test.left_minutes(now_s)}))
        most = len(plan.policy[0]) - 1
        wanted = plan.wanted(now_s, do_mg_l, min(self.notches.wanted(current, self._was_slow), most))
        reflex = self._reflex(observation, current, usable, do_mg_l)
        count = max(self._machines_for(wanted, forced, usable), len(forced), self._settings.mixing, reflex)
        count = min(count, len(forced) + len(usable))
        urgent = do_mg_l < self._settings.floor_mg_l + self.margin_mg_l / 2
        chosen = self._choose(forced, usable, current, count, now_s, urgent=urgent)
        chosen |= {at for at in everything if self._faults[at].failed and self._faults[at].on_trial(now_s)}
        if not urgent and not reflex:
            self.slow = self.notches.slowed(sorted(chosen, key=self._rank), wanted)
        low, at_hour = self._coming_low(plan, now_s)
        numbers = {"do": do_mg_l, "low": low, "hour": at_hour}
        run = tuple(at in chosen for at in everything)
        return Decision(run=run, reasons=tuple(Reason("plan_run" if on else "plan_rest", numbers) for on in run))

    def _machines_for(self, notches: int, forced: list[int], usable: list[int]) -> int:
        """How many machines, the best first, it takes for so many notches."""
        order = [*forced, *sorted(usable, key=self._rank)]
        return next((n for n in range(len(order)) if self.notches.count(order[:n]) >= notches), len(order))

    def _able(self, observation: Observation) -> tuple[list[int], list[int]]:
        """Machines that run whatever we say, and those that can be told."""
        forced, usable = [], []
        for at, (machine, fault) in enumerate(zip(observation.machines, self._faults, strict=True)):
            if machine.hand_off_auto == HOA_HAND or (fault.stuck and not fault.on_trial(observation.now_s)):
                forced.append(at)
            elif machine.hand_off_auto != HOA_OFF and not (fault.failed or fault.stuck):
                usable.append(at)
        return forced, usable

    def _was_wanted(self, at: int) -> bool:
        return self._wanted is None or self._wanted[at]

    def _reflex(self, observation: Observation, current: list[int], usable: list[int], do_mg_l: float) -> int:
        """How many it takes not to be under the limit in ten minutes, whatever the plan thought."""
        estimator = self.estimator
        running = running_of(observation)
        slope = estimator.slope_mg_l_h
        away = estimator.full_mg_l - do_mg_l
        for at in current:
            slope += (1 - running[at]) * estimator.transfer_per_h(at) * away
        count = len(current)
        for at in sorted((at for at in usable if at not in current), key=self._rank):
            if do_mg_l + slope * REFLEX_H >= self._settings.floor_mg_l + SHOWN_SD_MG_L:
                break
            slope += estimator.transfer_per_h(at) * away
            count += 1
        return count if count > len(current) else 0

    def _below(self, now_s: float, do_mg_l: float) -> bool:
        if do_mg_l >= self._settings.floor_mg_l:
            self._below_since_s = None
            return False
        if self._below_since_s is None:
            self._below_since_s = now_s
        return now_s - self._below_since_s >= BELOW_FLOOR_S

    def _choose(
        self, forced: list[int], usable: list[int], current: list[int], count: int, now_s: float, *, urgent: bool
    ) -> set[int]:
        """Move from the machines that run to `count` of them, unless the number was changed a moment ago."""
        chosen = set(current)
        if count > len(current) and (urgent or now_s - self._fewer_s >= self._settings.least_off_s):
            resting = sorted((at for at in usable if at not in chosen), key=self._rank)
            chosen.update(resting[: count - len(current)])
            self._more_s = now_s
        elif count < len(current) and now_s - max(self._more_s, self._fewer_s) >= self._settings.least_on_s:
            free = sorted((at for at in current if at not in forced), key=self._rank, reverse=True)
            chosen.difference_update(free[: len(current) - count])
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

    def problem(
        self, pond: str, observation: Observation, price: Price, most: Callable[[float], int]
    ) -> Problem | None:
        """The next day as numbers; `price` and `most` are VND/kWh and machines allowed by hours ahead. None while blind."""
        estimator, hour = self.estimator, observation.hour
        if hour is None or not estimator.known or not observation.machines:
            return None
        forced, usable = self._able(observation)
        order = [*forced, *sorted(usable, key=self._rank)]
        hours, middles, notches = STAGES_H, MIDDLES_H, self.notches
        rates = tuple(rate_ahead(estimator, hour, ahead) for ahead in middles)
        least = max(len(forced), min(self._settings.mixing, len(order)))
        current = [*forced, *(at for at in usable if self._was_wanted(at))]
        self._planned_residual = estimator.residual_mg_l_h
        self._planned_order = order
        return Problem(
            pond=pond,
            made_s=observation.now_s,
            do_mg_l=self.do_mg_l,
            running=notches.wanted(current, self.slow),
            hours=hours,
            rate_mg_l_h=rates,
            full_mg_l=tuple(full_ahead(estimator, hour, ahead) for ahead in middles),
            floor_mg_l=self._floors(middles, rates),
            price_vnd_kwh=tuple(price(ahead) for ahead in middles),
            least=(notches.count(order[:least]),) * len(hours),
            most=tuple(notches.count(order[: max(least, min(len(order), most(ahead)))]) for ahead in middles),
            surface_per_h=estimator.water.surface_per_h,
            transfer_per_h=notches.sums(order, [estimator.transfer_per_h(at) for at in order]),
            power_kw=notches.sums(order, [estimator.water.power_kw[at] for at in order]),
            start_vnd=self._settings.start_vnd_per_kw * max(estimator.water.power_kw),
        )

    def wants_plan(self, observation: Observation) -> bool:
        """The pond or its machines are no longer what the last plan was made for."""
        forced, usable = self._able(observation)
        changed = sorted([*forced, *usable]) != sorted(self._planned_order)
        return changed or abs(self.estimator.residual_mg_l_h - self._planned_residual) > CHANGED_MG_L_H

    def _floors(self, middles: tuple[float, ...], rates: tuple[float, ...]) -> tuple[float, ...]:
        """The limit and its margin; where cuts are to be survived, what the pond breathes in one as well."""
        settings = self._settings
        now = settings.floor_mg_l + self.margin_mg_l
        bases = [now + DOUBT_MG_L_ROOT_H * math.sqrt(ahead) for ahead in middles]
        if not settings.longest_cut_h:
            return tuple(bases)
        cut_h = settings.longest_cut_h
        floors = []
        for base, middle in zip(bases, middles, strict=True):
            within = [rate for ahead, rate in zip(middles, rates, strict=True) if middle <= ahead <= middle + cut_h]
            lost = -cut_h * min(0.0, sum(within) / len(within))
            floors.append(max(base, SURVIVE_MG_L + lost))
        return tuple(floors)

    def take(self, plan: Plan) -> None:
        """A plan has come."""
        self.plan = plan

    # -- what outlives a restart --------------------------------------------------------------------------------------

    def saved(self) -> dict[str, Any]:
        """What it has learned, as plain numbers."""
        return {"estimator": self.estimator.saved(), "run_h": [round(hours, 2) for hours in self._run_h]}

    def remember(self, saved: dict[str, Any], hours_ago: float) -> None:
        """Take `saved` back, before the first step; ValueError, KeyError or TypeError when it is not of this pond."""
        run_h = [float(hours) for hours in saved["run_h"]]
        if len(run_h) != len(self._run_h) or not all(0 <= hours < math.inf for hours in run_h):
            raise ValueError("hours run that do not fit the machines")
        self.estimator.remember(saved["estimator"], hours_ago)
        self._run_h = run_h


def running_of(observation: Observation) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The share of its power for each machine that draws current; where that is not known, that is allowed to."""
    return np.array(
        [
            power_share(machine.speed) if (machine.allowed if machine.running is None else machine.running) else 0.0
            for machine in observation.machines
        ],
        dtype=np.float64,
    )


def _all(count: int, reason: Reason) -> Decision:
    return Decision(run=(True,) * count, reasons=(reason,) * count)
