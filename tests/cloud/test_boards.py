"""Boards: who makes them, what a stranger sees with a token and without, how they read."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cloud.advisories.models import Advisory, AdvisoryUnit
from cloud.boards.trend import lines_of, trend_of
from cloud.telemetry.history import Bucket
from tests.cloud.people import add_person, browser
from tests.cloud.station_yard import NOW_S, Yard, line, yard
from tests.cloud.stations_web import app_of, making
from tests.ports import free_ports

COMMUNE = "30943"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Yard]:
    with yard(tmp_path) as made:
        yield made


@pytest.fixture
def app(place: Yard) -> FastAPI:
    return app_of(place)


@pytest.fixture
def officer(place: Yard, app: FastAPI) -> TestClient:
    return browser(app, add_person(place.database, "officer", "0901000001", name="Lan", scope=[("commune", COMMUNE)]))


def measured(place: Yard, code: str = "HON-DAT", **changes: Any) -> int:
    station = place.station(code, created_at=NOW_S - 86400, **changes)
    lines = [line(value=6.0 - number / 12, at=NOW_S - 300 * (47 - number)) for number in range(48)]
    place.store(station, *lines, line("pH", 8.1, unit="-"), line("TSS", 40.0, status="01"))
    return station


def test_an_officer_makes_a_board_and_a_stranger_with_its_address_sees_it(
    place: Yard, app: FastAPI, officer: TestClient
) -> None:
    station = measured(place)
    path = making(officer, name="UBND xã Hòn Đất", commune=COMMUNE, station=[station])
    stranger = TestClient(app)
    page = stranger.get(path)
    assert page.status_code == 200
    assert "UBND xã Hòn Đất" in page.text and "<b>2,1</b>" in page.text
    assert "đang giảm" in page.text and "đang hiệu chuẩn" in page.text and "points=" in page.text
    assert "script-src" in page.headers["Content-Security-Policy"] or "default-src 'self'" in str(page.headers)
    assert not re.search(r"<script(?! src)| style=|<style", page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert stranger.get(f"{path}/now").text.count('class="screen"') == 1
    assert stranger.get("/boards/static/board.js").status_code == 200
    assert stranger.get("/boards", follow_redirects=False).status_code == 303
    assert stranger.get("/boards/guessed").status_code == 404


def test_a_revoked_board_is_gone_at_once_and_its_token_stands_nowhere(
    place: Yard, app: FastAPI, officer: TestClient
) -> None:
    path = making(officer, name="Chợ", commune=COMMUNE, station=[measured(place)])
    listed = officer.get("/boards").text
    assert "Chợ" in listed and path.rsplit("/", 1)[1] not in listed
    number = re.findall(r"/boards/(\d+)/revoke", listed)[0]
    assert TestClient(app).post(f"/boards/{number}/revoke").status_code == 401
    assert officer.post(f"/boards/{number}/revoke").status_code == 303
    assert TestClient(app).get(path).status_code == 404
    assert TestClient(app).get(f"{path}/now").status_code == 404
    assert "đã tắt" in officer.get("/boards").text


def test_boards_of_another_commune_are_neither_made_nor_seen_nor_switched_off(
    place: Yard, app: FastAPI, officer: TestClient
) -> None:
    station = measured(place)
    admin = browser(app, add_person(place.database, "administrator", "0901000002"))
    making(admin, name="Rạch Giá", commune="30760", station=[station])
    assert officer.post("/boards", data={"name": "x", "commune": "30760", "station": station}).status_code == 403
    assert officer.post("/boards", data={"name": "x", "station": station}).status_code == 403
    assert "Rạch Giá" not in officer.get("/boards").text
    number = re.findall(r"/boards/(\d+)/revoke", admin.get("/boards").text)[0]
    assert officer.post(f"/boards/{number}/revoke").status_code == 403
    farmer = browser(app, add_person(place.database, "farmer", "0901000003"))
    assert farmer.get("/boards").status_code == 403


def test_a_board_without_a_station_is_not_made(officer: TestClient) -> None:
    for chosen in ([], [999]):
        page = officer.post("/boards", data={"name": "x", "commune": COMMUNE, "station": chosen})
        assert "Chọn ít nhất một trạm." in page.text


def test_a_station_with_many_values_takes_as_many_screens_as_can_be_read(
    place: Yard, app: FastAPI, officer: TestClient
) -> None:
    station = place.station("KK-1", kind="air", interval_s=3600)
    symbols = ("SO2", "CO", "NO2", "O3", "PM2,5", "PM10", "Temp", "RH", "Baro")
    place.store(station, *(line(symbol, 12.0, unit="µg/Nm3") for symbol in symbols))
    path = making(officer, name="Chợ", commune=COMMUNE, station=[station, measured(place)])
    shown = TestClient(app).get(path).text
    assert re.findall(r'data-count="(\d)"', shown) == ["5", "4", "3"]
    assert "1/2" in shown and "Bụi PM2,5" in shown


def test_a_board_says_when_its_station_is_silent(place: Yard, app: FastAPI, officer: TestClient) -> None:
    path = making(officer, name="Chợ", commune=COMMUNE, station=[measured(place)])
    place.now_s += 7200
    shown = TestClient(app).get(path).text
    assert "Mất tín hiệu" in shown and "2 giờ trước" in shown and 'data-level="lost"' in shown


def advise(place: Yard, commune: str, title: str, **changes: Any) -> None:
    made: dict[str, Any] = {
        "kind": "salinity",
        "severity": "Moderate",
        "certainty": "Likely",
        "title_vi": title,
        "body_vi": "Đo độ mặn trước khi lấy nước. Chờ con nước lớn sau.",
        "title_en": "",
        "body_en": "",
        "place": "Xã Hòn Đất",
        "pond_kinds": "",
        "phase": "",
        "valid_from": NOW_S - 3600,
        "valid_until": NOW_S + 86400,
        "state": "issued",
        "author": "Lan",
        "created_at": NOW_S,
        "issued_at": NOW_S,
        "withdrawn_at": None,
    }
    author = add_person(place.database, "officer", f"{title.encode().hex()[:20]}@example.org")
    with place.database.write() as session:
        row = Advisory(**{**made, "author_id": author, **changes})
        session.add(row)
        session.flush()
        session.add(AdvisoryUnit(advisory_id=row.id, code=commune))


def test_a_board_shows_the_newest_advice_in_force_for_its_commune(
    place: Yard, app: FastAPI, officer: TestClient, served: str, tv: Page
) -> None:
    advise(place, COMMUNE, "Nước mặn đang vào kênh")
    advise(place, "30760", "Mưa lớn", valid_from=NOW_S)
    advise(place, COMMUNE, "Nắng nóng", valid_until=NOW_S - 1)
    advise(place, COMMUNE, "Bản nháp", state="draft")
    path = making(officer, name="UBND xã Hòn Đất", commune=COMMUNE, station=[measured(place)])
    shown = TestClient(app).get(path).text
    assert "Nước mặn đang vào kênh" in shown and "Xã Hòn Đất" in shown and "Đến 27/11 08:30" in shown
    assert not any(title in shown for title in ("Mưa lớn", "Nắng nóng", "Bản nháp"))
    tv.goto(served + path)
    tv.clock.run_for(12_000)
    expect(tv.locator(".advice")).to_be_visible()
    assert fits(tv)


def bucket(at: float, value: float) -> Bucket:
    return Bucket(at, value, value, value, 1)


@pytest.mark.parametrize(
    ("before", "last", "word"), [(5.0, 5.2, "steady"), (5.0, 5.4, "rising"), (5.0, 4.6, "falling")]
)
def test_a_trend_is_told_only_where_it_is_more_than_noise(before: float, last: float, word: str) -> None:
    day = [bucket(NOW_S - 9000, before), bucket(NOW_S - 600, last)]
    assert trend_of("DO", day, NOW_S) == word
    assert trend_of("DO", day[:1], NOW_S) == ""


def test_a_gap_in_the_day_is_a_gap_in_its_line() -> None:
    day = [bucket(NOW_S + 1200 * number, 5.0) for number in (0, 1, 2, 6, 7)]
    assert [len(points.split()) for points in lines_of(day, NOW_S, NOW_S + 12000)] == [3, 2]


# In a browser, as a TV has it


@pytest.fixture
def served(app: FastAPI) -> Iterator[str]:
    [port] = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield started
        started.close()


@pytest.fixture
def tv(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 640, "height": 360})
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


def fits(page: Page) -> bool:
    """Nothing is wider than its cell, and nothing lies outside the screen."""
    return bool(
        page.evaluate(
            """() => [...document.querySelectorAll("main .number")].every((item) => item.scrollWidth <= item.clientWidth)
            && document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"""
        )
    )


def test_a_tv_keeps_the_last_values_with_their_age_when_the_line_drops_and_goes_dark_when_switched_off(
    place: Yard, app: FastAPI, officer: TestClient, served: str, tv: Page
) -> None:
    station = measured(place)
    path = making(officer, name="UBND xã Hòn Đất", commune=COMMUNE, station=[station])
    tv.goto(served + path)
    expect(tv.locator(".number").first).to_contain_text("2,1")
    assert fits(tv) and Axe().run(tv).response["violations"] == []
    tv.context.set_offline(True)
    tv.clock.run_for(300_000)
    expect(tv.locator("#lost")).to_have_text("Mất đường truyền. Số đo cũ: 5 phút trước")
    expect(tv.locator(".number").first).to_contain_text("2,1")
    tv.clock.run_for(900_000)
    expect(tv.locator(".stale .state")).to_have_text("Mất tín hiệu")
    tv.context.set_offline(False)
    place.now_s += 1200
    place.store(station, line(value=7.4, at=place.now_s))
    tv.clock.run_for(20_000)
    expect(tv.locator(".number").first).to_contain_text("7,4")
    expect(tv.locator("#lost")).to_be_hidden()
    officer.post("/boards/1/revoke")
    tv.clock.run_for(20_000)
    expect(tv.locator("main")).to_have_text("Bảng này đã tắt.")


def test_screens_take_turns(place: Yard, app: FastAPI, officer: TestClient, served: str, tv: Page) -> None:
    ids = [
        measured(place),
        measured(place, "AG-2", name="Trạm Giồng Riềng có tên rất dài để xem chữ có bị cắt hay không"),
    ]
    tv.goto(served + making(officer, name="Chợ", commune=COMMUNE, station=ids))
    for name in ("Hòn Đất", "Trạm Giồng Riềng", "Hòn Đất"):
        expect(tv.locator(".screen:visible h2")).to_contain_text(name)
        assert fits(tv)
        tv.clock.run_for(12_000)
