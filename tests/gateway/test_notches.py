"""Drives that turn slower: notches, and a pond that is kept with them."""

import dataclasses
import math

import pytest

from gateway.control.notches import SLOW_SPEED, Notches, power_share
from tests.gateway.pools import SETUP, Pool

DRIVES = dataclasses.replace(SETUP, water=dataclasses.replace(SETUP.water, drives=(0, 1, 2, 3)))


def test_half_speed_takes_a_third_of_the_power() -> None:
    assert power_share(0.5) == pytest.approx(1 / 3, abs=0.01)
    assert (power_share(0.0), power_share(1.0)) == (0.0, 1.0)


def test_a_drive_counts_for_two_and_another_machine_for_one() -> None:
    notches = Notches([1])
    slow = 2 * power_share(SLOW_SPEED)
    assert notches.count([0, 1, 2]) == 4
    assert notches.sums([0, 1, 2], [1.0, 2.0, 1.0]) == pytest.approx((0.0, 1.0, 1.0 + slow, 3.0, 4.0))
    assert notches.machines([0, 1, 2]) == (0, 1, 2, 2, 3)


def test_only_drives_are_slowed_and_the_last_ones_first() -> None:
    notches = Notches([0, 2])
    assert notches.slowed([0, 1, 2], 5) == set()
    assert notches.slowed([0, 1, 2], 4) == {2}
    assert notches.slowed([0, 1, 2], 1) == {0, 2}


def nights(pool: Pool) -> Pool:
    pool.live(24)
    pool.lowest_mg_l, pool.energy_kwh = math.inf, 0.0
    pool.live(12)
    return pool


def test_drives_keep_a_pond_with_less_energy_and_no_less_oxygen() -> None:
    drives, switches = nights(Pool(setup=DRIVES)), nights(Pool())
    assert drives.lowest_mg_l > 3.95
    assert drives.energy_kwh < switches.energy_kwh
    assert drives.slow_minutes > 30


def test_whatever_is_not_the_plans_wish_turns_at_full_speed() -> None:
    pool = Pool(setup=DRIVES)
    pool.live(24)
    while not any(speed < 1.0 for speed in pool.control.speeds()):
        pool.live(0.1)
        assert pool.minutes < 60 * 60
    slow = next(at for at, speed in enumerate(pool.control.speeds()) if speed < 1.0)
    pool.control.override(slow, run=True, minutes=30)
    pool.pass_()
    assert pool.control.speeds()[slow] == 1.0
    pool.lost = True
    pool.live(0.1)
    assert pool.control.speeds() == (1.0,) * 4
