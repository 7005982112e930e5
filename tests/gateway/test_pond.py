"""One pond's control over days of water."""

import copy
import dataclasses
import math

import pytest

from gateway.control.observation import DoState
from gateway.control.pilot import PLAN_GOOD_S, Pilot
from gateway.control.planner import solve
from tests.gateway.pools import COUNT, SETUP, Pool

PLANNED = {"plan_run", "plan_rest", "step_test", "minimum_on", "minimum_off"}
BY_LADDER = {"hold", "rest", "next_step", "minimum_on", "minimum_off"}


@pytest.fixture(scope="module")
def of_two_days() -> Pool:
    """Lived from 18:00 to midnight of the third night."""
    pool = Pool()
    pool.live(54)
    return pool


@pytest.fixture
def pool(of_two_days: Pool) -> Pool:
    """One that knows its days, to be lived on."""
    pool = copy.deepcopy(of_two_days)
    pool.lowest_mg_l = math.inf
    return pool


def test_two_nights_by_plan_stay_above_the_limit_with_few_machine_hours(of_two_days: Pool) -> None:
    assert of_two_days.lowest_mg_l > 3.95
    assert of_two_days.reasons() <= PLANNED
    ladder = Pool(planned=False)
    ladder.live(54)
    assert ladder.reasons() <= BY_LADDER
    assert of_two_days.machine_minutes < ladder.machine_minutes


def test_a_plan_that_never_comes_again_is_followed_to_its_end_and_then_the_ladder_goes_on() -> None:
    pool = Pool()
    pool.live(3)
    assert pool.reasons() <= PLANNED
    pool.planned = False
    pool.live(PLAN_GOOD_S / 3600 - 0.3)
    assert pool.reasons() <= PLANNED
    pool.live(0.5)
    assert pool.reasons() <= BY_LADDER
    pool.live(9)
    assert pool.lowest_mg_l > 3.7
    pool.planned = True
    pool.live(0.5)
    assert pool.reasons() <= PLANNED


def test_a_plan_that_comes_too_late_is_not_followed() -> None:
    pool = Pool(planned=False)
    pool.live(1)
    problem = pool.control.problem(lambda _: 2000.0, lambda _: COUNT)
    assert problem is not None
    pool.live(PLAN_GOOD_S / 3600 + 0.1)
    pool.control.plan(solve(problem))
    pool.live(0.1)
    assert pool.reasons() <= BY_LADDER


def test_a_lost_probe_ends_in_air_and_comes_back() -> None:
    pool = Pool()
    pool.live(4)
    pool.lost = True
    pool.live(0.2)
    assert all(pool.running)
    assert (pool.control.verdict, pool.control.probe()["task"]) == ("dead", "check_cable")
    assert pool.control.state is DoState.BAD
    pool.lost = False
    pool.live(1)
    assert pool.control.verdict == ""
    assert pool.reasons() <= PLANNED


def test_without_a_clock_the_ladder_keeps_the_pond() -> None:
    pool = Pool(hour_known=False)
    pool.live(14)
    assert pool.lowest_mg_l > 3.8
    assert pool.control.prospect is None


@pytest.mark.parametrize("shift", [5.0, -9.0, 12.0])
def test_a_clock_set_to_a_wrong_hour_harms_nothing(pool: Pool, shift: float) -> None:
    pool.hour_shift = shift
    pool.live(24)
    assert pool.lowest_mg_l > 3.9
    assert pool.control.verdict == ""
    assert abs(pool.control.pilot.do_mg_l - pool.do_mg_l) < 0.3


def test_a_pilot_that_fails_ends_in_air_is_told_once_and_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool()
    pool.live(4)
    pool.control.events.clear()

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Pilot, "step", fails)
        pool.live(0.2)
        assert pool.running == [True] * COUNT
        assert [kind for kind, _ in pool.control.events] == ["control_failed"]
        assert pool.reasons() == {"control_failed"}
    pool.live(1)
    assert pool.reasons() <= PLANNED


def test_an_estimate_that_is_no_number_ends_in_air() -> None:
    pool = Pool()
    pool.live(1)
    pool.control.pilot.estimator._x[:] = math.nan
    pool.live(1 / 60)
    assert pool.reasons() == {"control_failed"}
    pool.live(0.5)
    assert "control_failed" not in pool.reasons()
    assert math.isfinite(pool.control.pilot.do_mg_l)


