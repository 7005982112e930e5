"""Administrative units as dated facts: old names are still found."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from cloud.areas import repository
from cloud.areas.loading import packaged, read_successions, read_units
from cloud.command import app as console
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser

TODAY, BEFORE = date(2026, 11, 26), date(2025, 6, 30)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path) as made:
        made.time.wall_s = 1_795_651_200.0
        yield made


@pytest.fixture
def client(cloud: Cloud) -> TestClient:
    return browser(cloud.app, add_person(cloud.database, "officer", "0907654321"))


def test_an_giang_has_a_hundred_and_two_units_since_the_merger(cloud: Cloud) -> None:
    with cloud.database.read() as session:
        units = repository.communes(session, TODAY, "91")
        assert len(units) == 102
        assert {unit.kind for unit in units} == {"commune", "ward", "special_zone"}
        assert len(repository.communes(session, TODAY, "96")) == 64
        assert repository.communes(session, BEFORE, "91") == []
        assert {unit.name for unit in repository.provinces(session, TODAY)} == {"An Giang", "Cà Mau"}


def test_a_code_means_another_unit_on_another_day(cloud: Cloud) -> None:
    with cloud.database.read() as session:
        now, then = repository.unit(session, "91", TODAY), repository.unit(session, "91", BEFORE)
    assert now is not None
    assert then is not None
    assert (now.name, then.name) == ("An Giang", "Kiên Giang")


@pytest.mark.parametrize("typed", ["Kiên Giang", "kien giang", "KIÊN  GIANG"])
def test_the_old_name_of_a_province_finds_the_new_one(client: TestClient, typed: str) -> None:
    found = client.get("/api/units", params={"search": typed}).json()
    assert [(unit["name"], unit["formerly"]) for unit in found] == [("An Giang", ["Kiên Giang"])]


def test_the_old_name_of_a_commune_finds_what_it_went_into(client: TestClient) -> None:
    found = {unit["name"]: unit["formerly"] for unit in client.get("/api/units?search=nam du").json()}
    assert any("Xã Nam Du" in names for names in found.values())
    before = client.get("/api/units?search=nam du&on=2025-06-30").json()
    assert "Xã Nam Du" in {unit["name"] for unit in before}


def test_every_unit_of_today_has_units_that_went_into_it() -> None:
    units, successions = read_units(packaged()), read_successions(packaged())
    keys = {(unit["code"], unit["valid_from"]) for unit in units}
    assert len(keys) == len(units)
    assert {(row["old_code"], row["old_valid_from"]) for row in successions} <= keys
    today = {(unit["code"], unit["valid_from"]) for unit in units if unit["valid_until"] is None}
    assert today == {(row["new_code"], row["new_valid_from"]) for row in successions}


def test_newer_units_are_loaded_and_a_damaged_file_changes_nothing(cloud: Cloud, tmp_path: Path) -> None:
    def load() -> tuple[int, str]:
        result = CliRunner().invoke(console, ["load-areas", str(tmp_path), "--data", str(cloud.folder)])
        return result.exit_code, result.output

    (tmp_path / "successions.csv").write_text("old_code,old_valid_from,new_code,new_valid_from\n")
    head = "code,valid_from,valid_until,name,kind,parent\n"
    (tmp_path / "units.csv").write_text(f"{head}30292,2025-07-01,2027-01-01,Phường Bình Đức,ward,91\n30292,x,,,,\n")
    code, said = load()
    assert code == 1
    assert "units.csv, line 3" in said
    (tmp_path / "units.csv").write_text(f"{head}30292,2025-07-01,2027-01-01,Phường Bình Đức,ward,91\n")
    assert load()[0] == 0
    with cloud.database.read() as session:
        assert len(repository.communes(session, TODAY, "91")) == 102
        assert len(repository.communes(session, date(2027, 1, 1), "91")) == 101
