"""All runs of a benchmark, grouped so that scenarios of the same water share one oracle, spread over processes."""

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass

from bench.oxygen.bound import least_kwh
from bench.oxygen.metrics import Metrics, Trace, measure
from bench.oxygen.oracle import Oracle
from bench.oxygen.players import ONLY_IN, players
from bench.oxygen.run import facts_of, timed
from bench.oxygen.scenarios import BY_NAME, Scenario
from bench.oxygen.tariff import START_COST_VND
from bench.oxygen.truth import WARM_UP_MINUTES, Course, course

WEEK_DAYS = 7
BOUNDED = ("A", "A2", "B", "B2", "C", "D", "R")


@dataclass(frozen=True)
class Job:
    """Scenarios of one water with one seed, through these players."""

    scenarios: tuple[str, ...]
    players: tuple[str, ...]
    seed: int
    layers: bool = False


@dataclass(frozen=True)
class Row:
    """One run."""

    scenario: str
    player: str
    seed: int
    metrics: Metrics


def jobs(scenarios: list[str], names: list[str], seeds: list[int], layers: bool = False) -> list[Job]:
    """The longest first, so that the last process does not work alone."""
    waters: dict[str, list[str]] = {}
    for name in scenarios:
        waters.setdefault(BY_NAME[name].water, []).append(name)
    made = [Job(tuple(group), tuple(names), seed, layers) for group in waters.values() for seed in seeds]
    return sorted(made, key=lambda job: -len(job.scenarios))


def run_all(todo: list[Job], processes: int) -> Iterator[list[Row]]:
    """Rows as they come."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if processes < 2:
        yield from map(run_job, todo)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(run_job, todo, chunksize=1)


def run_job(job: Job) -> list[Row]:
    """All runs of one job, and the oracle's own as player `oracle`; water of two layers has no oracle."""
    rows: list[Row] = []
    weather = course(BY_NAME[job.scenarios[0]], job.seed)
    oracle = None if job.layers else Oracle(BY_NAME[job.scenarios[0]], weather)
    for name in job.scenarios:
        scenario = BY_NAME[name]
        for player in (player for player in job.players if name in ONLY_IN.get(player, (name,))):
            factory = players()[player]
            trace, seconds = timed(scenario, weather, factory(facts_of(scenario)), job.seed, job.layers)
            metrics = measure(scenario, trace, weather)
            metrics.seconds = seconds
            if oracle:
                best = optimum(scenario, oracle, trace)
                metrics.regret = total_vnd(metrics, scenario) / total_vnd(best, scenario)
                metrics.best_below_4 = best.below_4
                if not any(row.scenario == name for row in rows):
                    best.over_bound = over_bound(scenario, weather, trace)
                    rows.append(Row(name, "oracle", job.seed, best))
            rows.append(Row(name, player, job.seed, metrics))
    return rows


def over_bound(scenario: Scenario, weather: Course, trace: Trace) -> float | None:
    """The energy of the oracle that saves nothing but energy, over the bound that no controller can pass."""
    if scenario.name not in BOUNDED:
        return None
    do, running = trace.do_mg_l[WARM_UP_MINUTES - 1], sum(trace.running[WARM_UP_MINUTES - 1])
    played = Oracle(scenario, weather, flat=True).play(do, running)
    return played.kwh(scenario.kind.power_kw) / least_kwh(scenario, weather, do)


def total_vnd(metrics: Metrics, scenario: Scenario) -> float:
    """Energy and starts."""
    starts = metrics.starts_per_machine_day * scenario.kind.machines * WEEK_DAYS
    return metrics.vnd + START_COST_VND * starts


def optimum(scenario: Scenario, oracle: Oracle, trace: Trace) -> Metrics:
    """What the oracle makes of the week from the state in which a run entered it, in the 1-minute truth."""
    do, before = trace.do_mg_l[:WARM_UP_MINUTES], trace.running[:WARM_UP_MINUTES]
    played = oracle.play(do[-1], sum(before[-1]))
    count = scenario.kind.machines
    best = Trace(
        do_mg_l=[*do, *played.do_mg_l],
        running=[*before[:-1], [n < sum(before[-1]) for n in range(count)]]
        + [[place < n for place in range(count)] for n in played.machines],
        price_vnd=trace.price_vnd,
    )
    return measure(scenario, best, oracle.course)
