"""An officer works down what waits: the gravest first, only what farms grant, and marked while somebody sees to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from fastapi.testclient import TestClient

from cloud.accounts.models import Audit, Grant
from cloud.alerts import repository as alerts
from cloud.alerts.models import SILENT
from cloud.database import migrate
from cloud.farms.models import Gateway, Pond
from cloud.telemetry.calendar import begins_at, day_number
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser, grant
from tests.cloud.test_migrations import configuration
from tests.cloud.test_telemetry import rows, sample

COMMUNE, HOUR_S = "30292", 3600.0


class Office:
    """Two farms of one pond each in one commune, and its officer, at eight in the morning."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.morning_s = begins_at(day_number(cloud.time.wall_s) + 1) + 8 * HOUR_S
        cloud.time.forward(self.morning_s - cloud.time.wall_s)
        self.ingest = Ingest(cloud.database, None, wall=lambda: cloud.time.wall_s)  # type: ignore[arg-type]
        farmer = add_person(cloud.database, "farmer", "0901111111", farms=["one", "two"])
        officer = add_person(cloud.database, "officer", "0904444444", name="Lan", scope=[("commune", COMMUNE)])
        for farm in ("one", "two"):
            grant(cloud.database, farm, farmer)
        with cloud.database.write() as session:
            for gateway in session.query(Gateway):
                gateway.commune = COMMUNE
        self.http: TestClient = browser(cloud.app, officer)
        self.sequence = 0

    def measure(self, farm: str, do_mg_l: float, at: float) -> None:
        self.sequence += 1
        readings = [["do_mg_l", do_mg_l, 0, 0]]
        self.say(farm, rows(sample(self.sequence, taken_at=at, readings=readings), batch=f"b{self.sequence}"))

    def well(self) -> None:
        """Both ponds measure, and are well."""
        for farm in ("one", "two"):
            self.measure(farm, 6.0, self.cloud.time.wall_s - 10)

    def tell(self, farm: str, number: int, kind: str, alarm: str, at: float, pond: str | None = "ao-1") -> None:
        detail = {"alarm": alarm, "id": number, "device": "", "do_mg_l": 3.4, "limit": 4.0}
        event = {"number": number, "kind": kind, "pond": pond, "detail": detail, "at": at, "wall_known": True}
        self.say(farm, rows(events=[event], blocks=[]))

    def say(self, farm: str, payload: bytes) -> None:
        self.ingest.store([Message(f"farm/{farm}/up/rows", payload)])

    def fall_silent(self, farm: str) -> None:
        with self.cloud.database.write() as session:
            alerts.open_one(session, farm, SILENT, self.morning_s)

    def withdraw(self, farm: str, kind: str) -> None:
        with self.cloud.database.write() as session:
            for row in session.query(Grant).filter_by(gateway_id=farm, kind=kind):
                row.withdrawn_at = self.cloud.time.wall_s

    def see_to(self, item: dict[str, Any], *, seen_to: bool = True) -> int:
        named = {name: item[name] for name in ("farm", "pond", "cause")}
        return self.http.put("/api/worklist/mark", json={**named, "seen_to": seen_to}).status_code

    @property
    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/api/worklist").json()
        return found

    @property
    def waiting(self) -> list[tuple[str, str]]:
        return [(item["farm"], item["alarm"] or item["kind"]) for item in self.items]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with make_cloud(tmp_path, "one", "two") as cloud:
        yield Office(cloud)


def test_the_gravest_comes_first(office: Office) -> None:
    office.measure("one", 2.5, office.morning_s - 3 * HOUR_S)
    office.measure("two", 2.1, office.morning_s - 3 * HOUR_S)
    office.well()
    for number, alarm in enumerate(("calibration_due", "ph_high", "mains_lost")):
        office.tell("one", number, "alarm_raised", alarm, office.morning_s - 60)
    office.fall_silent("two")
    assert office.waiting == [
        ("one", "mains_lost"),
        ("two", "silent"),
        ("two", "low_night"),
        ("one", "low_night"),
        ("one", "ph_high"),
        ("one", "calibration_due"),
    ]
    page = office.http.get("/worklist").text
    assert "MẤT ĐIỆN" in page
    assert "Đêm qua oxy xuống 2,1 mg/L" in page
    assert page.index("2,1 mg/L") < page.index("2,5 mg/L")
    assert f'<a href="/ponds/{office.items[0]["pond_id"]}">' in page
    assert "2,5 mg/L" not in office.http.get("/worklist", params={"kind": "silent"}).text


def test_a_farm_shows_alarms_or_water_as_it_grants_them(office: Office) -> None:
    for farm in ("one", "two"):
        office.measure(farm, 2.5, office.morning_s - HOUR_S)
        office.tell(farm, 1, "alarm_raised", "do_low", office.morning_s - HOUR_S)
        office.fall_silent(farm)
    office.withdraw("one", "water")
    office.withdraw("two", "alarms")
    assert sorted(office.waiting) == [("one", "do_low"), ("one", "silent"), ("two", "low_night"), ("two", "no_data")]
    assert [item["pond_id"] is None for item in office.items if item["farm"] == "one"] == [True, True]
    page = office.http.get("/worklist").text
    assert "Trại không cho xem số đo nước" in page
    assert [office.see_to({"farm": "two", "pond": "ao-1", "cause": "alarm do_low"})] == [404]


