"""Tariffs: dated prices by weekday and hour, and what happens to a bad file."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.tariff import FLAT_VND_KWH, FOLDER, flat, names, read_tariff

UNDER_6KV = "vn-under-6kv"


def at(text: str) -> datetime:
    """Local time."""
    return datetime.fromisoformat(text)


def price(text: str, name: str = UNDER_6KV) -> float:
    """By local time such as "2026-07-06 17:30"."""
    return read_tariff(name).price_vnd_kwh(at(text))


def test_all_files_that_come_along_are_good() -> None:
    assert names() == ["vn-22-110kv", "vn-6-22kv", "vn-under-6kv"]
    assert [read_tariff(name).warning for name in names()] == ["", "", ""]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-07-06 00:00", 1300),  # a Monday
        ("2026-07-06 05:59", 1300),
        ("2026-07-06 06:00", 1987),
        ("2026-07-06 17:29", 1987),
        ("2026-07-06 17:30", 3640),
        ("2026-07-06 22:29", 3640),
        ("2026-07-06 22:30", 1987),
        ("2026-07-05 19:00", 1987),  # a Sunday has no peak
        ("2026-07-05 03:00", 1300),
    ],
)
def test_new_hours(when: str, expected: float) -> None:
    assert price(when) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-04-20 10:00", 3640),  # a Monday
        ("2026-04-20 17:30", 3640),
        ("2026-04-20 20:00", 1987),
        ("2026-04-20 22:00", 1300),
        ("2026-04-21 03:59", 1300),
        ("2026-04-21 04:00", 1987),
        ("2026-04-19 10:00", 1987),  # a Sunday
    ],
)
def test_old_hours_until_the_new_ones_begin(when: str, expected: float) -> None:
    assert price(when) == expected


def test_the_period_changes_with_its_day() -> None:
    assert price("2026-04-21 23:30") == 1300
    assert price("2026-04-22 23:30") == 1987
    assert price("2020-01-06 10:00") == 3640


def test_each_voltage_has_its_prices() -> None:
    assert price("2026-07-06 18:00", "vn-6-22kv") == 3508
    assert price("2026-07-06 02:00", "vn-22-110kv") == 1190


def test_flat_load_costs_the_same_under_old_and_new_hours() -> None:
    """Mon-Sat mean 2,160 VND/kWh under both (facts of the issue)."""
    for day in ("2026-04-14", "2026-07-07"):
        start = at(day)
        tariff = read_tariff(UNDER_6KV)
        mean = sum(tariff.price_vnd_kwh(start + timedelta(minutes=m)) for m in range(1440)) / 1440
        assert mean == pytest.approx(2160, abs=3)


def test_vat_changes_with_the_year() -> None:
    tariff = read_tariff(UNDER_6KV)
    assert tariff.vat_share(at("2026-12-31 23:00")) == 0.08
    assert tariff.vat_share(at("2027-01-01")) == 0.10
    assert flat().vat_share(at("2027-01-01")) == 0


def test_flat_is_the_same_at_all_hours() -> None:
    assert {flat(1500).price_vnd_kwh(at("2026-07-05") + timedelta(hours=h)) for h in range(168)} == {1500}


def test_a_range_past_midnight_belongs_to_the_day_it_begins(tmp_path: Path) -> None:
    text = (FOLDER / f"{UNDER_6KV}.toml").read_text()
    path = tmp_path / "own.toml"
    path.write_text(
        text.replace('days = ["sun"]\noff_peak = ["00:00-06:00"]', 'days = ["sun"]\npeak = ["23:00-00:00"]')
    )
    assert price("2026-07-05 23:30", str(path)) == 3640
    path.write_text(
        text.replace('days = ["sun"]\noff_peak = ["22:00-04:00"]', 'days = ["sun"]\npeak = ["22:00-04:00"]')
    )
    old_monday, old_sunday = "2026-04-20 03:00", "2026-04-19 03:00"
    assert price(old_monday, str(path)) == 3640
    assert price(old_sunday, str(path)) == 1300


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("peak = 3640", 'peak = "3640"', "valid number"),
        ("peak = 3640", "peak = 3.64", "greater than or equal to 100"),
        ('"17:30-22:30"', '"05:30-22:30"', "hours of mon overlap"),
        ('"17:30-22:30"', '"17h30-22h30"', "hours are written as"),
        ('"17:30-22:30"', '"17:30-24:30"', "not a range"),
        ('days = ["sun"]', 'days = ["sat"]', "each of mon to sun once"),
        ("2026-04-22", "2025-04-22", "valid_from must rise"),
        ("[[period]]", "[[period", "not valid TOML"),
        ("note =", "nota =", "nota"),
    ],
)
def test_a_bad_file_ends_in_a_flat_price_and_a_warning(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (FOLDER / f"{UNDER_6KV}.toml").read_text()
    assert old in text
    path = tmp_path / "bad.toml"
    path.write_text(text.replace(old, new))
    tariff = read_tariff(path)
    assert words in tariff.warning
    assert tariff.price_vnd_kwh(at("2026-07-06 18:00")) == FLAT_VND_KWH


def test_a_missing_file_says_what_there_is() -> None:
    tariff = read_tariff("vn-nowhere")
    assert "vn-under-6kv" in tariff.warning
    assert tariff.price_vnd_kwh(at("2026-07-06 18:00")) == FLAT_VND_KWH
    assert read_tariff("../../etc/passwd").warning
