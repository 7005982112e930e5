"""A report's figures, computed by hand beside."""

from datetime import date

import pytest

from cloud.reports.figures import area_line, pond_line, report
from cloud.reports.lines import PondLine, Span
from cloud.reports.periods import last_whole, local_day, midnight_s, next_sending_s, period_of
from cloud.telemetry.days import DayRow
from gateway.text import text
from tests.cloud.report_rows import on, pond, row

AFTER = date(2026, 12, 1)


def line(
    *rows: DayRow, number: int = 1, last: int = 3, alarms: dict[str, int] | None = None, **facts: object
) -> PondLine:
    return pond_line(pond(number, **facts), on(1), on(last), rows, alarms or {}, AFTER)


def test_a_pond_has_the_lowest_the_mean_of_its_readings_and_the_highest() -> None:
    made = line(row(on(1), 2.9, 5.0, 8.0, count=100), row(on(2), 2.4, 4.0, 9.5, count=300, low_at=77.0))
    assert made.water["do_mg_l"] == Span(2.4, (5.0 * 100 + 4.0 * 300) / 400, 9.5)
    assert made.lowest_at == 77.0
    assert "ph" not in made.water


def test_days_and_hours_under_three_are_counted() -> None:
    rows = row(on(1), 2.9, 5, 8, below_s=1800), row(on(2), 3.0, 5, 8), row(on(3), 2.1, 5, 8, below_s=9000)
    made = line(*rows)
    assert made.low_days == 2
    assert made.below_h == 3.0


def test_hours_are_unknown_where_no_day_carries_them() -> None:
    assert line(row(on(1), 2.9, 5, 8, below_s=None)).below_h is None


def test_completeness_counts_the_days_that_are_missing() -> None:
    """Of 3 days one is half there and one not at all: (1440 + 720) / (3 x 1440)."""
    assert line(row(on(1), 4, 5, 6), row(on(3), 4, 5, 6, count=720)).complete == pytest.approx(0.5)


def test_a_probe_that_gave_nothing_good_is_not_complete_because_the_thermometer_is() -> None:
    assert line(row(on(1), 29, 30, 31, quantity="temperature_c"), last=1).complete == 0.0


def test_a_day_on_which_the_node_was_off_for_hours_is_not_complete() -> None:
    """It numbered only what it measured: 600 of 600, while other days have 1440."""
    made = line(row(on(1), 4, 5, 6), row(on(2), 4, 5, 6), row(on(3), 4, 5, 6, count=600, expected=600))
    assert made.complete == pytest.approx(3480 / 4320)
    assert made.days[2].complete == pytest.approx(600 / 1440)


def test_days_that_have_not_come_are_not_missing() -> None:
    made = pond_line(pond(), on(1), on(30), [row(on(1), 4, 5, 6), row(on(2), 4, 5, 6, count=720)], {}, on(2))
    assert made.complete == pytest.approx(2160 / 2880)


def test_a_pond_without_a_reading_is_told_as_such() -> None:
    made = line()
    assert (made.seen_days, made.complete, made.water) == (0, 0.0, {})


def test_a_meter_that_went_back_is_not_added_up() -> None:
    rise = [row(on(1), 100, 110, 120, "energy_kwh"), row(on(2), 121, 130, 141.5, "energy_kwh")]
    assert line(*rise).kwh == 41.5
    assert line(*rise, row(on(3), 0, 5, 10, "energy_kwh")).kwh is None
    assert line().kwh is None


def test_a_commune_sums_up_its_ponds_each_counted_once() -> None:
    one = line(row(on(1), 2.0, 4.0, 7.0, below_s=3600, count=10), last=1, alarms={"do_low": 2})
    two = line(row(on(1), 4.0, 6.0, 9.0), last=1, alarms={"do_low": 1, "ph_low": 1}, number=2)
    none = line(last=1, number=3)
    found = area_line("31000", "Xã A", [one, two, none], {"gateway_silent": 5})
    assert (found.farms, found.ponds, found.without_data, found.low_ponds, found.low_days) == (3, 3, 1, 1, 1)
    assert found.water["do_mg_l"] == Span(2.0, 5.0, 9.0)
    assert found.below_h == 1.0
    assert found.complete == pytest.approx((10 / 1440 + 1 + 0) / 3)
    assert list(found.alarms.items()) == [("gateway_silent", 5), ("do_low", 3), ("ph_low", 1)]


def test_alarms_that_a_farmer_does_not_show_are_unknown_and_not_none() -> None:
    assert line(alarms_seen=False).alarms is None
    assert line().alarms == {}


def test_a_report_has_communes_by_name_days_and_the_worst_first() -> None:
    lines = [
        line(row(on(1), 2.5, 5, 8, below_s=60), number=1, commune="b"),
        line(row(on(1), 2.8, 5, 8, below_s=7200), row(on(2), 4, 5, 8), number=2, commune="a"),
        line(number=3, commune="b"),
    ]
    made = report(
        area="An Giang",
        province="An Giang",
        period=period_of("month", on(1)),
        made_at=midnight_s(AFTER),
        withheld=0,
        lines=lines,
        communes={"a": "Xã Z", "b": "Xã B"},
        farm_alarms={"a": {"mains_lost": 1}},
    )
    assert [found.name for found in made.communes] == ["Xã B", "Xã Z"]
    assert [found.pond.id for found in made.worst] == [2, 1]
    assert [found.pond.id for found in made.without_data] == [3]
    assert [(day.day, day.ponds, day.low_ponds) for day in made.days] == [(on(1), 2, 2), (on(2), 1, 0)]
    assert made.total.alarms == {"mains_lost": 1}


def test_periods_are_days_weeks_months_and_years() -> None:
    words = text("vi")
    assert period_of("week", on(25)).title(words) == "Tuần 48/2026 (23/11/2026 – 29/11/2026)"
    assert period_of("month", on(25)).title(words) == "Tháng 11/2026"
    assert period_of("month", date(2028, 2, 3)).last == date(2028, 2, 29)
    assert last_whole("month", on(25)).first == date(2026, 10, 1)
    assert last_whole("week", on(23)).last == on(22)
    assert last_whole("day", on(1)).first == date(2026, 10, 31)


def test_a_report_is_due_at_six_after_its_last_day() -> None:
    before_six = midnight_s(on(1)) + 5 * 3600
    assert next_sending_s("month", before_six) == midnight_s(on(1)) + 6 * 3600
    assert next_sending_s("month", before_six + 2 * 3600) == midnight_s(AFTER) + 6 * 3600
    assert next_sending_s("day", before_six + 2 * 3600) == midnight_s(on(2)) + 6 * 3600


def test_a_day_begins_at_seventeen_utc() -> None:
    assert midnight_s(on(2)) % 86400 == 17 * 3600
    assert local_day(midnight_s(on(2)) - 1) == on(1)