def test_low_is_three_milligrams_whatever_the_farm_calls_dangerous(office: Office) -> None:
    with office.cloud.database.write() as session:
        limits = {"one": 2.0, "two": 3.5}
        for pond in session.query(Pond):
            pond.danger_low = limits[pond.gateway_id]
    office.measure("one", 2.9, office.morning_s - 3 * HOUR_S)
    office.measure("two", 3.1, office.morning_s - 3 * HOUR_S)
    office.well()
    assert office.waiting == [("one", "low_night")]
    assert office.http.get("/").text.count('<li data-urgency="low_night"') == 1


def test_last_night_is_from_noon_to_noon(office: Office) -> None:
    office.measure("one", 2.9, office.morning_s - 25 * HOUR_S)
    office.well()
    assert office.waiting == []
    office.measure("one", 2.8, office.morning_s - 11 * HOUR_S)
    office.well()
    assert office.waiting == [("one", "low_night")]
    office.cloud.time.forward(24 * HOUR_S)
    office.well()
    assert office.waiting == []


def test_a_pond_without_data_waits_until_it_has_some(office: Office) -> None:
    assert office.waiting == [("one", "no_data"), ("two", "no_data")]
    assert {item["since"] for item in office.items} == {None}
    office.well()
    assert office.waiting == []
    office.cloud.time.forward(HOUR_S)
    assert office.waiting == [("one", "no_data"), ("two", "no_data")]
    office.fall_silent("one")
    assert office.waiting == [("one", "silent"), ("two", "no_data")]


def test_an_alarm_is_open_until_its_return_in_whatever_order_they_come(office: Office) -> None:
    office.well()
    began_s = office.morning_s - HOUR_S
    office.tell("one", 1, "alarm_raised", "do_low", began_s)
    office.tell("one", 2, "alarm_raised", "do_low", began_s + 1800)
    assert [item["since"] for item in office.items] == [began_s]
    office.tell("one", 4, "alarm_cleared", "do_low", began_s + 1900)
    office.tell("one", 3, "alarm_raised", "do_low", began_s + 1850)
    office.tell("one", 1, "alarm_raised", "do_low", began_s)
    assert office.waiting == []
    office.tell("one", 1, "alarm_raised", "do_low", began_s + 3000)
    assert [item["since"] for item in office.items] == [began_s + 3000]


def test_who_sees_to_it_stands_there_until_it_is_taken_back_or_over(office: Office) -> None:
    office.well()
    office.tell("one", 1, "alarm_raised", "do_low", office.morning_s - HOUR_S)
    office.tell("two", 1, "alarm_raised", "do_low", office.morning_s - HOUR_S)
    (first, _) = office.items
    answer = office.http.post("/worklist", data={**named(first), "seen_to": "true", "kind": "alarm"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/worklist?kind=alarm&commune=&page=1")
    assert [(item["farm"], item["seen_to"] and item["seen_to"]["by"]) for item in office.items] == [
        ("two", None),
        ("one", "Lan"),
    ]
    assert "Lan đang xử lý" in office.http.get("/worklist").text
    assert office.see_to(first, seen_to=False) == 204
    assert [item["seen_to"] for item in office.items] == [None, None]
    assert office.see_to(first) == 204
    office.tell("one", 2, "alarm_cleared", "do_low", office.morning_s - 60)
    office.tell("one", 3, "alarm_raised", "do_low", office.morning_s - 30)
    assert [item["seen_to"] for item in office.items] == [None, None]
    with office.cloud.database.read() as session:
        said = [line.what for line in session.query(Audit).filter_by(farm="one").order_by(Audit.id)]
    assert [what for what in said if "worklist" in what] == ["worklist_marked", "worklist_unmarked", "worklist_marked"]


def named(item: dict[str, Any]) -> dict[str, str]:
    return {name: item[name] for name in ("farm", "pond", "cause")}


def test_a_farm_that_is_silent_leads_to_its_ponds(office: Office) -> None:
    office.well()
    office.fall_silent("one")
    page = office.http.get("/worklist").text
    assert '<a href="/?farm=one">' in page
    there = office.http.get("/", params={"farm": "one"}).text
    assert there.count("<li data-urgency") == 1


def test_a_farmer_has_no_worklist(office: Office) -> None:
    farmer = browser(office.cloud.app, 1)
    assert farmer.get("/worklist").status_code == 403
    assert farmer.get("/api/worklist").status_code == 403


def test_alarms_from_before_the_worklist_are_on_it(office: Office) -> None:
    office.well()
    office.tell("one", 1, "alarm_raised", "do_low", office.morning_s - HOUR_S)
    office.tell("one", 2, "alarm_cleared", "do_low", office.morning_s - 1800)
    office.tell("two", 1, "alarm_raised", "do_low", office.morning_s - HOUR_S)
    url = office.cloud.settings.database_url
    command.downgrade(configuration(url), "reports")
    migrate(url)
    assert office.waiting == [("two", "do_low")]
