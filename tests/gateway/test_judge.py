"""Which oxygen readings are believed."""

from gateway.bus.samples import Quality
from gateway.control.judge import HOLD_S, REPEATS, Judge
from gateway.control.observation import DoState
from tests.gateway.farms import Steps, sample

PERIOD_S = 10.0


class Pond:
    """Feeds a judge one sample a period."""

    def __init__(self) -> None:
        self.steps = Steps()
        self.judge = Judge(lambda: self.steps.now_s, period_s=PERIOD_S)
        self.sequence = 0

    def feed(self, count: int, do_mg_l: float | None = 5.0, **words: object) -> DoState:
        for _ in range(count):
            self.steps.forward(PERIOD_S)
            self.sequence += 1
            self.judge.take(sample(self.sequence, self.steps.now_s, do_mg_l, **words))  # type: ignore[arg-type]
        return self.judge.oxygen().state


def test_good_readings_are_believed() -> None:
    assert Pond().feed(5) is DoState.GOOD


def test_waits_for_the_first_reading_then_calls_it_lost() -> None:
    pond = Pond()
    assert pond.judge.oxygen().state is DoState.WAITING
    pond.steps.forward(33)
    assert pond.judge.oxygen().state is DoState.STALE


def test_stale_after_three_samples() -> None:
    pond = Pond()
    pond.feed(5)
    pond.steps.forward(3 * PERIOD_S)
    assert pond.judge.oxygen().state is DoState.GOOD
    pond.steps.forward(3)
    assert pond.judge.oxygen().state is DoState.STALE


def test_bad_quality_and_impossible_values_are_not_believed() -> None:
    assert Pond().feed(3, quality=Quality.BAD) is DoState.BAD
    assert Pond().feed(3, quality=Quality.UNCERTAIN) is DoState.BAD
    assert Pond().feed(3, None) is DoState.BAD
    assert Pond().feed(3, 26.0) is DoState.BAD
    assert Pond().feed(3, -1.0) is DoState.BAD


def test_exact_repeats_are_a_frozen_probe() -> None:
    pond = Pond()
    pond.feed(3)
    pond.sequence = 0
    for count in range(1, REPEATS + 1):
        pond.sequence = 6
        state = pond.feed(1)
        assert (state is DoState.FROZEN) == (count == REPEATS)
    assert pond.feed(1) is DoState.GOOD or pond.feed(1) is DoState.GOOD


def test_pulled_out_of_the_water_at_night() -> None:
    pond = Pond()
    pond.feed(5, 4.0, saturation=55)
    assert pond.feed(1, 7.9, saturation=99.8, temperature_c=25.5) is DoState.OUT_OF_WATER
    assert pond.feed(200, 7.9, saturation=99.8, temperature_c=25.5) is DoState.OUT_OF_WATER


def test_back_in_the_water_it_has_to_prove_itself() -> None:
    pond = Pond()
    pond.feed(5, 4.0, saturation=55)
    pond.feed(20, 7.9, saturation=99.8, temperature_c=25.5)
    assert pond.feed(1, 4.1, saturation=56) is DoState.IMPLAUSIBLE
    assert pond.feed(int(HOLD_S / PERIOD_S), 4.1, saturation=56) is DoState.GOOD


def test_pulled_out_when_the_water_is_saturated_is_told_by_temperature() -> None:
    pond = Pond()
    pond.feed(5, 7.2, saturation=99)
    assert pond.feed(1, 7.9, saturation=99.8, temperature_c=25.5) is DoState.OUT_OF_WATER


def test_back_in_saturated_water_it_is_believed_again() -> None:
    """By day the water is as full of oxygen as the air: only temperature tells them apart."""
    pond = Pond()
    pond.feed(5, 7.2, saturation=99)
    assert pond.feed(20, 7.9, saturation=99.8, temperature_c=25.5) is DoState.OUT_OF_WATER
    assert pond.feed(1, 7.2, saturation=99) is DoState.IMPLAUSIBLE
    assert pond.feed(int(HOLD_S / PERIOD_S), 7.2, saturation=99) is DoState.GOOD


def test_pulled_out_into_air_as_warm_as_the_water() -> None:
    pond = Pond()
    pond.feed(5, 4.0, saturation=55)
    assert pond.feed(300, 7.5, saturation=99.8, temperature_c=29.0) is DoState.OUT_OF_WATER


def test_one_bad_sample_does_not_hide_that_the_probe_was_pulled() -> None:
    pond = Pond()
    pond.feed(5, 4.2, saturation=56, temperature_c=30.0)
    pond.feed(1, None, quality=Quality.BAD)
    assert pond.feed(1, 7.5, saturation=99.8, temperature_c=27.0) is DoState.OUT_OF_WATER


def test_one_bad_sample_does_not_put_the_probe_back() -> None:
    pond = Pond()
    pond.feed(5, 4.0, saturation=55)
    pond.feed(20, 7.9, saturation=99.8, temperature_c=25.5)
    pond.feed(1, None, quality=Quality.BAD)
    pond.feed(1, 8.3, saturation=105.3, temperature_c=25.5)
    assert pond.feed(200, 7.9, saturation=99.8, temperature_c=25.5) is DoState.OUT_OF_WATER


def test_a_probe_that_was_away_for_long_has_to_prove_itself() -> None:
    pond = Pond()
    pond.feed(5, 4.0, saturation=55)
    pond.steps.forward(1000)
    assert pond.feed(1, 7.9, saturation=99.8, temperature_c=25.5) is DoState.IMPLAUSIBLE


def test_frozen_oxygen_is_found_beside_a_living_channel() -> None:
    pond = Pond()
    for number in range(REPEATS + 2):
        pond.sequence = 6
        state = pond.feed(1, 5.0, temperature_c=29.0 + number % 3 * 0.01)
    assert state is DoState.FROZEN


def test_a_jump_that_water_cannot_make() -> None:
    pond = Pond()
    pond.feed(5, 5.0)
    assert pond.feed(1, 8.5, saturation=118) is DoState.IMPLAUSIBLE


def test_already_in_the_air_when_the_gateway_starts() -> None:
    pond = Pond()
    states = {pond.feed(1, 7.9, saturation=99.9 - pond.sequence % 7 * 0.1 + 0.1, temperature_c=25.5) for _ in range(15)}
    assert DoState.OUT_OF_WATER in states
    assert pond.judge.oxygen().state is DoState.OUT_OF_WATER


def test_late_samples_and_old_ones_move_nothing() -> None:
    pond = Pond()
    pond.feed(5, 5.0)
    before = pond.judge.oxygen()
    pond.judge.take(sample(99, pond.steps.now_s, 1.0, late=True))
    pond.judge.take(sample(98, pond.steps.now_s - 60, 1.0))
    assert pond.judge.oxygen() == before


def test_trend_is_the_slope_in_mg_per_litre_and_hour() -> None:
    pond = Pond()
    for step in range(60):
        pond.feed(1, 6.0 - step * 2.0 * PERIOD_S / 3600)
    trend = pond.judge.oxygen().trend_mg_l_h
    assert trend is not None
    assert abs(trend + 2.0) < 0.2


def test_the_wall_clock_has_no_say() -> None:
    pond = Pond()
    pond.feed(5)
    for step_s in (2 * 86400, -4 * 86400):
        pond.steps.wall_s += step_s
        assert pond.judge.oxygen().state is DoState.GOOD
