"""Probe faults found in the record alone, on made-up ponds read every ten seconds."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from gateway.control.signature import Fault, Signature
from hardware.water import oxygen_solubility_mg_l

HOUR_S, DAY_S = 3600.0, 86_400.0
SALINITY_PSU = 12.0


@dataclass
class Row:
    """What a probe says."""

    now_s: float
    do_mg_l: float | None
    do_sat_pct: float | None
    temperature_c: float | None
    salinity_psu: float | None

    def with_oxygen(self, do_mg_l: float) -> "Row":
        """The same with another oxygen."""
        assert self.do_mg_l is not None
        assert self.do_sat_pct is not None
        return replace(self, do_mg_l=round(do_mg_l, 2), do_sat_pct=round(self.do_sat_pct * do_mg_l / self.do_mg_l, 1))


@dataclass
class Pond:
    """dC/dt = P light - R + k (full - C); light and breathing by day of the run; patches that pass the probe, and noise."""

    days: float
    period_s: float = 10.0
    light: Callable[[float], float] = lambda day: 1.0
    breathing: Callable[[float], float] = lambda day: 1.0
    patches_mg_l: float = 0.15
    noise_mg_l: float = 0.05
    seed: int = 1

    def rows(self) -> Iterator[Row]:
        """A row each period."""
        dice = random.Random(self.seed)
        do, patch, now_s = 6.0, 0.0, 0.0
        hours = self.period_s / HOUR_S
        keep = math.exp(-self.period_s / 900)
        while now_s < self.days * DAY_S:
            day, hour = now_s / DAY_S, now_s / HOUR_S % 24
            temperature_c = 29 + math.cos((hour - 15) / 24 * 2 * math.pi)
            full = oxygen_solubility_mg_l(temperature_c, SALINITY_PSU)
            sun = max(0.0, math.sin((hour - 6) / 12 * math.pi))
            rate = 1.4 * self.light(day) * sun - 0.5 * self.breathing(day) * min(1.0, do) + 0.08 * (full - do)
            do = max(0.05, do + hours * rate)
            patch = keep * patch + self.patches_mg_l * math.sqrt(1 - keep * keep) * dice.gauss(0, 1)
            said = max(0.01, do + patch + dice.gauss(0, self.noise_mg_l))
            yield Row(
                now_s,
                round(said, 2),
                round(100 * said / full, 1),
                round(temperature_c + dice.gauss(0, 0.02), 2),
                round(SALINITY_PSU + dice.gauss(0, 0.03), 2),
            )
            now_s += self.period_s


def found(rows: Iterator[Row], signature: Signature | None = None) -> dict[Fault, float]:
    """When each fault was first found, s."""
    signature = signature or Signature()
    first: dict[Fault, float] = {}
    for row in rows:
        signature.take(row.now_s, row.do_mg_l, row.do_sat_pct, row.temperature_c, row.salinity_psu)
        for verdict in signature.verdicts:
            first.setdefault(verdict.fault, row.now_s)
    return first


def changed(pond: Pond, at_s: float, change: Callable[[Row], Row]) -> Iterator[Row]:
    """The pond's rows, changed from a time on."""
    for row in pond.rows():
        yield change(row) if row.now_s >= at_s else row


@pytest.mark.parametrize("period_s", [10.0, 60.0, 900.0])
def test_a_clean_pond_is_never_flagged(period_s: float) -> None:
    assert found(Pond(days=8, period_s=period_s).rows()) == {}


def test_a_quiet_pond_without_patches_is_never_flagged() -> None:
    assert found(Pond(days=8, patches_mg_l=0.0).rows()) == {}


def test_a_crash_of_the_algae_is_not_a_fault() -> None:
    crashed = Pond(
        days=9,
        light=lambda day: 0.15 if 5 <= day < 7 else 1.0,
        breathing=lambda day: 1.7 if 5 <= day < 7 else 1.0,
    )
    assert found(crashed.rows()) == {}


