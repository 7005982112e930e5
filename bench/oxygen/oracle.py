"""The clairvoyant optimum: backward dynamic programming over (DO, machines on) that knows the week's water.

DO on a grid of 0.02 mg/L, straight lines between; steps of 5 minutes, in each of which the count of machines stands.
Cost is energy at its price, 60 VND a start, and a penalty below the floor so high that only what cannot be avoided is paid.
"""

from dataclasses import dataclass

import numpy as np

from bench.oxygen.machines import Machines
from bench.oxygen.scenarios import DAYS, Scenario
from bench.oxygen.tariff import START_COST_VND, price_at
from bench.oxygen.truth import WARM_UP_MINUTES, Array, Course, Water

GRID_MG_L = 0.02
STEP_MINUTES = 5
FLOOR_MG_L = 4.0
HAIR_MG_L = 1e-6
BELOW_VND_MINUTE = 20_000.0
DEFICIT_VND_MG_L_MINUTE = 20_000.0


@dataclass(frozen=True)
class Steps:
    """The water in 5-minute steps: with n machines DO becomes keep C + gain - loss min(1, C); arrays (step, n)."""

    keep: Array
    gain: Array
    loss: Array
    least: Array
    most: Array
    energy_cost: Array


@dataclass(frozen=True)
class Played:
    """A forward run of the optimum: machines of each minute, DO after it."""

    machines: list[int]
    do_mg_l: list[float]

    def kwh(self, power_kw: float) -> float:
        """Energy of the run."""
        return sum(self.machines) * power_kw / 60


class Oracle:
    """Solved at once for `days` from the measured week's start; `flat` counts kWh only and starts are free."""

    def __init__(self, scenario: Scenario, course: Course, days: float = DAYS, flat: bool = False) -> None:
        self._start_cost = 0.0 if flat else START_COST_VND
        self._steps = compose(scenario, course, round(days * 24 * 60 / STEP_MINUTES), flat)
        self.course = course
        self._top = _top(self._steps)
        self._values = self._solve()

    def value_vnd(self, do_mg_l: float, running: int) -> float:
        """The least that the week can cost from this state, penalties included."""
        return float(np.interp(do_mg_l / GRID_MG_L, np.arange(self._values.shape[2]), self._values[0, running]))

    def play(self, do_mg_l: float, running: int) -> Played:
        """The optimum from this state, minute by minute in the truth."""
        machines: list[int] = []
        values: list[float] = []
        steps, water = self._steps, Water(self.course)
        water.do_mg_l = do_mg_l
        for step in range(len(steps.keep)):
            after = steps.keep[step] * do_mg_l + steps.gain[step] - steps.loss[step] * min(1.0, do_mg_l)
            after = np.clip(after, 0.0, self._top)
            counts = np.arange(len(after))
            place = np.minimum((after / GRID_MG_L).astype(int), self._values.shape[2] - 2)
            share = after / GRID_MG_L - place
            ahead = self._values[step + 1]
            cost = ahead[counts, place] * (1 - share) + ahead[counts, place + 1] * share
            cost += steps.energy_cost[step] * counts + _penalty(after)
            cost += self._start_cost * np.maximum(0, counts - running)
            cost[: int(steps.least[step])] = np.inf
            cost[int(steps.most[step]) + 1 :] = np.inf
            running = int(np.argmin(cost))
            machines += [running] * STEP_MINUTES
            for minute in range(STEP_MINUTES):
                water.step(WARM_UP_MINUTES + step * STEP_MINUTES + minute, running)
                values.append(water.do_mg_l)
            do_mg_l = water.do_mg_l
        return Played(machines, values)

    def _solve(self) -> Array:
        steps = self._steps
        count, machines = steps.keep.shape
        grid = np.arange(0.0, self._top + GRID_MG_L, GRID_MG_L)
        low = np.minimum(1.0, grid)
        values = np.zeros((count + 1, machines, len(grid)))
        rows = (np.arange(machines) * len(grid))[:, None]
        starts = self._start_cost * np.arange(machines)[:, None]
        numbers = np.arange(machines)[:, None]
        for step in range(count - 1, -1, -1):
            after = steps.keep[step][:, None] * grid + steps.gain[step][:, None] - steps.loss[step][:, None] * low
            np.clip(after, 0.0, self._top, out=after)
            place = after / GRID_MG_L
            left = np.minimum(place.astype(np.int64), len(grid) - 2)
            flat = values[step + 1].ravel()
            below = flat.take(left + rows)
            cost = below + (place - left) * (flat.take(left + rows + 1) - below)
            cost += steps.energy_cost[step] * numbers
            cost += _penalty(after)
            cost[: int(steps.least[step])] = np.inf
            cost[int(steps.most[step]) + 1 :] = np.inf
            fewer = np.minimum.accumulate(cost, axis=0)
            more = np.minimum.accumulate((cost + starts)[::-1], axis=0)[::-1] - starts
            np.minimum(fewer, more, out=values[step])
        return values


def compose(scenario: Scenario, course: Course, count: int, flat: bool) -> Steps:
    """Minutes of the truth put together to steps of the oracle."""
    minutes = slice(WARM_UP_MINUTES, WARM_UP_MINUTES + count * STEP_MINUTES)
    hours = course.hour[minutes]
    n = np.arange(scenario.kind.machines + 1)
    rate = course.wind_per_h[minutes][:, None] + n * course.transfer_per_h[minutes][:, None]
    fade = np.exp(-rate / 60)
    gain = (course.full_mg_l[minutes][:, None] + course.growth_mg_l_h[minutes][:, None] / rate) * (1 - fade)
    loss = course.breathing_mg_l_h[minutes][:, None] / rate * (1 - fade)
    fade, gain, loss = (x.reshape(count, STEP_MINUTES, len(n)) for x in (fade, gain, loss))
    keep, total_gain, total_loss = np.ones_like(fade[:, 0]), np.zeros_like(fade[:, 0]), np.zeros_like(fade[:, 0])
    for minute in range(STEP_MINUTES):
        keep = keep * fade[:, minute]
        total_gain = total_gain * fade[:, minute] + gain[:, minute]
        total_loss = total_loss * fade[:, minute] + loss[:, minute]
    least, most = Machines(scenario).bounds(hours)
    least, most = (x.reshape(count, STEP_MINUTES) for x in (least, most))
    price = np.ones(len(hours)) if flat else np.array([price_at(float(hour)) for hour in hours])
    energy = price.reshape(count, STEP_MINUTES).sum(axis=1) * scenario.kind.power_kw / 60
    highest = most.min(axis=1)
    return Steps(keep, total_gain, total_loss, np.minimum(least.max(axis=1), highest), highest, energy)


def _penalty(do_mg_l: Array) -> Array:
    short = np.maximum(0.0, FLOOR_MG_L - do_mg_l)
    low = do_mg_l < FLOOR_MG_L + HAIR_MG_L
    cost: Array = STEP_MINUTES * (BELOW_VND_MINUTE * low + DEFICIT_VND_MG_L_MINUTE * short)
    return cost


def _top(steps: Steps) -> float:
    """More oxygen than the water can reach in this week from any sensible start."""
    rest = full = 8.0
    highest = 8.0
    for keep, gain, loss in zip(steps.keep, steps.gain, steps.loss, strict=True):
        rest = max(0.0, keep[0] * rest + gain[0] - loss[0])
        full = max(0.0, keep[-1] * full + gain[-1] - loss[-1])
        highest = max(highest, rest, full)
    return highest + 1.0
