"""Counting on a week made by hand."""

import numpy as np
import pytest

from bench.oxygen.metrics import Trace, measure, most_in_an_hour
from bench.oxygen.scenarios import BY_NAME, at
from bench.oxygen.truth import MINUTES, WARM_UP_MINUTES, Course, course


@pytest.fixture(scope="module")
def weather() -> Course:
    return course(BY_NAME["E"], 1)


def trace() -> Trace:
    return Trace(
        do_mg_l=[2.0] * WARM_UP_MINUTES + [5.0] * (MINUTES - WARM_UP_MINUTES),
        running=[[True] * 6] * WARM_UP_MINUTES + [[False] * 6] * (MINUTES - WARM_UP_MINUTES),
        price_vnd=[2000.0] * MINUTES,
    )


def test_the_warm_up_does_not_count(weather: Course) -> None:
    found = measure(BY_NAME["A"], trace(), weather)
    assert (found.below_4, found.below_3, found.kwh, found.starts_per_machine_day) == (0, 0, 0.0, 0.0)
    assert found.lowest_mg_l == 5.0
    assert not found.disqualified


def test_minutes_energy_and_starts(weather: Course) -> None:
    week = trace()
    first = WARM_UP_MINUTES + 100
    week.do_mg_l[first : first + 30] = [3.5] * 20 + [2.5] * 10
    for now in range(first, first + 60):
        week.running[now] = [now % 2 == 0, *[True] * 2, *[False] * 3]
    found = measure(BY_NAME["A"], week, weather)
    assert (found.below_4, found.below_3) == (30, 10)
    assert found.deficit == pytest.approx(20 * 0.5 + 10 * 1.5)
    assert found.kwh == pytest.approx(1.5 * (0.5 + 2))
    assert found.vnd == pytest.approx(2000 * 1.5 * 2.5)
    assert found.starts_per_machine_day == pytest.approx((30 + 2) / 6 / 7)
    assert found.most_starts_per_hour == 30
    assert found.disqualified


def test_a_start_at_midnight_of_the_first_day_counts(weather: Course) -> None:
    week = trace()
    week.running[WARM_UP_MINUTES - 1] = [False] * 6
    week.running[WARM_UP_MINUTES] = [True] + [False] * 5
    assert measure(BY_NAME["A"], week, weather).starts_per_machine_day == pytest.approx(1 / 42)


def test_danger_in_a_scenario_with_a_fault_does_not_disqualify(weather: Course) -> None:
    week = trace()
    week.do_mg_l[-1] = 2.0
    assert not measure(BY_NAME["F"], week, weather).disqualified


def test_the_first_fitting_alarm_counts_with_the_error_of_that_minute(weather: Course) -> None:
    week = trace()
    hour = round(at(2, 18) * 60)
    week.alarms = [(WARM_UP_MINUTES + hour + 600, "fouled"), (WARM_UP_MINUTES + hour, "fouled"), (5, "stuck")]
    found = measure(BY_NAME["E"], week, weather)
    assert found.alarm_after_min == hour
    assert found.bias_at_alarm_mg_l == pytest.approx(2.0 * 42 / 168)
    assert found.false_alarms == 0


def test_wrong_words_and_alarms_without_a_fault_are_false(weather: Course) -> None:
    week = trace()
    week.alarms = [(WARM_UP_MINUTES + 60, "stuck"), (WARM_UP_MINUTES + 90, "weak"), (WARM_UP_MINUTES + 95, "plan_late")]
    assert measure(BY_NAME["A"], week, weather).false_alarms == 2
    drifting = measure(BY_NAME["E"], week, weather)
    assert (drifting.false_alarms, drifting.alarm_after_min) == (1, None)


def test_most_starts_within_any_hour() -> None:
    starts = np.zeros((200, 2), dtype=int)
    starts[[10, 69, 70, 129], 0] = 1
    starts[[0, 150], 1] = 1
    assert most_in_an_hour(starts) == 3 - 1
