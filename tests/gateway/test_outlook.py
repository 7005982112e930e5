"""What oxygen will do: learned from days, on made-up water."""

import math
from collections.abc import Callable, Iterator

import pytest

from gateway.control.outlook import Outlook

FULL_MG_L = 7.0
SURFACE_PER_H = 0.025
QUARTER_H = 0.25


def water(
    days: float,
    *,
    light: Callable[[float], float] = lambda day: 1.0,
    exchange_per_h: float = 0.0,
    transfer_per_h: Callable[[float], float] = lambda now_h: 0.0,
) -> Iterator[tuple[float, float]]:
    """Hours and oxygen: light by day of the run, breathing, surface, and water from outside that holds 5 mg/L."""
    do, now_h, step_h = 6.0, 0.0, 1 / 60
    while now_h <= days * 24:
        yield now_h, do
        sun = light(now_h / 24) * max(0.0, math.sin((now_h % 24 - 6) / 12 * math.pi))
        rate = 1.1 * sun - 0.35 + exchange_per_h * (5.0 - do)
        do += step_h * (rate + (SURFACE_PER_H + transfer_per_h(now_h)) * (FULL_MG_L - do))
        now_h += step_h


def learned(rows: Iterator[tuple[float, float]], transfer: Callable[[float], float] | None = None) -> Outlook:
    outlook = Outlook(SURFACE_PER_H)
    for now_h, do in rows:
        outlook.take(now_h, do, FULL_MG_L, transfer(now_h - 1 / 60) if transfer else 0.0)
    return outlook


def test_a_regular_pond_is_foretold() -> None:
    rows = list(water(6.5))
    outlook = learned(row for row in rows if row[0] <= 5 * 24 + 20)
    path = outlook.path(10.0)
    dawn = next(do for now_h, do in rows if now_h >= 6 * 24 + 6)
    assert path[-1] == pytest.approx(dawn, abs=0.15)


def test_after_a_dark_day_a_closed_pond_stays_low_and_open_water_comes_back() -> None:
    """What departs from the usual stays in a pond; where water comes and goes it is gone by morning."""

    def changeable(day: float) -> float:
        return (1.0, 0.7, 1.2, 0.9, 1.1, 0.6, 1.3)[int(day) % 7] if day < 13 else 0.3

    errors, backs = {}, {}
    for exchange_per_h in (0.0, 0.3):
        rows = list(water(14.5, light=changeable, exchange_per_h=exchange_per_h))
        outlook = learned(row for row in rows if row[0] <= 13 * 24 + 20)
        errors[exchange_per_h] = outlook.path(10.0)[-1] - next(do for now_h, do in rows if now_h >= 14 * 24 + 6)
        backs[exchange_per_h] = outlook.back_per_h
    assert backs[0.0] < 0.02
    assert backs[0.3] > 0.1
    assert max(map(abs, errors.values())) < 0.3


def test_machines_are_not_taken_for_biology() -> None:
    """Six nights with air from midnight; the seventh with it and without."""
    with_air = list(water(7, transfer_per_h=lambda now_h: 0.4 if now_h % 24 < 6 else 0.0))
    without = list(water(7, transfer_per_h=lambda now_h: 0.4 if now_h % 24 < 6 and now_h < 144 else 0.0))
    outlook = learned(iter(with_air[: 6 * 1440]), lambda now_h: 0.4 if now_h % 24 < 6 else 0.0)
    dawn = 6 * 1440 + 360
    assert without[dawn][1] < with_air[dawn][1] - 0.3
    assert outlook.path(6.0, lambda ahead_h: 0.4)[-1] == pytest.approx(with_air[dawn][1], abs=0.1)
    assert outlook.path(6.0)[-1] == pytest.approx(without[dawn][1], abs=0.1)


def test_a_careful_path_is_never_above_the_expected_one_at_night() -> None:
    rows = list(water(9, light=lambda day: 1.0 if day < 8 else 0.3, exchange_per_h=0.2))
    outlook = learned(row for row in rows if row[0] <= 8 * 24 + 20)
    pairs = zip(outlook.path(10.0, careful=True), outlook.path(10.0), strict=True)
    assert all(careful <= expected + 1e-9 for careful, expected in pairs)


def test_knows_how_far_it_is_off() -> None:
    regular = learned(water(14))
    assert 0.0 < regular.spread_mg_l(1.0) < 0.3
    assert regular.spread_mg_l(0.0) < regular.spread_mg_l(1.0)
    changeable = learned(water(14, light=lambda day: (1.0, 0.3, 1.4)[int(day) % 3]))
    assert changeable.spread_mg_l(10.0) > 2 * regular.spread_mg_l(10.0)


def test_a_hole_is_not_learned_and_nothing_is_said_without_a_reading() -> None:
    outlook = learned(water(3))
    before = outlook.rates.at(12.0)
    outlook.take(3 * 24 + 1, None, FULL_MG_L)
    assert outlook.path(5.0) == []
    outlook.take(3 * 24 + 12.5, 1.0, FULL_MG_L)
    outlook.take(3 * 24 + 12.75, 1.0, FULL_MG_L)
    assert outlook.rates.at(12.0) == before
    assert outlook.path(1.0)[0] == pytest.approx(1.0, abs=0.2)


def test_oxygen_is_never_below_nothing() -> None:
    outlook = learned(water(4))
    outlook.take(4 * 24 + QUARTER_H, 0.1, FULL_MG_L)
    assert min(outlook.path(12.0)) >= 0.0
