"""The truth against solutions known in closed form, and the books of its oxygen."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.oxygen.kinds import GREEN, OXYGEN_AT_20_C
from bench.oxygen.layers import Layers
from bench.oxygen.machines import Machines
from bench.oxygen.scenarios import BY_NAME, at
from bench.oxygen.truth import MINUTES, WARM_UP_MINUTES, Course, Water, course

STEADY = {
    "hour": 0.0, "temperature_c": 29.0, "salinity_psu": 15.0, "full_mg_l": 7.0, "growth_mg_l_h": 0.0,
    "breathing_mg_l_h": 0.0, "wind_per_h": 1e-9, "transfer_per_h": 0.06,
}  # fmt: skip


def steady(**changed: float) -> Course:
    return Course(**{name: np.full(MINUTES, value) for name, value in (STEADY | changed).items()})


def after(water: Water, minutes: int, running: int) -> float:
    for minute in range(minutes):
        water.step(minute, running)
    return water.do_mg_l


@pytest.mark.parametrize("running", [0, 1, 6])
def test_water_follows_the_exact_solution(running: int) -> None:
    water = Water(steady(growth_mg_l_h=0.3, breathing_mg_l_h=0.8, wind_per_h=0.03))
    water.do_mg_l = 4.5
    gain = 0.03 + running * 0.06
    goal = 7.0 - 0.5 / gain
    assert after(water, 60, running) == pytest.approx(goal + (4.5 - goal) * math.exp(-gain), abs=1e-9)


def test_oxygen_is_neither_made_nor_lost() -> None:
    """A day of the diel pond: what C gained is what growth, breathing, wind and machines say, by the trapezoid rule."""
    weather = course(BY_NAME["A"], 1)
    water = Water(weather)
    water.do_mg_l, books = 6.0, 6.0
    for minute in range(1440):
        running, before = minute // 240, water.do_mg_l
        water.step(minute, running)
        mean = (before + water.do_mg_l) / 2
        exchange = (weather.wind_per_h[minute] + running * weather.transfer_per_h[minute]) * (
            weather.full_mg_l[minute] - mean
        )
        books += float(weather.growth_mg_l_h[minute] - weather.breathing_mg_l_h[minute] + exchange) / 60
    assert water.do_mg_l == pytest.approx(books, abs=1e-3)


def test_nothing_breathes_more_oxygen_than_there_is() -> None:
    water = Water(steady(breathing_mg_l_h=3.0))
    assert 0.0 <= after(water, 600, 0) < 1e-6


def test_a_machine_gives_what_its_transfer_says() -> None:
    weather = course(BY_NAME["A"], 1)
    kg_per_h = float(weather.transfer_per_h[0]) * (OXYGEN_AT_20_C - 0) * GREEN.volume_m3 / 1000
    warm = 1.024 ** (float(weather.temperature_c[0]) - 20)
    assert kg_per_h == pytest.approx(GREEN.alpha * GREEN.kg_o2_per_kwh * GREEN.power_kw * warm)


def test_layers_keep_their_oxygen_while_they_mix() -> None:
    layers = Layers(steady(transfer_per_h=1e-9), GREEN, 1)
    layers.upper_mg_l, layers.do_mg_l = 8.0, 4.0
    for minute in range(30):
        layers.step(minute, 6)
    assert layers.upper_mg_l + layers.do_mg_l == pytest.approx(12.0, abs=1e-6)
    assert 0 < layers.upper_mg_l - layers.do_mg_l < 4.0


def test_the_same_seed_is_the_same_week_and_another_is_not() -> None:
    first, again, other = course(BY_NAME["A"], 1), course(BY_NAME["E"], 1), course(BY_NAME["A"], 2)
    assert np.array_equal(first.growth_mg_l_h, again.growth_mg_l_h)
    assert not np.array_equal(first.growth_mg_l_h, other.growth_mg_l_h)


def test_clouds_and_crash_come_on_their_days() -> None:
    clear, cloudy, crash = (course(BY_NAME[name], 1) for name in ("A", "C", "D"))
    noon = {day: WARM_UP_MINUTES + round(at(day, 12) * 60) for day in range(1, 8)}
    assert [day for day, m in noon.items() if cloudy.growth_mg_l_h[m] < 0.5 * clear.growth_mg_l_h[m]] == [2, 3, 4]
    assert [day for day, m in noon.items() if crash.breathing_mg_l_h[m] > clear.breathing_mg_l_h[m]] == [3, 4]


def test_machines_do_not_always_obey() -> None:
    all_on, none = [True] * 6, [False] * 6
    cut = Machines(BY_NAME["G"])
    assert sum(cut.obey(at(2, 3), all_on)) == 0
    assert sum(cut.obey(at(2, 4), all_on)) == 6
    assert sum(Machines(BY_NAME["F"]).obey(at(3, 1), all_on)) == 3
    assert sum(Machines(BY_NAME["W"]).obey(at(2, 0), none)) == 1
    feeder = Machines(BY_NAME["P"])
    assert sum(feeder.obey(at(1, 18), all_on)) == 3
    assert feeder.over_limit == 1
    assert feeder.limit_kw(at(1, 18)) == pytest.approx(0.6 * 9.0)


def test_bounds_of_machines_are_those_the_oracle_may_use() -> None:
    least, most = Machines(BY_NAME["F"]).bounds(np.array([0.0, at(3, 2)]))
    assert (list(least), list(most)) == ([0, 0], [6, 3])
    least, most = Machines(replace(BY_NAME["G"], mixing=1)).bounds(np.array([0.0, at(2, 3)]))
    assert (list(least), list(most)) == ([1, 0], [6, 0])
