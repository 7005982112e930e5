"""The pages in a real browser: phone and desktop, both languages, both themes."""

import gzip
import re
import time
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urljoin

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cloud.accounts.door import COOKIE
from tests.system.conftest import Chain, eventually

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PHONE, DESKTOP = (360, 740), (1280, 900)
SCHEMES: tuple[Literal["dark"], Literal["light"]] = ("dark", "light")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield started
        started.close()


def open_page(
    browser: Browser,
    url: str,
    size: tuple[int, int] = PHONE,
    language: str = "vi",
    session: str = "",
    cookie: str = "session",
) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark",
        locale="vi-VN",
    )
    whole_site = urljoin(url, "/")
    context.add_cookies([{"name": "language", "value": language, "url": whole_site}])
    if session:
        context.add_cookies([{"name": cookie, "value": session, "url": whole_site}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(url)
    page.problems = problems  # type: ignore[attr-defined]
    return page


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response
    return [
        f"{item['id']}: {item['nodes'][0]['html']}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("size", "language"), [(PHONE, "vi"), (DESKTOP, "en")])
def test_the_farm_page_is_sound(chain: Chain, browser: Browser, size: tuple[int, int], language: str) -> None:
    page = open_page(browser, chain.demo.plan.gateway_url, size, language)
    page.locator(".chart canvas").first.wait_for()
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".pond").count() == 3
    expect(page.locator("#pond-ao-2 .state")).to_have_text("Tốt" if language == "vi" else "Good")
    expect(page.locator("#pond-ao-2 .number")).to_have_text(re.compile(r"\d,\d" if language == "vi" else r"\d\.\d"))
    expect(page.locator("#pond-ao-2 .night")).to_contain_text("Đêm nay" if language == "vi" else "Tonight")
    expect(page.locator("#ao-2-tonight")).not_to_be_empty()
    assert_sound(page, size)


def assert_sound(page: Page, size: tuple[int, int]) -> None:
    """It fits, by night and by day, and complains of nothing."""
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert serious(page) == []
    assert page.problems == []  # type: ignore[attr-defined]
    page.context.close()


def test_the_number_lives(chain: Chain, browser: Browser) -> None:
    page = open_page(browser, chain.demo.plan.gateway_url)
    chain.break_it("pond/ao-2", do_mg_l=2.5)
    expect(page.locator("#pond-ao-2 .state strong")).to_have_text("NGUY HIỂM", timeout=40_000)
    assert page.locator("#pond-ao-2").get_attribute("data-level") == "danger"
    page.context.close()


def test_values_grey_out_by_age_when_nothing_comes(chain: Chain, browser: Browser) -> None:
    page = open_page(browser, chain.demo.plan.gateway_url)
    expect(page.locator("#pond-ao-1 .state strong")).to_have_text("Tốt")
    chain.break_it("service/gateway/stop")
    expect(page.locator("#pond-ao-1 .state strong")).to_have_text("Mất tín hiệu", timeout=15_000)
    expect(page.locator("#lost-control")).to_be_visible()
    assert "line-through" in page.locator("#pond-ao-1 .number").evaluate("e => getComputedStyle(e).textDecoration")
    chain.break_it("service/gateway/start")
    expect(page.locator("#pond-ao-1 .state strong")).to_have_text("Tốt", timeout=40_000)
    expect(page.locator("#lost-control")).to_be_hidden()
    page.context.close()


def test_an_override_asks_is_obeyed_and_can_be_taken_back(chain: Chain, browser: Browser) -> None:
    page = open_page(browser, f"{chain.demo.plan.gateway_url}/ponds/ao-2", session=chain.session())
    resting = chain.running("ao-2").index(False)
    row = page.locator(".machines li").nth(resting)
    row.get_by_role("button").click()
    assert serious(page) == []
    page.get_by_role("button", name="Bật 30 phút").click()
    expect(page.locator("dialog").get_by_role("status")).to_have_text("Đã nhận.")
    page.get_by_role("button", name="Đóng").click()
    expect(page.locator("dialog")).to_have_count(0)
    eventually(lambda: chain.running("ao-2")[resting], 10, "the machine runs")
    expect(row).to_contain_text("bật bằng tay")
    row.get_by_role("button").click()
    page.get_by_role("button", name="Trả về tự động").click()
    expect(page.locator("dialog").get_by_role("status")).to_have_text("Đã nhận.")
    page.context.close()


def test_an_override_cannot_beat_the_guard(chain: Chain, browser: Browser) -> None:
    chain.break_it("probe/node-2", dead=True)
    eventually(lambda: chain.pond("ao-2")["do_state"] == "bad", 8, "bad")
    page = open_page(browser, f"{chain.demo.plan.gateway_url}/ponds/ao-2", session=chain.session())
    page.locator(".machines li").first.get_by_role("button").click()
    page.get_by_role("button", name="Tắt 30 phút").click(delay=1200)
    expect(page.locator("dialog").get_by_role("status")).to_contain_text("Không tắt được")
    page.context.close()


def test_an_override_from_the_cloud_is_obeyed_and_cannot_beat_the_guard(chain: Chain, browser: Browser) -> None:
    pond = next(pond["id"] for pond in chain.cloud("ponds") if pond["key"] == "ao-2")
    url = f"{chain.demo.plan.cloud_url}/ponds/{pond}"
    page = open_page(browser, url, session=chain.cloud_session(), cookie=COOKIE)
    resting = chain.running("ao-2").index(False)
    row, answer = page.locator(".machines li").nth(resting), page.locator("dialog").get_by_role("status")
    expect(row).to_contain_text("Đang nghỉ", timeout=20_000)
    row.get_by_role("button").click()
    page.get_by_role("button", name="Bật 30 phút").click()
    expect(answer).to_contain_text("Trại đã làm", timeout=20_000)
    assert serious(page) == []
    page.get_by_role("button", name="Đóng").click()
    eventually(lambda: chain.running("ao-2")[resting], 10, "the machine runs")
    expect(row).to_contain_text("Đang chạy", timeout=20_000)
    chain.break_it("probe/node-2", dead=True)
    eventually(lambda: chain.pond("ao-2")["do_state"] == "bad", 8, "bad")
    row.get_by_role("button").click()
    page.get_by_role("button", name="Tắt 30 phút").click(delay=1200)
    expect(answer).to_contain_text("Không tắt được", timeout=20_000)
    assert chain.running("ao-2")[resting]
    page.get_by_role("button", name="Đóng").click()
    row.get_by_role("button").click()
    page.get_by_role("button", name="Trả về tự động").click()
    expect(answer).to_contain_text("Trả về tự động", timeout=20_000)
    page.context.close()


def test_the_language_can_be_switched(chain: Chain, browser: Browser) -> None:
    page = open_page(browser, chain.demo.plan.gateway_url)
    page.get_by_role("button", name="English").click()
    expect(page.locator("#pond-ao-3 .state strong")).to_have_text("Good")
    page.context.close()


@pytest.mark.parametrize(("size", "language"), [(PHONE, "vi"), (DESKTOP, "en")])
def test_the_clouds_page_is_sound(chain: Chain, browser: Browser, size: tuple[int, int], language: str) -> None:
    first = chain.cloud("ponds")[0]["id"]
    eventually(
        lambda: time.time() - chain.cloud(f"ponds/{first}/latest")["taken_at"] < 5, 60, "live values in the cloud"
    )
    page = open_page(browser, chain.demo.plan.cloud_url, size, language, session=chain.cloud_session(), cookie=COOKIE)
    expect(page.locator(".pond")).to_have_count(3)
    expect(page.locator(".pond .state strong").first).to_have_text("Tốt" if language == "vi" else "Good")
    assert_sound(page, size)


def test_the_console_shows_truth_beside_belief(chain: Chain, browser: Browser) -> None:
    page = open_page(browser, chain.demo.plan.console_url, DESKTOP)
    expect(page.locator("#ponds section")).to_have_count(3)
    page.locator("#ponds section").nth(2).get_by_role("button", name="dead").click()
    eventually(lambda: chain.pond("ao-3")["do_state"] == "bad", 10, "the probe is dead")
    page.context.close()


def test_the_first_load_is_light(chain: Chain) -> None:
    base = chain.demo.plan.gateway_url
    html = httpx.get(base).text
    files = [part.split('"')[0] for part in html.split('src="')[1:]] + [
        part.split('"')[0] for part in html.split('<link rel="stylesheet" href="')[1:]
    ]
    assert all(file.startswith("/static/") for file in files)
    total = len(gzip.compress(html.encode())) + sum(
        len(gzip.compress(httpx.get(base + file).content)) for file in files
    )
    assert len(files) >= 5
    assert total < 100_000


def test_another_sites_page_cannot_press_our_buttons(chain: Chain) -> None:
    url = f"{chain.demo.plan.gateway_url}/ponds/ao-2/override/1"
    reply = httpx.post(url, data={"wish": "off"}, headers={"Origin": "http://evil.example"})
    assert reply.status_code == 403
