"""What the machines page and the energy page are made of: days out of a journal, and what to repair first."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bench.past_farm import NAMES, farm_text, fill, machine_row, pond_row
from gateway.energy.book import DayBook, Now
from gateway.farm import read_farm
from gateway.journal.reader import JournalReader
from gateway.process import journal_path
from gateway.web.repairs import repairs

UNTIL = datetime(2026, 7, 14, 18, 0).astimezone()


def farm_row(*machines: dict[str, Any]) -> dict[str, Any]:
    return pond_row(0, {"do_mg_l": 5.0, "temperature_c": 28.0, "running": 1}, machines=list(machines))


def effect(kg: float, spread: float = 0.1, sure: bool = True) -> dict[str, Any]:
    return {"kg_o2_per_kwh": kg, "spread": spread, "share": 1.0, "sure": sure}


def test_days_come_out_of_the_journal_and_are_reckoned_once(tmp_path: Path) -> None:
    path = tmp_path / "farm.toml"
    path.write_text(farm_text(8080, 1), encoding="utf-8")
    farm = read_farm(path)
    fill(journal_path(farm), 5, 1, UNTIL.timestamp())
    reader, book = JournalReader(journal_path(farm)), DayBook(farm)
    now = Now(there=UNTIL.replace(tzinfo=None), wall_s=UNTIL.timestamp(), monotonic_s=0.0)
    days = book.days(reader, 5, now)[NAMES[0]]
    assert [day.day.day for day in days] == [10, 11, 12, 13, 14]
    assert days[-1].known_h == pytest.approx(18.0, abs=1)
    assert days[2].known_h > 20
    for day in days:
        assert day.total_kwh == pytest.approx(2.2 * sum(day.hours), rel=0.1)
        assert 0 < day.total_kwh < 2.2 * 4 * 24
    reader.close()
    later = Now(there=now.there, wall_s=now.wall_s, monotonic_s=30.0)
    assert book.days(reader, 5, later)[NAMES[0]] == days  # nothing is read: the reader is closed


def test_what_does_not_run_comes_first_then_the_weakest() -> None:
    broken = machine_row(1, False, failed=True, effect=None)
    stuck = machine_row(2, True, stuck=True, effect=None)
    weak, weaker = machine_row(3, True, effect=effect(0.9)), machine_row(4, True, effect=effect(0.5))
    good = [machine_row(number, True, effect=effect(1.5)) for number in (5, 6, 7)]
    found = repairs([farm_row(weak, stuck, *good, weaker, broken)])
    assert [(repair.number, repair.what) for repair in found] == [
        (2, "stuck"),
        (1, "failed"),
        (4, "weak"),
        (3, "weak"),
    ]
    assert found[2].share == pytest.approx(1 / 3)


def test_a_doubtful_belief_sends_nobody_to_a_machine() -> None:
    good = [machine_row(number, True, effect=effect(1.5)) for number in (1, 2)]
    doubtful = machine_row(3, True, effect=effect(0.9, spread=0.5))
    unsure = machine_row(4, True, effect=effect(0.2, sure=False))
    unknown = machine_row(5, True, effect=None)
    assert repairs([farm_row(*good, doubtful, unsure, unknown)]) == []
