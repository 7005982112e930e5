"""Energy and money of days whose answer can be reckoned by hand."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from gateway.energy.saving import kwh_per_kg, saving, together
from gateway.energy.settings import BaselineSettings, Timetable
from gateway.energy.use import DayUse, counted_kwh, day_prices, day_use
from gateway.tariff import flat, read_tariff
from gateway.web.energy_page import bars, crop

MONDAY, SUNDAY = date(2026, 7, 6), date(2026, 7, 12)
NIGHT = Timetable(from_hour=18.0, to_hour=6.0, night=2, day=1)


def running(*hours: range) -> Any:
    """A day of two machines of which the first runs in these hours; the second rests."""
    found = np.zeros((1440, 2))
    for span in hours:
        found[span.start * 60 : span.stop * 60, 0] = 1
    return found


def use(day: date = MONDAY, ran: Any = None, metered_kwh: float | None = None, **changes: Any) -> DayUse:
    prices = day_prices(read_tariff("vn-6-22kv"), day)
    ran = running(range(16, 23)) if ran is None else ran
    return day_use(day, ran, (2.0, 2.0), changes.get("timetable", NIGHT), prices, metered_kwh)


def test_each_hour_costs_what_its_band_costs() -> None:
    found = use()  # 16:00 to 23:00: five hours of peak from 17:30 to 22:30, two of the rest
    assert found.hours == (7.0, 0.0)
    assert found.starts == (1, 0)
    assert found.kwh == pytest.approx((0.0, 4.0, 10.0))
    assert found.vnd == pytest.approx((0.0, 4 * 1899 * 1.08, 10 * 3508 * 1.08))


def test_sunday_has_no_peak_and_its_night_is_cheap() -> None:
    found = use(SUNDAY, running(range(5), range(17, 24)))
    assert found.kwh == pytest.approx((10.0, 14.0, 0.0))


def test_the_timer_runs_the_same_minutes() -> None:
    found = use()
    assert found.timer_kwh == pytest.approx(12 * 2 * 2.0 + 12 * 1 * 2.0)
    ran = running(range(16, 23))
    ran[: 12 * 60, 1] = np.nan  # half of the day is not known: neither side has it
    half = use(ran=ran)
    assert half.known_h == 12.0
    assert half.timer_kwh == pytest.approx(6 * 1 * 2.0 + 6 * 2 * 2.0)
    assert half.total_kwh == pytest.approx(14.0)


def test_a_meter_corrects_the_rated_power_on_both_sides() -> None:
    found = use(metered_kwh=7.0)
    assert found.metered
    assert found.total_kwh == pytest.approx(7.0)
    assert found.timer_kwh == pytest.approx(36.0)
    assert not use(metered_kwh=100.0).metered  # it counts a house as well


def test_a_counter_that_begins_anew_loses_nothing() -> None:
    assert counted_kwh(np.array([10.0, np.nan, 12.0, 0.5, 1.5])) == pytest.approx(3.5)
    assert counted_kwh(np.array([np.nan, 3.0])) is None


def test_days_that_are_alike_leave_no_doubt() -> None:
    found = saving([use() for _ in range(10)])
    assert found is not None
    assert found.days == 10
    assert (found.kwh.low, found.kwh.value, found.kwh.high) == pytest.approx((580.0, 580.0, 580.0))
    assert found.share.value == pytest.approx(58 / 72)


def test_days_that_differ_widen_the_interval_and_bad_ones_do_not_count() -> None:
    good, bad = use(), use(ran=np.ones((1440, 2)))  # 58 kWh saved, and 24 more used
    found = saving([good, bad] * 6)
    assert found is not None
    assert found.kwh.value == pytest.approx(6 * 58 - 6 * 24)
    assert found.kwh.low < found.kwh.value < found.kwh.high
    assert saving([good] * 6) is None
    dark = running()
    dark[:, :] = np.nan
    assert saving([good] * 6 + [use(ran=dark)] * 6) is None


def test_a_farm_is_the_sum_of_its_ponds_on_the_days_that_both_know() -> None:
    other = use(date(2026, 7, 7))
    farm = together([[use(), other], [use()]])
    assert [day.day for day in farm] == [MONDAY]
    assert farm[0].total_kwh == pytest.approx(28.0)


def test_energy_for_a_kilogram_waits_for_a_harvest() -> None:
    assert kwh_per_kg([use()] * 10, 0.0) is None
    assert kwh_per_kg([use()] * 10, 70.0) == pytest.approx(2.0)


def test_the_habit_is_all_by_night_and_half_by_day_unless_told() -> None:
    told = BaselineSettings.model_validate(
        {"from": "17:00", "to": "07:00", "pond": [{"pond": "ao-1", "night": 3, "day": 0}]}
    )
    assert [told.timetable("ao-1", 4).machines(hour) for hour in (16.9, 17.0, 6.9, 7.0)] == [0, 3, 3, 0]
    usual = BaselineSettings().timetable("ao-2", 5)
    assert (usual.machines(12.0), usual.machines(23.0)) == (3, 5)
    with pytest.raises(ValidationError, match="named twice"):
        BaselineSettings.model_validate({"pond": [{"pond": "ao-1", "night": 3, "day": 0}] * 2})


def test_a_flat_price_has_one_band() -> None:
    prices = day_prices(flat(2000.0), MONDAY)
    assert set(prices.band) == {1}
    assert set(prices.vnd_kwh) == {2000.0}


def test_a_crop_ends_when_the_pond_is_empty() -> None:
    days = [use(date(2026, 7, day)) for day in range(1, 11)]
    first, second = (date(2026, 7, 3), 100.0, False), (date(2026, 7, 5), 200.0, True)
    assert [len(crop(days, taken)[0]) for taken in ([], [first], [first, second])] == [10, 10, 5]
    assert crop(days, [first, second])[1] == 300.0
    found, kg = crop(days, [first, second, (date(2026, 7, 9), 50.0, False)])
    assert ([day.day.day for day in found], kg) == ([6, 7, 8, 9, 10], 50.0)


def test_the_highest_bar_is_the_whole_width() -> None:
    found = bars({"ao-1": [use()], "ao-2": [use(), use(SUNDAY)]})
    assert [bar["day"] for bar in found] == [SUNDAY, MONDAY]
    assert found[1]["timer"] == 100.0
    assert found[1]["kwh"] == pytest.approx(28.0)
    assert sum(share for _, _, share in found[1]["parts"]) == pytest.approx(100 * 28 / 144, abs=0.1)
