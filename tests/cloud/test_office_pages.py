"""What an officer does with a province: sees the most urgent first, finds a pond in two taps, on a phone and at a desk."""

import threading
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from cloud.accounts import door_repository as doors
from cloud.accounts.door import COOKIE
from cloud.accounts.models import Grant
from cloud.accounts.repository import find
from cloud.seed import Plan, SeedError, seed
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import browser as signed_in
from tests.gateway.people.test_app import FLAGS
from tests.ports import free_ports

PONDS, DAYS = 70, 3


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with make_cloud(tmp_path_factory.mktemp("office")) as made:
        seed(made.database, Plan(PONDS, DAYS, 10), made.time.wall_s)
        yield made


@pytest.fixture(scope="module")
def url(cloud: Cloud) -> Iterator[str]:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(cloud.app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield made
        made.close()


def person(cloud: Cloud, phone: str) -> int:
    with cloud.database.read() as session:
        found = find(session, phone)
    assert found is not None
    return found.id


@pytest.fixture(scope="module")
def officer(cloud: Cloud) -> TestClient:
    return signed_in(cloud.app, person(cloud, "0900000001"))


def enter(cloud: Cloud, url: str, chromium: Browser, phone: str, width: int, language: str = "vi") -> BrowserContext:
    context = chromium.new_context(viewport={"width": width, "height": 740}, has_touch=width < 500)
    with cloud.database.write() as session:
        secret = doors.begin(session, person(cloud, phone), cloud.time.wall_s)
    for name, value in ((COOKIE, secret), ("language", language)):
        context.add_cookies([{"name": name, "value": value, "url": url}])
    return context


def test_a_pond_is_two_taps_from_the_map(cloud: Cloud, url: str, chromium: Browser) -> None:
    context = enter(cloud, url, chromium, "0900000001", 360)
    page = context.new_page()
    page.goto(f"{url}/map")
    page.wait_for_selector(".map[data-ready=yes]")
    page.locator("canvas").focus()
    for _ in range(4):
        page.keyboard.press("Enter")
        if page.locator(".found a").count():
            break
        page.keyboard.press("-")
        page.wait_for_timeout(50)
    page.locator(".found a").first.click()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("Thấp nhất")
    context.close()


def test_ponds_are_chosen_from_the_list_and_compared(cloud: Cloud, url: str, chromium: Browser) -> None:
    context = enter(cloud, url, chromium, "0900000001", 360)
    page = context.new_page()
    page.goto(url)
    names = page.locator(".ponds-by-urgency .where b").all_inner_texts()
    for place in (0, 2):
        page.get_by_role("checkbox", name=f"Chọn để so sánh: {names[place]}", exact=True).check()
    page.get_by_role("button", name="So sánh các ao đã chọn").click()
    page.wait_for_selector(".plot[data-ready=yes] canvas")
    assert page.locator(".compared [data-name]").all_inner_texts() == [names[0], names[2]]
    page.locator("select[name=quantity]").select_option(label="Nhiệt độ")
    page.get_by_role("button", name="Xem").click()
    page.wait_for_selector(".plot[data-quantity=temperature_c][data-ready=yes]")
    page.locator(".u-over").hover()
    expect(page.locator(".summary")).to_contain_text(f"{names[2]} 2")
    assert page.get_by_text("Giờ dưới 3 mg/L").count() == 0
    context.close()


def test_the_most_urgent_come_first_and_pages_hold_them_all(officer: TestClient) -> None:
    first = officer.get("/").text
    assert first.count("<li data-urgency") == 50
    assert officer.get("/", params={"page": 2}).text.count("<li data-urgency") == PONDS - 50
    ranks = ["danger", "low_night", "lost", "watch", "ok"]
    shown = [piece.split('"')[0] for piece in first.split('<li data-urgency="')[1:]]
    assert shown == sorted(shown, key=ranks.index)


def test_a_commune_and_a_state_narrow_the_list(officer: TestClient) -> None:
    page = officer.get("/").text
    code = page.split('<option value="')[2].split('"')[0]
    assert 0 < officer.get("/", params={"commune": code}).text.count("<li data-urgency") < 50
    assert officer.get("/", params={"level": "danger"}).text.count("<li data-urgency") == 0


def test_what_a_farmer_withdraws_is_gone_from_list_map_and_page(cloud: Cloud, officer: TestClient) -> None:
    known = officer.get("/map/ponds").json()
    assert len(known["id"]) == PONDS
    pond = known["id"][known["name"].index("Trại thử 1: Ao 1")]
    with cloud.database.write() as session:
        for grant in session.query(Grant).filter_by(gateway_id="demo-0", kind="water"):
            grant.withdrawn_at = cloud.time.wall_s
    assert len(officer.get("/map/ponds").json()["id"]) == PONDS - 4
    assert officer.get(f"/ponds/{pond}").status_code == 404
    assert officer.get(f"/ponds/{pond}/past").status_code == 404
    assert "Trại thử 1:" not in officer.get("/completeness").text
    with cloud.database.write() as session:
        for grant in session.query(Grant).filter_by(gateway_id="demo-0", kind="water"):
            grant.withdrawn_at = None


def test_an_officer_asks_no_farm_for_anything(officer: TestClient) -> None:
    assert "/override/" not in officer.get("/ponds/5").text
    assert officer.get("/ponds/5/override/1").status_code == 403
    assert officer.post("/ponds/5/override/1", data={"wish": "on"}).status_code == 403


def test_a_farmer_asks_and_sees_what_becomes_of_it(cloud: Cloud, url: str, chromium: Browser) -> None:
    context = enter(cloud, url, chromium, "0900000002", 360)
    page = context.new_page()
    page.goto(f"{url}/ponds/5")
    page.get_by_role("button", name="Quạt 2").click()
    page.get_by_role("button", name="Bật 30 phút").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("60 giây")
    expect(dialog).to_contain_text("Chủ trại thử")
    dialog.get_by_role("button", name="Đóng").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("[id='5-m2']")).to_contain_text("Đang gửi")
    cloud.time.forward(61)
    expect(page.locator("[id='5-m2']")).to_contain_text("Không gửi được")
    context.close()


def test_a_page_that_nobody_answers_says_so_and_asks_once_at_a_time(cloud: Cloud, url: str, chromium: Browser) -> None:
    context = enter(cloud, url, chromium, "0900000002", 360)
    page, asked = context.new_page(), list[str]()
    page.clock.install()
    page.route("**/ponds/5/now", lambda route: asked.append(route.request.url))
    page.goto(f"{url}/ponds/5")
    expect(page.locator(".history")).to_contain_text("Chưa có gì xảy ra")
    page.clock.run_for(8000)
    expect(page.locator("#lost-control")).to_be_hidden()
    assert len(asked) == 1
    page.clock.run_for(4000)
    expect(page.locator("#lost-control")).to_contain_text("Mất kết nối với máy chủ")
    context.close()


def test_a_province_is_made_once(cloud: Cloud) -> None:
    with pytest.raises(SeedError, match="there already"):
        seed(cloud.database, Plan(4, 1, 10), cloud.time.wall_s)