@pytest.mark.parametrize("dark", [0.2, 0.3, 0.5])
def test_a_cloudy_week_and_the_sun_after_it_are_not_faults(dark: float) -> None:
    cloudy = Pond(days=16, period_s=60.0, light=lambda day: dark if 5 <= day < 12 else 1.0)
    assert found(cloudy.rows()) == {}


def test_doubled_noise_is_not_a_fault() -> None:
    assert found(Pond(days=4, noise_mg_l=0.1).rows()) == {}


@pytest.mark.parametrize("period_s", [10.0, 60.0])
def test_a_stuck_probe_is_found_within_half_an_hour(period_s: float) -> None:
    begins_s = 2.9 * DAY_S
    held: list[Row] = []

    def stick(row: Row) -> Row:
        held.append(row)
        return replace(row, do_mg_l=held[0].do_mg_l, do_sat_pct=held[0].do_sat_pct)

    first = found(changed(Pond(days=3, period_s=period_s), begins_s, stick))
    assert set(first) == {Fault.STUCK}
    assert first[Fault.STUCK] - begins_s <= HOUR_S / 2


def test_a_coarse_probe_that_often_repeats_is_not_stuck() -> None:
    def coarse(row: Row) -> Row:
        assert row.do_mg_l is not None
        assert row.do_sat_pct is not None
        return replace(row, do_mg_l=round(row.do_mg_l, 1), do_sat_pct=float(round(row.do_sat_pct)))

    assert found(changed(Pond(days=3, patches_mg_l=0.0, noise_mg_l=0.01), 0.0, coarse)) == {}


def test_dead_in_three_rows() -> None:
    begins_s = DAY_S
    for broken in (
        lambda row: replace(row, do_mg_l=0.0, do_sat_pct=0.0),
        lambda row: replace(row, do_mg_l=None, do_sat_pct=None),
        lambda row: replace(row, temperature_c=50.0),
        lambda row: replace(row, do_mg_l=30.0),
    ):
        first = found(changed(Pond(days=1.01), begins_s, broken))
        assert set(first) == {Fault.DEAD}
        assert first[Fault.DEAD] - begins_s <= 3 * 10


def test_an_impossible_value_is_forgiven_after_three_good_rows() -> None:
    signature = Signature()
    rows = list(Pond(days=0.01).rows())
    signature.take(0.0, -5.0)
    assert signature.verdict is not None
    for row in rows[1:4]:
        signature.take(row.now_s, row.do_mg_l)
    assert signature.verdict is None


def in_the_air(row: Row) -> Row:
    return Row(row.now_s, 7.3, 100.2 + 0.1 * (row.now_s / 10 % 3), 33.0, 0.1)


def test_out_of_water_in_three_rows_and_gone_when_back() -> None:
    begins_s, ends_s = DAY_S, DAY_S + 2 * HOUR_S

    def lifted(row: Row) -> Row:
        return in_the_air(row) if row.now_s < ends_s else row

    signature = Signature()
    first = found(changed(Pond(days=1.1), begins_s, lifted), signature)
    assert first[Fault.OUT_OF_WATER] - begins_s <= 30
    assert signature.verdict is None


def test_without_salinity_the_temperature_tells_a_probe_in_the_air() -> None:
    def lifted(row: Row) -> Row:
        return replace(in_the_air(row), salinity_psu=None)

    first = found(changed(Pond(days=1.1), DAY_S, lifted))
    assert first[Fault.OUT_OF_WATER] - DAY_S <= 30


def test_salt_that_collapses_in_the_water_is_the_conductivity_cell() -> None:
    first = found(changed(Pond(days=1.3), DAY_S, lambda row: replace(row, salinity_psu=0.05)))
    assert set(first) == {Fault.SALINITY}


def test_a_conductivity_cell_that_makes_noise_is_found_within_two_days() -> None:
    dice = random.Random(4)
    begins_s = 5 * DAY_S
    noisy = changed(
        Pond(days=7, period_s=900.0), begins_s, lambda row: replace(row, salinity_psu=12 + dice.gauss(0, 1))
    )
    first = found(noisy)
    assert set(first) == {Fault.SALINITY}
    assert first[Fault.SALINITY] - begins_s <= 2 * DAY_S