def test_the_prospect_says_what_comes(pool: Pool) -> None:
    pool.control.look_ahead(lambda _: 2000.0)
    seen = pool.control.prospect
    assert seen is not None
    assert seen.outlook is not None
    band, machines = seen.outlook["band"], seen.outlook["machines"]
    assert [row[0] for row in band] == list(range(0, 18 * 60 + 1, 30))
    assert all(low <= mid <= high for _, low, mid, high in band)
    assert band[0][3] - band[0][1] < band[4][3] - band[4][1]
    assert band[0][2] == pytest.approx(pool.do_mg_l, abs=0.2)
    assert seen.outlook["source"] == "plan"
    assert machines[0][0] == 0
    assert 0 < seen.outlook["cost_vnd"] < 18 * 6 * 2000
    assert 3.9 < seen.outlook["lowest"]["do_mg_l"] <= min(mid for _, _, mid, _ in band)
    without, with_air = seen.outlook["without_air"], seen.outlook["with_air"]
    assert with_air == {"to_low_min": None, "to_danger_min": None}
    assert without["to_low_min"] < without["to_danger_min"]
    minutes = pool.minutes_without_air_to(3.0)
    assert without["to_danger_min"] == pytest.approx(minutes, rel=0.15)


def test_nothing_is_promised_before_a_day_is_known_or_while_the_probe_is_lost() -> None:
    pool = Pool()
    pool.live(12)
    pool.control.look_ahead(lambda _: 2000.0)
    assert pool.control.prospect is not None
    assert pool.control.prospect.outlook is None
    assert pool.control.prospect.without_air.to_danger_minutes is not None
    pool.live(14)
    pool.control.look_ahead(lambda _: 2000.0)
    assert pool.control.prospect.outlook is not None
    pool.lost = True
    pool.live(0.2)
    pool.control.look_ahead(lambda _: 2000.0)
    assert pool.control.prospect.outlook is None


def test_what_was_learned_outlives_a_restart(pool: Pool) -> None:
    saved = pool.control.pilot.saved()
    again = Pool(begins_hour=pool.hour, do_mg_l=pool.do_mg_l)
    again.control.pilot.remember(saved, hours_ago=0.1)
    again.live(1 / 60)
    before, after = pool.control.pilot.estimator, again.control.pilot.estimator
    assert after.curve.days == before.curve.days > 0
    assert after.factor(0) == pytest.approx(before.factor(0), abs=0.02)
    assert after.offset_sd_mg_l == pytest.approx(before.offset_sd_mg_l, abs=0.02)
    again.control.look_ahead(lambda _: 2000.0)
    assert again.control.prospect is not None
    assert again.control.prospect.outlook is not None


def test_what_is_not_of_this_pond_is_not_taken() -> None:
    pool = Pool()
    pool.live(1)
    saved = pool.control.pilot.saved()
    estimator = saved["estimator"]
    wrong = [
        {},
        {**saved, "run_h": [1.0]},
        {**saved, "run_h": None},
        {**saved, "estimator": {**estimator, "state": [0.0]}},
        {**saved, "estimator": {**estimator, "state": [math.nan] * len(estimator["state"])}},
        {**saved, "estimator": {**estimator, "covariance": [[-1.0] * 6] * 6}},
        {**saved, "estimator": {**estimator, "curve": [[1.0, 2.0]]}},
        {**saved, "estimator": {**estimator, "full_curve": [[math.inf, 0.0, 1]] * 96}},
        {**saved, "estimator": {**estimator, "unrest": "much"}},
    ]
    for damaged in wrong:
        fresh = Pilot(SETUP.water, SETUP.pilot, SETUP.ladder)
        with pytest.raises((ValueError, KeyError, TypeError, ArithmeticError)):
            fresh.remember(damaged, 0.0)
        assert fresh.estimator.saved() == Pilot(SETUP.water, SETUP.pilot, SETUP.ladder).estimator.saved()


def test_a_pond_without_machines_is_watched() -> None:
    water = dataclasses.replace(SETUP.water, power_kw=())
    pool = Pool(setup=dataclasses.replace(SETUP, water=water))
    pool._flow = lambda: None  # type: ignore[method-assign]
    pool.live(26)
    assert pool.control.decision is None
    pool.control.look_ahead(lambda _: 2000.0)
    assert pool.control.prospect is not None
    assert pool.control.prospect.outlook is not None
    assert pool.control.prospect.outlook["machines"] == [[0, 0]]
    assert pool.control.plan_overdue_s() < 0
