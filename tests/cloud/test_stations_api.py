"""Stations over REST and as pages: who reads, who keeps them, what is shown."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from cloud.command import app as command
from cloud.settings import read_settings
from cloud.stations.flags import judge
from cloud.stations.models import Station
from cloud.stations.watch import workers_of
from tests.cloud.people import add_person, browser
from tests.cloud.station_yard import NOW_S, Yard, file_of, line, yard
from tests.cloud.stations_web import app_of

COMMUNE = "30943"
NEW = {"code": "AG-1", "name": "Sông Cái Lớn", "kind": "river", "commune": COMMUNE, "interval_s": 3600}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Yard]:
    with yard(tmp_path) as made:
        yield made


@pytest.fixture
def app(place: Yard) -> FastAPI:
    return app_of(place)


@pytest.fixture
def officer(place: Yard, app: FastAPI) -> TestClient:
    return browser(app, add_person(place.database, "officer", "0901000001", scope=[("commune", COMMUNE)]))


@pytest.fixture
def admin(place: Yard, app: FastAPI) -> TestClient:
    return browser(app, add_person(place.database, "administrator", "0901000002"))


@pytest.fixture
def farmer(place: Yard, app: FastAPI) -> TestClient:
    return browser(app, add_person(place.database, "farmer", "0901000003"))


def test_an_officer_keeps_the_stations_of_their_communes_and_no_others(officer: TestClient, admin: TestClient) -> None:
    made = officer.post("/api/stations", json=NEW)
    assert made.status_code == 201 and made.json()["through_gateway"] is False
    assert officer.post("/api/stations", json=NEW).status_code == 409
    path = f"/api/stations/{made.json()['id']}"
    assert officer.put(path, json={**NEW, "name": "Cái Lớn"}).json()["name"] == "Cái Lớn"
    for elsewhere in ({"commune": "30760"}, {"commune": None}):
        assert officer.post("/api/stations", json={**NEW, "code": "AG-2", **elsewhere}).status_code == 403
    assert admin.put(path, json={**NEW, "commune": "30760"}).status_code == 200
    assert officer.put(path, json=NEW).status_code == 403


def test_only_an_administrator_binds_a_station_to_a_farm_s_node(officer: TestClient, admin: TestClient) -> None:
    bound = {**NEW, "through": {"gateway": "g1", "node": "n1"}}
    assert officer.post("/api/stations", json=bound).status_code == 403
    made = admin.post("/api/stations", json=bound)
    assert made.status_code == 201 and made.json()["through_gateway"] is True
    assert officer.put(f"/api/stations/{made.json()['id']}", json=NEW).status_code == 403
    assert (
        admin.post(
            "/api/stations", json={**NEW, "code": "AG-3", "through": {"gateway": "g9", "node": "n1"}}
        ).status_code
        == 404
    )


def test_farmers_read_stations_and_strangers_do_not(place: Yard, app: FastAPI, farmer: TestClient) -> None:
    station = place.station()
    for path in ("", f"/{station}", f"/{station}/latest", f"/{station}/flags", f"/{station}/completeness"):
        assert farmer.get(f"/api/stations{path}").status_code == 200
        assert TestClient(app).get(f"/api/stations{path}").status_code == 401
    assert farmer.post("/api/stations", json=NEW).status_code == 403
    assert farmer.get("/api/stations/999").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"preset": "none-such"},
        {"through": {"node": "n1"}},
        {"interval_s": 1},
        {"kind": "moon"},
        {"code": "../x"},
        {"latitude": 91.0},
        {"extra": 1},
    ],
)
def test_a_station_that_makes_no_sense_is_refused(admin: TestClient, wrong: dict[str, Any]) -> None:
    assert admin.post("/api/stations", json={**NEW, **wrong}).status_code == 422


def test_values_state_series_completeness_and_flags_are_told(place: Yard, farmer: TestClient) -> None:
    station = place.station(preset="qcvn-02-19-2014", created_at=NOW_S - 3600)
    place.store(station, *(line(value=3.0, at=NOW_S - 300 * number) for number in range(6)))
    place.store(station, line("pH", 8.0, status="01", unit="-"))
    with place.database.write() as session:
        judge(session, session.get_one(Station, station), NOW_S)
    path = f"/api/stations/{station}"
    assert farmer.get(f"{path}/latest").json() == {
        "level": "watch",
        "word": "beyond",
        "at": NOW_S,
        "values": [
            {"symbol": "DO", "unit": "mg/L", "value": 3.0, "at": NOW_S, "status": "00", "level": "watch"},
            {"symbol": "pH", "unit": "-", "value": None, "at": None, "status": "01", "level": "lost"},
        ],
    }
    series = farmer.get(
        f"{path}/series", params={"symbol": "DO", "since": NOW_S - 1800, "until": NOW_S + 1, "buckets": 2}
    )
    assert [bucket["count"] for bucket in series.json()] == [3, 3]
    rows = farmer.get(f"{path}/completeness", params={"month": "2026-11"}).json()
    assert rows[0] == {"symbol": "DO", "expected": 12, "received": 6, "good": 6, "share": 0.5}
    assert farmer.get(f"{path}/completeness", params={"month": "2026-13"}).status_code == 422
    [flag] = farmer.get(f"{path}/flags").json()
    assert (flag["bound"], flag["limit"], flag["value"], flag["closed_at"]) == ("low", 3.5, 3.0, None)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_name_the_state_the_limit_and_what_is_missing(place: Yard, farmer: TestClient, language: str) -> None:
    station = place.station(preset="qcvn-02-19-2014", created_at=NOW_S - 3600)
    place.store(station, line(value=3.0, at=NOW_S - 60), line("PM2,5", None, status="02"))
    with place.database.write() as session:
        judge(session, session.get_one(Station, station), NOW_S)
    farmer.cookies.set("language", language)
    pages = farmer.get("/stations").text, farmer.get(f"/stations/{station}").text
    words = {
        "vi": ("Vượt ngưỡng", "dưới mức 3,5", "thiết bị lỗi"),
        "en": ("Beyond a limit", "below 3.5", "device error"),
    }
    for page in pages:
        assert all(word in page for word in words[language])
        assert not re.search(r"<script(?! src)| style=|(stations?|station_state|symbol)\.[a-z]", page)
    past = farmer.get(f"/stations/{station}/past", params={"quantity": "DO"}).json()
    assert past["mean"] == [3.0]


def test_a_gap_in_what_was_measured_is_a_gap_in_the_chart(place: Yard, farmer: TestClient) -> None:
    station = place.station()
    place.store(station, *(line(at=NOW_S - 300 * number) for number in (1, 2, 3, 20, 21)))
    past = farmer.get(f"/stations/{station}/past", params={"quantity": "DO"}).json()
    assert past["mean"] == [5.0, 5.0, None, 5.0, 5.0, 5.0]


# The command, and the workers of stations.toml


def test_a_station_is_added_on_the_command_line_once(tmp_path: Path) -> None:
    words = ["stations", "add", "AG-1", "Sông Cái Lớn", "--data", str(tmp_path)]
    assert CliRunner().invoke(command, words).exit_code == 0
    again = CliRunner().invoke(command, words)
    assert again.exit_code == 2 and "AG-1" in again.output
    wrong = CliRunner().invoke(command, ["stations", "add", "AG-2", "x", "--kind", "moon", "--data", str(tmp_path)])
    assert wrong.exit_code == 2 and "kind" in wrong.output


def test_what_stations_toml_asks_for_runs_from_drop_to_receiver(place: Yard, tmp_path: Path) -> None:
    place.station()
    for folder in ("drop", "out"):
        (tmp_path / folder).mkdir()
    (tmp_path / "stations.toml").write_text(
        '[[import]]\nfolder = "drop"\n'
        '[[export]]\nid = "so"\nstation = "HON-DAT"\ncode = "AG_1"\ntarget = "out"\nsymbols = { DO = "Oxy" }\n'
    )
    settings = read_settings(tmp_path)
    made = workers_of(place.database, settings, place.wall, place.wall)
    assert list(made) == ["stations at gateways", f"import from {tmp_path / 'drop'}", "export so"]
    place.now_s = NOW_S + 25
    (tmp_path / "drop/HON-DAT_20261126083500.txt").write_bytes(file_of(line(at=NOW_S + 300)))
    for seconds in (0, 300, 20):
        place.now_s += seconds
        for worker in made.values():
            worker.step()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["AG_1_20261126083500.txt"]
    assert (tmp_path / "out/AG_1_20261126083500.txt").read_bytes().startswith(b"Oxy\t5.0\t")


def test_a_stations_toml_that_is_wrong_stops_nothing_else(
    place: Yard, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "stations.toml").write_text("[[export]]\nid = 1\n")
    made = workers_of(place.database, read_settings(tmp_path), place.wall, place.wall)
    assert list(made) == ["stations at gateways"]
    assert "stations.toml: export.0" in caplog.text