def test_spikes_are_found_within_the_hour_and_a_few_bubbles_are_not_a_fault() -> None:
    def spiked(share: float) -> dict[Fault, float]:
        dice = random.Random(5)

        def spike(row: Row) -> Row:
            assert row.do_mg_l is not None
            return row.with_oxygen(row.do_mg_l + (3.0 if dice.random() < share else 0.0))

        return found(changed(Pond(days=1.2), DAY_S, spike))

    assert spiked(0.005) == {}
    first = spiked(0.2)
    assert set(first) == {Fault.NOISY}
    assert first[Fault.NOISY] - DAY_S <= HOUR_S


def test_a_probe_that_loses_a_tenth_a_day_is_weak_within_a_week() -> None:
    begins_s = 5 * DAY_S

    def fade(row: Row) -> Row:
        assert row.do_mg_l is not None
        return row.with_oxygen(row.do_mg_l * 0.9 ** ((row.now_s - begins_s) / DAY_S))

    first = found(changed(Pond(days=12, period_s=60.0), begins_s, fade))
    assert set(first) == {Fault.WEAK}
    assert first[Fault.WEAK] - begins_s <= 7 * DAY_S


def test_a_membrane_under_growth_is_found_within_three_days() -> None:
    """It answers in three hours instead of a minute: patches of water no longer show, the day still does."""
    begins_s = 6 * DAY_S
    level: list[float] = []

    def slow(row: Row) -> Row:
        assert row.do_mg_l is not None
        level.append(row.do_mg_l if not level else level[-1] + (row.do_mg_l - level[-1]) * 60 / (3 * HOUR_S))
        return row.with_oxygen(level[-1])

    pond = Pond(days=9, period_s=60.0, patches_mg_l=0.4, noise_mg_l=0.02)
    signature = Signature()
    first = found(changed(pond, begins_s, slow), signature)
    assert set(first) == {Fault.FOULED}
    assert first[Fault.FOULED] - begins_s <= 3 * DAY_S
    assert signature.verdict is not None
    assert signature.verdict.began_s == first[Fault.FOULED] - DAY_S


def test_a_slow_fault_is_to_be_doubted_since_the_last_service() -> None:
    signature = Signature()
    for row in Pond(days=1.0, period_s=900.0).rows():
        signature.take(row.now_s, row.do_mg_l)
    signature.serviced(DAY_S)
    fading = Pond(days=12, period_s=900.0)
    first = {}
    for row in fading.rows():
        if row.now_s > DAY_S and row.do_mg_l is not None:
            signature.take(row.now_s, row.do_mg_l * 0.9 ** max(0.0, row.now_s / DAY_S - 4))
            for verdict in signature.verdicts:
                first[verdict.fault] = verdict.began_s
    assert first == {Fault.WEAK: DAY_S}


def test_mg_l_that_leaves_its_saturation_is_found_within_two_hours() -> None:
    def halved(row: Row) -> Row:
        assert row.do_mg_l is not None
        return replace(row, do_mg_l=round(row.do_mg_l * 0.8, 2))

    first = found(changed(Pond(days=2.2), 2 * DAY_S, halved))
    assert set(first) == {Fault.INCONSISTENT}
    assert first[Fault.INCONSISTENT] - 2 * DAY_S <= 2 * HOUR_S


def test_service_voids_what_was_found() -> None:
    signature = Signature()
    signature.take(10.0, -5.0)
    signature.serviced(15.0)
    assert signature.verdict is None


def test_rows_that_are_not_newer_are_not_taken() -> None:
    signature = Signature()
    signature.take(10.0, 5.0)
    signature.take(10.0, -5.0)
    signature.take(5.0, -5.0)
    assert signature.verdict is None


def test_only_blind_faults_say_nothing_of_the_water() -> None:
    assert {fault for fault in Fault if fault.blind} == {Fault.DEAD, Fault.OUT_OF_WATER, Fault.STUCK, Fault.NOISY}
