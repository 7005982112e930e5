"""A lower bound on the energy of any controller that keeps the floor: a linear program, solved by HiGHS.

The driving force of a machine is taken as Cs - floor, the most it can be while the floor is kept, and what it gives within
a step does not fade. Machines may be fractions. All of this favours the bound.
"""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, hstack, identity, vstack

from bench.oxygen.oracle import FLOOR_MG_L, STEP_MINUTES, compose
from bench.oxygen.scenarios import DAYS, Scenario
from bench.oxygen.truth import WARM_UP_MINUTES, Course


class Infeasible(Exception):
    """No controller keeps the floor in this scenario."""


def least_kwh(scenario: Scenario, course: Course, do_mg_l: float, days: float = DAYS) -> float:
    """The bound from this oxygen at the week's start."""
    count = round(days * 24 * 60 / STEP_MINUTES)
    steps = compose(scenario, course, count, flat=True)
    minutes = slice(WARM_UP_MINUTES, WARM_UP_MINUTES + count * STEP_MINUTES)
    force = (course.full_mg_l[minutes] - FLOOR_MG_L) * course.transfer_per_h[minutes] / 60
    force = np.maximum(0.0, force).reshape(count, STEP_MINUTES).sum(axis=1)
    keep, source = steps.keep[:, 0], steps.gain[:, 0] - steps.loss[:, 0]
    # After step t: C[t] - keep[t] C[t-1] - force[t] n[t] <= source[t]; variables are all n, then all C.
    at = np.arange(1, count)
    previous = coo_array((-keep[1:], (at, at - 1)), shape=(count, count))
    oxygen = identity(count) + previous
    machines = coo_array((-force, (np.arange(count), np.arange(count))), shape=(count, count))
    right = source.copy()
    right[0] += keep[0] * do_mg_l
    kwh_per_step = scenario.kind.power_kw * STEP_MINUTES / 60
    found = linprog(
        np.concatenate([np.full(count, kwh_per_step), np.zeros(count)]),
        A_ub=vstack([hstack([machines, oxygen])]).tocsr(),
        b_ub=right,
        bounds=[*zip(steps.least, steps.most, strict=True), *[(FLOOR_MG_L, None)] * count],
        method="highs",
    )
    if found.status != 0:
        raise Infeasible(found.message)
    return float(found.fun)
