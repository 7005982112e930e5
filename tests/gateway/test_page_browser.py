"""The pages in a real browser: a phone and a desktop, both languages, both themes, a thumb that zooms and one that holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.past_farm import Stand, stand
from tests.ports import free_ports

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
PHONE, DESKTOP = (360, 740), (1280, 900)


@dataclass
class Visitor:
    """A browser at the stand; `problems` are what its console complained of."""

    browser: Browser
    stand: Stand
    problems: list[str]
    context: BrowserContext | None = None

    def at(self, path: str, size: tuple[int, int] = PHONE, language: str = "vi", dark: bool = True) -> Page:
        self.leave()
        self.context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="vi-VN",
            has_touch=True,
        )
        cookies = {"language": language, "session": self.stand.session}
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.stand.url} for name, value in cookies.items()]
        )
        page = self.context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.stand.url + path)
        return page

    def leave(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Stand]]:
    with (
        stand(tmp_path_factory.mktemp("stand"), free_ports(1)[0], days=9, ponds=1) as farm,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser, farm
        browser.close()


@pytest.fixture
def visitor(standing: tuple[Browser, Stand]) -> Iterator[Visitor]:
    found = Visitor(*standing, problems=[])
    found.stand.orders.clear()
    yield found
    found.leave()
    assert found.problems == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response
    return [
        f"{item['id']}: {item['nodes'][0]['html']}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]


def small_targets(page: Page) -> list[str]:
    """What a thumb may miss: under 48 px."""
    script = """() => [...document.querySelectorAll("main :is(button, select, a, input:not([type=checkbox]), .tick)")]
        .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 47.5)
        .map((one) => one.outerHTML.slice(0, 90))"""
    return list(page.evaluate(script))


def drawn(page: Page) -> None:
    page.locator(".plot canvas").wait_for()
    expect(page.locator(".summary")).to_have_text(re.compile(r"\d"))


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(PHONE, "vi", True), (PHONE, "en", False), (DESKTOP, "vi", False)]
)
def test_a_ponds_page_is_sound(visitor: Visitor, size: tuple[int, int], language: str, dark: bool) -> None:
    page = visitor.at("/ponds/ao-1", size, language, dark)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert small_targets(page) == []
    assert serious(page) == []
    expect(page.locator(".number")).to_have_text(re.compile(r"\d,\d" if language == "vi" else r"\d\.\d"))


def test_machines_energy_and_passports_are_sound(visitor: Visitor) -> None:
    page = visitor.at("/machines")
    for path, word in (("/machines", "lần bật"), ("/energy", "Cao điểm"), ("/passports", "Vệ sinh")):
        page.goto(visitor.stand.url + path)
        expect(page.locator("main")).to_contain_text(word)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert small_targets(page) == []
        assert serious(page) == []


def test_text_of_twice_the_size_needs_no_second_scroll(visitor: Visitor) -> None:
    page = visitor.at("/ponds/ao-1")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_thumb_moves_and_zooms_the_past(visitor: Visitor) -> None:
    page = visitor.at("/ponds/ao-1")
    drawn(page)
    with page.expect_response(re.compile("hours=168")):
        page.get_by_role("button", name="7 ngày").click()
    expect(page.get_by_role("button", name="7 ngày")).to_have_attribute("aria-pressed", "true")
    whole = page.locator(".summary").text_content()
    reset = page.get_by_role("button", name="Về ban đầu")
    expect(reset).to_be_hidden()
    box = page.locator(".plot .u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    pinch = [{"x": box["x"] + box["width"] * share, "y": middle} for share in (0.45, 0.55)]
    apart = [{"x": box["x"] + box["width"] * share, "y": middle} for share in (0.1, 0.9)]
    touch = page.context.new_cdp_session(page)
    with page.expect_request(re.compile(r"series\?.*since=")) as asked:
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": pinch})
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": apart})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    since, until = (float(re.findall(rf"{name}=([\d.]+)", asked.value.url)[0]) for name in ("since", "until"))
    assert 0.5 < (until - since) / 86400 < 2
    expect(reset).to_be_visible()
    reset.click()
    expect(reset).to_be_hidden()
    expect(page.locator(".summary")).to_have_text(whole or "")


def test_another_quantity_can_be_looked_at(visitor: Visitor) -> None:
    page = visitor.at("/ponds/ao-1", DESKTOP)
    drawn(page)
    page.locator("[data-quantity]").select_option("ph")
    expect(page.locator(".summary")).to_have_text(re.compile(r"Thấp nhất 7,\d\d"))


def test_off_has_to_be_held_on_is_a_tap(visitor: Visitor) -> None:
    page = visitor.at("/ponds/ao-1")
    page.locator(".machines li").first.get_by_role("button").click()
    page.get_by_role("button", name="Tắt 30 phút").click()
    page.wait_for_timeout(100)
    assert visitor.stand.orders == []
    page.get_by_role("button", name="Tắt 30 phút").click(delay=1150)
    expect(page.get_by_role("status").filter(has_text="Đã nhận")).to_be_visible()
    assert [order["run"] for order in visitor.stand.orders] == [False]


def test_a_cleaned_probe_is_told(visitor: Visitor) -> None:
    page = visitor.at("/ponds/ao-1")
    page.get_by_role("button", name="Đã vệ sinh đầu dò").click()
    expect(page.locator("#care-answer")).to_have_text(re.compile("Đã ghi"))
    assert visitor.stand.orders == [{"do": "serviced", "pond": "ao-1", "what": "cleaned", "who": "an"}]


def test_a_card_leads_to_its_pond(visitor: Visitor) -> None:
    page = visitor.at("/")
    assert small_targets(page) == []
    page.get_by_role("link", name="Ao 1").click()
    drawn(page)
    assert page.url.endswith("/ponds/ao-1")
