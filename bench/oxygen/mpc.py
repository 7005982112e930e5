"""An MPC as one writes it with a published toolbox: CasADi, IPOPT, machines as fractions, tomorrow as yesterday.

Every half hour it solves 18 h in half-hour steps, from the probe's mean of the last minutes. Biology is what the probe's
slope leaves after the machines by their nameplate; its forecast is yesterday's, moved by what today differs, fading.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Any

import casadi

from bench.oxygen.baselines import Counting
from bench.oxygen.kinds import OXYGEN_AT_20_C
from bench.oxygen.seen import Facts, Seen
from bench.oxygen.tariff import price_at
from hardware.water import oxygen_solubility_mg_l

STEP_H = 0.5
STEPS = 36
FLOOR_MARGIN_MG_L = 0.2
ALPHA = 0.9
SLACK_VND = 200_000.0
SMOOTH_VND = 20.0
FADE_H = 3.0
REFLEX_MG_L = 3.9
MEAN_MINUTES = 5
PART_MINUTES = 10
SLOTS = round(24 / STEP_H)

Numbers = list[float]
Solve = Callable[[float, float, float, float, Numbers, Numbers, Numbers | None], tuple[Numbers, Numbers]]


class Mpc(Counting):
    """Runs the whole part of its wish always and one machine more for the broken part of each half hour."""

    name = "MPC CasADi"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._solve = _solver(facts)
        self._recent: deque[float] = deque(maxlen=MEAN_MINUTES)
        self._yesterday: list[float | None] = [None] * SLOTS
        self._differs = 0.0
        self._slot_start: tuple[float, float] | None = None
        self._transferred = 0.0
        self._wish = 0.0
        self._guess: list[float] | None = None

    def count(self, seen: Seen, do_mg_l: float) -> int:
        """Plan at every half hour; between, play the plan's first step."""
        self._recent.append(do_mg_l)
        mean = sum(self._recent) / len(self._recent)
        transfer = self._transfer_per_h(seen)
        full = oxygen_solubility_mg_l(seen.temperature_c or 29.0, seen.salinity_psu or 0.0)
        self._transferred += sum(seen.running) * transfer * (full - mean) / 60
        into = seen.minute % round(STEP_H * 60)
        if into == 0:
            self._learn(seen, mean)
            self._plan(seen, mean, transfer, full)
        if do_mg_l < REFLEX_MG_L:
            return self.facts.machines
        whole = math.floor(self._wish + 1e-6)
        parts = round((self._wish - whole) * STEP_H * 60 / PART_MINUTES)
        return whole + (into < parts * PART_MINUTES)

    def _transfer_per_h(self, seen: Seen) -> float:
        facts = self.facts
        warm: float = 1.024 ** ((seen.temperature_c or 29.0) - 20)
        return ALPHA * facts.power_kw * facts.kg_o2_per_kwh * 1000 * warm / OXYGEN_AT_20_C / facts.volume_m3

    def _learn(self, seen: Seen, mean: float) -> None:
        """The biology of the half hour that has just ended."""
        if self._slot_start is not None:
            hour, before = self._slot_start
            slot = int(hour % 24 / STEP_H)
            rate = (mean - before - self._transferred) / STEP_H
            known = self._yesterday[slot]
            self._differs = 0.5 * self._differs + 0.5 * (rate - known) if known is not None else 0.0
            self._yesterday[slot] = rate
        self._slot_start, self._transferred = (seen.hour, mean), 0.0

    def _forecast(self, hour: float, ahead_h: float) -> float:
        known = self._yesterday[int((hour + ahead_h) % 24 / STEP_H)]
        if known is None:
            known = self._yesterday[int((hour - STEP_H) % 24 / STEP_H)] or -0.5
        return known + self._differs * math.exp(-ahead_h / FADE_H)

    def _plan(self, seen: Seen, mean: float, transfer: float, full: float) -> None:
        ahead = [(step + 0.01) * STEP_H for step in range(STEPS)]
        rates = [self._forecast(seen.hour, hours) for hours in ahead]
        prices = [price_at(seen.hour + hours) for hours in ahead]
        self._guess, wishes = self._solve(mean, float(sum(seen.running)), transfer, full, rates, prices, self._guess)
        self._wish = wishes[0]


def _solver(facts: Facts) -> Solve:
    n, c = casadi.SX.sym("n", STEPS), casadi.SX.sym("c", STEPS)
    short = casadi.SX.sym("short", STEPS)
    start = casadi.SX.sym("start", 4)
    rate, price = casadi.SX.sym("rate", STEPS), casadi.SX.sym("price", STEPS)
    do, before, transfer, full = (start[place] for place in range(4))
    cost, rules = casadi.SX(0), []
    for step in range(STEPS):
        middle = (do + c[step]) / 2
        rules.append(c[step] - do - STEP_H * (rate[step] + n[step] * transfer * (full - middle)))
        cost += price[step] * facts.power_kw * STEP_H * n[step] + SLACK_VND * STEP_H * short[step]
        cost += SMOOTH_VND * (n[step] - before) ** 2
        do, before = c[step], n[step]
    floor = facts.floor_mg_l + FLOOR_MARGIN_MG_L
    rules += [c[step] + short[step] - floor for step in range(STEPS)]
    problem: Any = {"x": casadi.vertcat(n, c, short), "p": casadi.vertcat(start, rate, price), "f": cost / 1000,
               "g": casadi.vertcat(*rules)}  # fmt: skip
    options: Any = {"ipopt": {"print_level": 0, "sb": "yes", "max_iter": 60, "tol": 1e-4, "acceptable_tol": 1e-2},
               "print_time": False}  # fmt: skip
    solver = casadi.nlpsol("mpc", "ipopt", problem, options)
    lower = [float(facts.mixing)] * STEPS + [0.0] * STEPS + [0.0] * STEPS
    upper = [float(facts.machines)] * STEPS + [30.0] * STEPS + [10.0] * STEPS

    def solve(
        mean: float, running: float, transfer_per_h: float, full_mg_l: float,
        rates: list[float], prices: list[float], guess: list[float] | None,
    ) -> tuple[list[float], list[float]]:  # fmt: skip
        found = solver(
            x0=guess or [1.0] * STEPS + [5.0] * STEPS + [0.0] * STEPS,
            p=[mean, running, transfer_per_h, full_mg_l, *rates, *prices],
            lbx=lower, ubx=upper, lbg=[0.0] * STEPS * 2, ubg=[0.0] * STEPS + [casadi.inf] * STEPS,
        )  # fmt: skip
        x = [float(value) for value in found["x"].full().ravel()]
        shifted = [*x[1:STEPS], x[STEPS - 1], *x[STEPS + 1 : 2 * STEPS], x[2 * STEPS - 1], *x[2 * STEPS :]]
        return shifted, x[:STEPS]

    return solve
