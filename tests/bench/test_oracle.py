"""The optimum: it keeps the floor where that can be done, nobody is cheaper, and a bound proves it."""

import numpy as np
import pytest

from bench.oxygen.bound import least_kwh
from bench.oxygen.jobs import optimum, total_vnd
from bench.oxygen.metrics import Metrics, Trace, measure
from bench.oxygen.oracle import FLOOR_MG_L, Oracle
from bench.oxygen.players import BASELINES
from bench.oxygen.run import facts_of, timed
from bench.oxygen.scenarios import BY_NAME, at
from bench.oxygen.tariff import START_COST_VND, price_at
from bench.oxygen.truth import WARM_UP_MINUTES, Course, course

SIMPLE = [name for name in BASELINES if name != "mpc"]


@pytest.fixture(scope="module")
def weather() -> Course:
    return course(BY_NAME["A"], 3)


@pytest.fixture(scope="module")
def oracle(weather: Course) -> Oracle:
    return Oracle(BY_NAME["A"], weather)


@pytest.fixture(scope="module")
def runs(weather: Course) -> dict[str, tuple[Trace, Metrics]]:
    found = {}
    for name in SIMPLE:
        trace, _ = timed(BY_NAME["A"], weather, BASELINES[name](facts_of(BY_NAME["A"])), 3)
        found[name] = trace, measure(BY_NAME["A"], trace, weather)
    return found


def test_it_keeps_the_floor_where_that_can_be_done(oracle: Oracle) -> None:
    assert min(oracle.play(5.0, 2).do_mg_l) >= FLOOR_MG_L


@pytest.mark.parametrize("name", SIMPLE)
def test_nobody_who_keeps_the_floor_is_cheaper(
    name: str, oracle: Oracle, runs: dict[str, tuple[Trace, Metrics]]
) -> None:
    trace, metrics = runs[name]
    assert metrics.below_4 == 0
    assert total_vnd(optimum(BY_NAME["A"], oracle, trace), BY_NAME["A"]) < total_vnd(metrics, BY_NAME["A"])


def test_what_it_promises_is_what_the_truth_charges(oracle: Oracle) -> None:
    played = oracle.play(5.0, 2)
    power_kw = BY_NAME["A"].kind.power_kw
    energy = sum(n * power_kw / 60 * price_at(minute / 60) for minute, n in enumerate(played.machines))
    starts = sum(max(0, after - before) for before, after in zip([2, *played.machines], played.machines, strict=False))
    assert energy + START_COST_VND * starts == pytest.approx(oracle.value_vnd(5.0, 2), rel=0.01)


def test_more_oxygen_is_never_worth_less(oracle: Oracle) -> None:
    values = [oracle.value_vnd(do, 0) for do in (4.2, 5.0, 6.0, 7.0)]
    assert values == sorted(values, reverse=True)


def test_two_days_lie_within_3_per_cent_of_the_bound(weather: Course) -> None:
    bound = least_kwh(BY_NAME["A"], weather, 5.0, days=2)
    played = Oracle(BY_NAME["A"], weather, days=2, flat=True).play(5.0, 0).kwh(BY_NAME["A"].kind.power_kw)
    assert bound <= played <= 1.03 * bound


def test_below_the_floor_only_where_no_machine_could_help() -> None:
    """Half the machines of the biofloc pond in a power cut: it enters as full as it can and loses no minute outside."""
    weather = course(BY_NAME["H"], 1)
    played = Oracle(BY_NAME["H"], weather, days=2).play(5.0, 4)
    low = np.flatnonzero(np.array(played.do_mg_l) < FLOOR_MG_L) / 60
    assert all(at(2, 2) <= hour < at(2, 4) for hour in low)
    cut = slice(round(at(2, 2) * 60), round(at(2, 2.5) * 60))
    assert set(played.machines[cut]) == {0}


def test_it_saves_for_the_peak() -> None:
    """Real money beats flat energy in money, and loses in energy."""
    weather = course(BY_NAME["R"], 1)
    money, energy = (Oracle(BY_NAME["R"], weather, days=3, flat=flat).play(5.0, 0) for flat in (False, True))
    assert _vnd(money.machines) < _vnd(energy.machines)
    assert sum(money.machines) > sum(energy.machines)


def test_mixing_is_kept() -> None:
    weather = course(BY_NAME["A2"], 1)
    assert min(Oracle(BY_NAME["A2"], weather, days=1).play(6.0, 1).machines) == 1
    assert len(weather.hour) > WARM_UP_MINUTES


def _vnd(machines: list[int]) -> float:
    return sum(n * price_at(minute / 60) for minute, n in enumerate(machines))
