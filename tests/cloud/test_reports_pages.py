"""Reports as officers ask for them: their areas, their farms' consent, page, figures and files."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient

from cloud.alerts import repository as alerts
from cloud.alerts.models import SILENT
from cloud.areas.repository import make_area, set_codes
from cloud.farms.models import Gateway
from cloud.reports.periods import midnight_s
from tests.cloud.people import add_person, browser, grant
from tests.cloud.report_world import COMMUNE, HOUR_S, OTHER, PROVINCE, World, make_world

MONTH = {"area": f"commune:{COMMUNE}", "period": "month", "on": "2026-11-05"}
TENTH = date(2026, 11, 10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with make_world(tmp_path) as made:
        yield made


@pytest.fixture
def officer(world: World) -> TestClient:
    return browser(world.cloud.app, world.officer)


def figures(client: TestClient, **changes: str) -> Any:
    answer = client.get("/api/reports", params=MONTH | changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_officer_is_offered_what_lies_whole_in_the_scope(world: World, officer: TestClient) -> None:
    assert [area["key"] for area in officer.get("/api/reports/areas").json()] == [f"commune:{COMMUNE}"]
    with world.cloud.database.write() as session:
        both, mine = make_area(session, "Vùng hai xã"), make_area(session, "Vùng một xã")
        set_codes(session, both.id, [COMMUNE, OTHER])
        set_codes(session, mine.id, [COMMUNE])
    assert next(area["name"] for area in officer.get("/api/reports/areas").json()) == "Vùng một xã"
    chief = [area["key"] for area in browser(world.cloud.app, world.chief).get("/api/reports/areas").json()]
    assert chief[:3] == [f"province:{PROVINCE}", f"area:{both.id}", f"area:{mine.id}"]
    assert len(chief) == 3 + 102


def test_another_area_is_not_found(officer: TestClient) -> None:
    for path in ("/api/reports", "/api/reports/file"):
        for area in (f"commune:{OTHER}", f"province:{PROVINCE}", "nonsense"):
            assert officer.get(path, params=MONTH | {"area": area}).status_code == 404


def test_reports_are_for_officers(world: World) -> None:
    farmer = browser(world.cloud.app, world.farmer)
    for path in ("/reports", "/reports/schedules", "/api/reports/areas", "/api/reports/schedules"):
        assert farmer.get(path).status_code == 403
    assert TestClient(world.cloud.app).get("/api/reports", params=MONTH).status_code == 401


def test_the_figures_are_those_of_the_farms_that_agreed(world: World, officer: TestClient) -> None:
    for gateway in ("g1", "g2", "g3"):
        world.measure(gateway, TENTH, [4.0, 2.5, 2.0, 5.0])
    found = figures(officer)
    assert [line["pond"]["farm"] for line in found["ponds"]] == ["Trại Một"]
    assert (found["total"]["ponds"], found["withheld"]) == (1, 1)
    pond = found["ponds"][0]
    assert pond["water"]["do_mg_l"] == {"low": 2.0, "mean": 3.375, "high": 5.0}
    assert pond["lowest_at"] == midnight_s(TENTH) + 2 * HOUR_S
    assert (pond["low_days"], pond["seen_days"]) == (1, 1)
    assert pond["below_h"] == pytest.approx(2 * 300 / 3600), "hourly readings count for five minutes each"
    grant(world.cloud.database, "g2", world.farmer, ["water"])
    found = figures(officer)
    assert (found["total"]["ponds"], found["withheld"]) == (2, 0)
    assert [line["alarms"] for line in found["ponds"]] == [{}, None]


def test_a_province_has_all_its_communes(world: World) -> None:
    for gateway in ("g1", "g3"):
        world.measure(gateway, TENTH, [4.0])
    chief = browser(world.cloud.app, world.chief)
    assert [line["code"] for line in figures(chief, area=f"province:{PROVINCE}")["communes"]] == [COMMUNE, OTHER]


def test_alarms_are_counted_by_kind_and_tests_are_none(world: World, officer: TestClient) -> None:
    at_s = midnight_s(TENTH)
    for number, kind in enumerate(["do_low", "do_low", "ph_low", "proof_test"]):
        world.alarm("g1", number, kind, at_s)
    world.alarm("g1", 10, "mains_lost", at_s, pond=None)
    world.alarm("g1", 11, "do_low", midnight_s(date(2026, 12, 1)))
    with world.cloud.database.write() as session:
        alerts.open_one(session, "g1", SILENT, at_s)
    found = figures(officer)
    assert found["ponds"][0]["alarms"] == {"do_low": 2, "ph_low": 1}
    assert found["total"]["alarms"] == {"do_low": 2, "gateway_silent": 1, "mains_lost": 1, "ph_low": 1}


def test_the_files_come_with_a_name_and_the_page_with_the_same_figures(world: World, officer: TestClient) -> None:
    world.measure("g1", TENTH, [4.0, 2.5, 2.25, 5.0])
    pdf = officer.get("/api/reports/file", params=MONTH | {"format": "pdf"})
    assert pdf.content.startswith(b"%PDF")
    assert 'filename="bao-cao-phuong-binh-duc-2026-11-01-2026-11-30.pdf"' in pdf.headers["content-disposition"]
    xlsx = officer.get("/api/reports/file", params=MONTH | {"format": "xlsx"})
    assert "<v>2.25</v>" in ZipFile(BytesIO(xlsx.content)).read("xl/worksheets/sheet2.xml").decode()
    page = officer.get("/reports", params=MONTH).text
    assert "Phường Bình Đức, Tháng 11/2026" in page
    assert "<td>2,25</td>" in page
    assert "10/11 02:00" in page
    assert "1 cơ sở trong địa bàn chưa cho cán bộ xem" in page


def test_the_page_opens_on_the_month_that_runs(world: World, officer: TestClient) -> None:
    assert "Tháng 11/2026" in officer.get("/reports").text


def test_a_month_that_runs_is_told_until_yesterday_and_a_day_that_runs_until_now(
    world: World, officer: TestClient
) -> None:
    for day, low in ((19, 4.0), (20, 1.0)):
        world.measure("g1", date(2026, 11, day), [low, 5.0])
    line = figures(officer)["ponds"][0]
    assert (line["last"], line["water"]["do_mg_l"]["low"]) == ("2026-11-19", 4.0)
    line = figures(officer, period="day", on="2026-11-20")["ponds"][0]
    assert (line["last"], line["water"]["do_mg_l"]["low"]) == ("2026-11-20", 1.0)
    assert figures(officer, period="day", on="2026-12-24")["ponds"][0]["seen_days"] == 0


def test_an_officer_without_scope_is_told_so(world: World) -> None:
    nobody = add_person(world.cloud.database, "officer", "new@example.org")
    assert "Chưa có địa bàn" in browser(world.cloud.app, nobody).get("/reports").text


def test_a_farms_name_is_no_markup(world: World, officer: TestClient) -> None:
    with world.cloud.database.write() as session:
        session.get_one(Gateway, "g1").farm_name = "<script>alert(1)</script>"
    world.measure("g1", TENTH, [2.0])
    assert "<script>alert" not in officer.get("/reports", params=MONTH).text


def test_crops_of_a_year_have_their_own_days(world: World, officer: TestClient) -> None:
    farmer = browser(world.cloud.app, world.farmer)
    crop = {
        "species": "vannamei",
        "stocked_on": "2026-11-09",
        "stocked_count": 100_000,
        "harvested_on": "2026-11-11",
        "harvest_kg": 1000,
        "feed_kg": 1200,
        "per_kg": 80,
    }
    assert farmer.post(f"/api/ponds/{world.pond('g1')}/crops", json=crop).status_code == 201
    world.measure("g1", TENTH, [4.0, 3.5])
    world.measure("g1", date(2026, 11, 12), [1.0])
    line = figures(officer, period="crop")["ponds"][0]
    assert (line["first"], line["last"]) == ("2026-11-09", "2026-11-11")
    assert (line["fcr"], line["survival"], line["harvest_kg"]) == (1.2, 0.8, 1000.0)
    assert line["water"]["do_mg_l"]["low"] == 3.5
    assert officer.get("/api/reports/file", params=MONTH | {"period": "crop"}).content.startswith(b"%PDF")
    assert officer.get("/reports", params=MONTH | {"period": "crop"}).status_code == 200


def test_schedules_are_made_seen_and_ended(world: World, officer: TestClient) -> None:
    wish = {"area": MONTH["area"], "period": "month", "format": "xlsx", "recipients": ["a@example.org"]}
    made = officer.post("/api/reports/schedules", json=wish)
    assert made.status_code == 201
    assert made.json()["next_at"] == midnight_s(date(2026, 12, 1)) + 6 * HOUR_S
    assert "a@example.org" in officer.get("/reports/schedules").text
    chief = browser(world.cloud.app, world.chief)
    path = f"/api/reports/schedules/{made.json()['id']}"
    assert chief.get("/api/reports/schedules").json() == []
    assert chief.delete(path).status_code == chief.get(f"{path}/sendings").status_code == 404
    assert officer.get(f"{path}/sendings").json() == []
    assert officer.delete(path).status_code == 204
    assert officer.get("/api/reports/schedules").json() == []


def test_what_is_no_address_is_refused(officer: TestClient) -> None:
    for address in ("nobody", "a@b.vn,c@d.vn", "a@b.vn&to=c@d.vn", "a@b.vn\nBcc: c@d.vn"):
        wish = {"area": MONTH["area"], "period": "week", "recipients": [address]}
        assert officer.post("/api/reports/schedules", json=wish).status_code == 422


def test_the_form_takes_addresses_line_by_line_and_says_what_is_wrong(officer: TestClient) -> None:
    form = {"area": MONTH["area"], "period": "week", "format": "pdf", "recipients": "a@b.vn\r\nc@d.vn"}
    assert officer.post("/reports/schedules", data=form).status_code == 303
    assert officer.get("/api/reports/schedules").json()[0]["recipients"] == ["a@b.vn", "c@d.vn"]
    assert "địa chỉ thư điện tử" in officer.post("/reports/schedules", data=form | {"recipients": "x"}).text
    other = officer.post("/reports/schedules", data=form | {"area": f"commune:{OTHER}"})
    assert "không thuộc phạm vi" in other.text
