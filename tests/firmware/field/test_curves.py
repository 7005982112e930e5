"""Standards, stability and curves: what turns a probe in a beaker into a calibration."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.field.curves import BadPoints, apply, curve_of
from firmware.field.stability import Stability
from firmware.field.standards import UnknownStandard, buffer_ph, standard_ms_cm


@pytest.mark.parametrize(
    ("name", "temperature_c", "expected"),
    [("4.01", 25.0, 4.01), ("6.86", 30.0, 6.85), ("9.18", 22.5, 9.205), ("10.01", 35.0, 9.93), ("7.00", 20.0, 7.02)],
)
def test_buffers_follow_their_temperature(name: str, temperature_c: float, expected: float) -> None:
    assert buffer_ph(name, temperature_c) == pytest.approx(expected, abs=0.001)


def test_conductivity_standards_follow_their_temperature() -> None:
    assert standard_ms_cm("12.88", 25.0) == pytest.approx(12.88)
    assert standard_ms_cm("1.413", 27.5) == pytest.approx(1.4825)
    assert standard_ms_cm("35psu", 15.0) == pytest.approx(42.914, abs=0.001)


def test_an_unknown_standard_or_temperature_names_what_there_is() -> None:
    with pytest.raises(UnknownStandard, match=r"4\.01, 6\.86"):
        buffer_ph("5", 25.0)
    with pytest.raises(UnknownStandard, match="15 to 35"):
        buffer_ph("4.01", 40.0)


def test_a_drifting_reading_is_not_stable_and_a_still_one_is_after_a_minute() -> None:
    still, drifting = Stability(0.05), Stability(0.05)
    for second in range(60):
        still.feed(second, 7.2 + 0.02 * (second % 2))
        drifting.feed(second, 7.0 + 0.002 * second)
        assert not still.stable
    still.feed(60, 7.2)
    drifting.feed(60, 7.12)
    assert still.stable
    assert still.mean == pytest.approx(7.21, abs=0.01)
    assert not drifting.stable


def test_a_jump_must_leave_the_window_first() -> None:
    one = Stability(0.05)
    for second in range(121):
        one.feed(second, 9.0 if second == 0 else 7.2)
        assert one.stable == (second >= 61), second


def test_few_readings_are_not_stable() -> None:
    one = Stability(0.05)
    for second in (0, 30, 60):
        one.feed(second, 7.0)
    assert not one.stable


def test_one_point_of_oxygen_is_a_gain() -> None:
    assert apply(curve_of("do_1", [(95.0, 100.0)]), 47.5) == pytest.approx(50.0)


def test_two_points_of_oxygen_take_the_zero_away() -> None:
    curve = curve_of("do_2", [(1.0, 0.0), (98.0, 100.0)])
    assert apply(curve, 1.0) == pytest.approx(0.0)
    assert apply(curve, 98.0) == pytest.approx(100.0)


def test_three_buffers_are_two_lines_that_meet() -> None:
    points = [(4.10, 4.01), (6.90, 6.86), (9.10, 9.18)]
    curve = curve_of("ph_3", points)
    assert len(curve) == 2
    for raw, true in points:
        assert apply(curve, raw) == pytest.approx(true)


@pytest.mark.parametrize(
    ("kind", "points", "says"),
    [
        ("do_1", [(60.0, 100.0)], "slope is 60 %"),
        ("do_1", [(0.0, 100.0)], "above zero"),
        ("do_2", [(12.0, 0.0), (100.0, 100.0)], "off at 0"),
        ("ph_2", [(4.0, 4.01), (6.0, 6.86)], "slope is 70 %"),
        ("ph_2", [(5.2, 4.01), (8.0, 6.86)], "off at 7"),
        ("ph_2", [(6.9, 4.01), (4.0, 6.86)], "do not rise"),
        ("ph_3", [(4.0, 4.01), (6.9, 6.86)], "needs 3 points"),
    ],
)
def test_a_worn_or_swapped_probe_is_refused_with_the_reason(
    kind: str, points: list[tuple[float, float]], says: str
) -> None:
    with pytest.raises(BadPoints, match=says):
        curve_of(kind, points)


@given(st.floats(3.5, 4.5), st.floats(6.4, 7.4), st.floats(8.6, 9.7))
def test_a_curve_that_is_accepted_passes_through_its_points(low: float, middle: float, high: float) -> None:
    points = [(low, 4.01), (middle, 6.86), (high, 9.18)]
    try:
        curve = curve_of("ph_3", points)
    except BadPoints:
        return
    assert all(math.isclose(apply(curve, raw), true, abs_tol=1e-9) for raw, true in points)
