"""The cheapest way to keep the oxygen over the next day: backward dynamic programming over oxygen and machines running.

The value of a state is the least cost from it to the end of the horizon: energy at its price, starts, and a penalty for
each mg/L and hour below the floor that no saving can outweigh. One stage is exact for a fixed number of machines, because
dC/dt = rate + (surface + transfer) x (full - C) is linear in C.
"""

from typing import Any

import numpy as np

from gateway.control.plan import Plan, Problem

PENALTY = 8.0
GRID_LOW_MG_L = 1.0
FINE_MG_L, COARSE_MG_L = 0.02, 0.15
FINE_BELOW_MG_L, FINE_ABOVE_MG_L = 0.3, 0.7

Array = Any


def solve(problem: Problem) -> Plan:
    """The plan of least cost; ValueError when the problem's arrays do not fit together."""
    _check(problem)
    grid = _grid(problem)
    hours = np.array(problem.hours)
    rate = np.array(problem.rate_mg_l_h)
    full = np.array(problem.full_mg_l)
    transfer = np.array(problem.transfer_per_h)
    power = np.array(problem.power_kw)
    price = np.array(problem.price_vnd_kwh)
    counts = len(transfer)
    gain = transfer + problem.surface_per_h
    starts = problem.start_vnd * np.maximum(0, np.arange(counts)[None, :] - np.arange(counts)[:, None])
    penalty = PENALTY * max(float(power[-1]), 1.0) * float(price.max())
    value = np.zeros((counts, len(grid)))
    policy: list[tuple[bytes, ...]] = []
    for stage in range(len(hours) - 1, -1, -1):
        after = _after(grid, gain, rate[stage], full[stage], hours[stage])
        below = np.maximum(0.0, problem.floor_mg_l[stage] - after)
        place, share = _places(grid, after)
        rows = np.arange(counts)[:, None]
        future = value[rows, place] * (1 - share) + value[rows, place + 1] * share
        cost = (
            (power * price[stage] * hours[stage])[:, None] + penalty * hours[stage] * (below + below * below) + future
        )
        cost[: problem.least[stage]] = np.inf
        cost[problem.most[stage] + 1 :] = np.inf
        choices = cost[None, :, :] + starts[:, :, None]
        best = choices.argmin(axis=1)
        value = np.take_along_axis(choices, best[:, None, :], axis=1)[:, 0, :]
        policy.append(tuple(row.tobytes() for row in best.astype(np.uint8)))
    policy.reverse()
    return _follow(problem, grid, policy, value)


def _grid(problem: Problem) -> Array:
    """Fine where the floor is, coarse elsewhere, up to more than the pond can reach."""
    low, high = min(problem.floor_mg_l) - FINE_BELOW_MG_L, max(problem.floor_mg_l) + FINE_ABOVE_MG_L
    top = max(*problem.full_mg_l, problem.do_mg_l, high) * 1.6
    return np.concatenate(
        [
            np.arange(GRID_LOW_MG_L, low, COARSE_MG_L),
            np.arange(low, high, FINE_MG_L),
            np.arange(high, top, COARSE_MG_L),
        ]
    )


def _after(grid: Array, gain: Array, rate: float, full: float, hours: float) -> Array:
    """Oxygen at the end of a stage, for each count and each place of the grid."""
    keeps = np.exp(-gain * hours)
    goal = full + rate / gain
    return goal[:, None] + (grid[None, :] - goal[:, None]) * keeps[:, None]


def _places(grid: Array, values: Array) -> tuple[Array, Array]:
    place = np.clip(np.searchsorted(grid, values) - 1, 0, len(grid) - 2)
    share = (values - grid[place]) / (grid[place + 1] - grid[place])
    return place, np.clip(share, 0.0, 1.0)


def _follow(problem: Problem, grid: Array, policy: list[tuple[bytes, ...]], value: Array) -> Plan:
    """Walk the policy from where the pond stands."""
    do_mg_l, running = problem.do_mg_l, problem.running
    gain = np.array(problem.transfer_per_h) + problem.surface_per_h
    expected, counts, starts_s, now_s = [], [], [], problem.made_s
    for stage, hours in enumerate(problem.hours):
        place = int(np.abs(grid - do_mg_l).argmin())
        running = policy[stage][running][place]
        expected.append(do_mg_l)
        counts.append(running)
        starts_s.append(now_s)
        here = np.array([do_mg_l])
        do_mg_l = max(
            0.0, float(_after(here, gain, problem.rate_mg_l_h[stage], problem.full_mg_l[stage], hours)[running, 0])
        )
        now_s += hours * 3600
    at = int(np.abs(grid - problem.do_mg_l).argmin())
    return Plan(
        pond=problem.pond,
        made_s=problem.made_s,
        starts_s=tuple(starts_s),
        grid_mg_l=tuple(float(level) for level in grid),
        policy=tuple(policy),
        do_mg_l=tuple(expected),
        count=tuple(counts),
        cost_vnd=float(value[problem.running, at]),
    )


def _check(problem: Problem) -> None:
    stages = len(problem.hours)
    for name in ("rate_mg_l_h", "full_mg_l", "floor_mg_l", "price_vnd_kwh", "least", "most"):
        if len(getattr(problem, name)) != stages:
            raise ValueError(f"{name} has {len(getattr(problem, name))} stages instead of {stages}")
    if len(problem.power_kw) != len(problem.transfer_per_h):
        raise ValueError("power_kw and transfer_per_h differ in length")
