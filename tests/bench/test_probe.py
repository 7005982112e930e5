"""The faults of probes look as they do in the field."""

from statistics import pstdev

import pytest

from bench.oxygen.probe import Probe, Reading, error
from bench.oxygen.scenarios import BY_NAME, DAYS, Scenario, at
from bench.oxygen.truth import MINUTES, WARM_UP_MINUTES, course

TRUE_MG_L = 5.0


def minute(day: int, hour: float = 0.0) -> int:
    return WARM_UP_MINUTES + round(at(day, hour) * 60)


def readings(scenario: Scenario) -> list[Reading]:
    probe = Probe(course(scenario, 1), 1, scenario.probe, scenario.noisy)
    return [probe.read(now, TRUE_MG_L) for now in range(MINUTES)]


def oxygen(read: list[Reading], first: int, last: int) -> list[float]:
    return [value for value, *_ in read[first:last] if value is not None]


def test_a_good_probe_is_noisy_and_right() -> None:
    read = oxygen(readings(BY_NAME["A"]), 0, MINUTES)
    assert sum(read) / len(read) == pytest.approx(TRUE_MG_L, abs=0.005)
    assert pstdev(read) == pytest.approx(0.05, rel=0.05)
    assert all(round(value, 2) == value for value in read)


def test_it_follows_a_step_with_its_lag() -> None:
    probe = Probe(course(BY_NAME["A"], 1), 1)
    probe.read(0, 4.0)
    after = [probe.read(now, 6.0)[0] for now in range(1, 30)]
    assert after[0] == pytest.approx(6 - 2 * 0.513, abs=0.25)
    assert after[-1] == pytest.approx(6.0, abs=0.25)


def test_twice_the_noise() -> None:
    assert pstdev(oxygen(readings(BY_NAME["N"]), 0, MINUTES)) == pytest.approx(0.1, rel=0.05)


def test_drift_grows_to_2_mg_l_and_never_before_the_week() -> None:
    read = readings(BY_NAME["E"])
    assert sum(oxygen(read, 0, minute(1))) / minute(1) == pytest.approx(TRUE_MG_L, abs=0.01)
    assert sum(oxygen(read, MINUTES - 60, MINUTES)) / 60 == pytest.approx(TRUE_MG_L + 2, abs=0.05)
    assert error(BY_NAME["E"].probe, 3.5 * 24)[0] == pytest.approx(1.0)  # type: ignore[arg-type]


def test_a_weak_probe_loses_a_quarter() -> None:
    read = readings(BY_NAME["V"])
    assert sum(oxygen(read, MINUTES - 60, MINUTES)) / 60 == pytest.approx(TRUE_MG_L * 0.75, abs=0.05)
    assert error(BY_NAME["V"].probe, DAYS * 24.0) == (0.0, 0.75)  # type: ignore[arg-type]


def test_stuck_repeats_all_its_values_and_comes_back() -> None:
    read = readings(BY_NAME["S"])
    assert len(set(read[minute(3, 22) : minute(4, 6)])) == 1
    assert len(set(oxygen(read, minute(4, 6), minute(4, 7)))) > 5


def test_out_of_water_reads_still_air_without_salt() -> None:
    read = readings(BY_NAME["O"])[minute(3, 15) : minute(3, 23)]
    percents = [percent for _, percent, _, _ in read if percent is not None]
    assert min(percents) > 95
    assert max(percents) < 105
    assert pstdev(percents) < 0.5
    assert {salt for *_, salt in read} == {0.0}
    assert read[0][2] != pytest.approx(29.0, abs=1.0)


def test_lost_says_nothing() -> None:
    read = readings(BY_NAME["L"])
    assert set(read[minute(3) : minute(3, 6)]) == {(None, None, None, None)}
    assert read[minute(3, 6)][0] is not None
