"""The ponds' local time, with both clocks in hand."""

from datetime import datetime

import pytest

from gateway.clock import BELIEVED_AFTER_S, Clock, PondTime, hour_of
from tests.faults import Fault
from tests.gateway.farms import Steps


def test_it_follows_the_wall_clock() -> None:
    steps = Steps()
    there = PondTime(steps.clock())
    for _ in range(3):
        assert there.now() == datetime.fromtimestamp(steps.wall_s)  # noqa: DTZ006 - local time is meant
        steps.forward(3600)
    steps.wall_s += 60
    assert there.now() == datetime.fromtimestamp(steps.wall_s)  # noqa: DTZ006


@pytest.mark.fault("16", "the wall clock jumps: hours, two days, to 1970, to nonsense")
@pytest.mark.parametrize("step_s", [5 * 3600.0, -86400.0, -40 * 365 * 86400.0, 1e12, 1e300])
def test_a_step_is_believed_when_it_has_lasted(step_s: float, fault: Fault) -> None:
    steps = Steps()
    there = PondTime(steps.clock())
    before = there.now()
    steps.wall_s += step_s
    for _ in range(60):
        steps.forward(10)
        there.now()
    after = there.now()
    assert before is not None
    assert after is not None
    assert (after - before).total_seconds() == pytest.approx(600)
    steps.forward(BELIEVED_AFTER_S)
    if step_s in (5 * 3600.0, -86400.0):
        assert there.now() == datetime.fromtimestamp(steps.wall_s)  # noqa: DTZ006
    else:
        assert (there.now() - before).total_seconds() == pytest.approx(600 + BELIEVED_AFTER_S)  # type: ignore[operator]
    fault.measured(
        aerators="as before: durations are monotonic; the hour of day is believed when it has lasted for half an hour",
        lost="nothing; rows carry boot and monotonic time",
        told="the page, where no clock was ever set",
    )


def test_a_clock_that_comes_back_leaves_no_trace() -> None:
    steps = Steps()
    there = PondTime(steps.clock())
    there.now()
    for _ in range(5):
        steps.wall_s += 7200
        there.now()
        steps.wall_s -= 7200
        steps.forward(BELIEVED_AFTER_S)
        assert there.now() == datetime.fromtimestamp(steps.wall_s)  # noqa: DTZ006


def test_nothing_is_known_until_the_wall_clock_is() -> None:
    steps = Steps(wall_s=1000.0)
    there = PondTime(steps.clock())
    assert there.now() is None
    assert hour_of(there.now()) is None
    steps.wall_s = 1_800_000_000.0
    assert there.now() is not None


def test_a_simulated_farm_has_a_day_of_its_own() -> None:
    steps = Steps()
    clock = Clock(monotonic=lambda: steps.now_s, wall=lambda: steps.wall_s, speed=60)
    there = PondTime(clock, begins_hour=23.5, begins_s=steps.now_s)
    steps.forward(60)
    steps.wall_s += 1e6
    now = there.now()
    assert now is not None
    assert hour_of(now) == pytest.approx(0.5)
    assert (now.weekday(), now.day) == (1, 7)
    assert PondTime(clock).now() is None
