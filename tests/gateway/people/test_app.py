"""The pages as an app in a real browser: installable, honest without a connection, told of an alarm while it is closed."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from gateway.web.server import make_app
from tests.gateway.offices import PASSWORDS, Control, farm_with_people
from tests.gateway.test_tonight import pond, snapshot
from tests.ports import free_ports

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


class Served:
    """The pages on a port, until they are stopped; they can be started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.farm, _ = farm_with_people(folder)
        (self.port,) = free_ports(1)
        self.url = f"http://localhost:{self.port}"

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        app = make_app(self.farm, self.folder / "farm.toml")
        server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield
        server.should_exit = True
        thread.join(timeout=5)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("farm"))
    with Control(made.farm.socket, snapshot(pond(do_mg_l=4.2)), []):
        yield made


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("phone")),
            executable_path="/usr/bin/chromium",
            args=FLAGS,
            viewport={"width": 360, "height": 740},
            permissions=["notifications"],
        )
        yield context
        context.close()


SMALL_TARGETS = """[...document.querySelectorAll("button, a, input, select, summary")]
    .filter((one) => one.offsetParent && Math.min(one.offsetHeight, one.offsetWidth) < 47)
    .map((one) => one.outerHTML.slice(0, 80))"""


def sign_in(phone: BrowserContext, url: str) -> Page:
    page = phone.new_page()
    page.set_default_timeout(10_000)
    page.goto(url)
    page.get_by_label("Tên hoặc số điện thoại").fill("tam")
    page.get_by_label("Mật khẩu").fill(PASSWORDS["tam"])
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.locator("#pond-ao-2 .state")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.match('/api/last', {cacheName: 'last'}).then((kept) => Boolean(kept))")
    return page


PAGES = ("/login", "/more", "/people", "/settings", "/cloud", "/audit", "/push", "/offline")


def test_every_page_is_sound_on_a_phone(served: Served, phone: BrowserContext) -> None:
    with served.open():
        page = sign_in(phone, served.url)
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        for path in PAGES:
            page.goto(served.url + path)
            page.evaluate("document.querySelectorAll('details').forEach((piece) => { piece.open = true; })")
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response
            wrong += [f"{path} {item['id']}: {item['nodes'][0]['html']}" for item in found["violations"]]
            wide = page.evaluate("document.documentElement.scrollWidth")
            small = page.evaluate(SMALL_TARGETS)
            wrong += [f"{path} is {wide} wide"] * (wide > 360) + [f"{path}: {one} is small" for one in small]
        assert wrong == []
        phone.clear_cookies()
        page.close()


def test_the_app_is_installed_is_honest_without_a_connection_and_hears_alarms(
    served: Served, phone: BrowserContext
) -> None:
    with served.open():
        page = sign_in(phone, served.url)
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.reload()
        page.locator(".chart canvas").first.wait_for()
        assert problems == []
        devtools = phone.new_cdp_session(page)
        assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []

        registrations: list[str] = []
        devtools.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.extend(found["registrationId"] for found in event["registrations"]),
        )
        devtools.send("ServiceWorker.enable")
        page.wait_for_timeout(100)
        message = (
            '{"title": "Ao 2: oxy thấp", "text": "2,9 mg/L", "alarm": 7, "priority": "critical", "acknowledge": "Biết"}'
        )
        devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": served.url, "registrationId": registrations[0], "data": message},
        )
        page.wait_for_function(
            "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())"
            ".then((all) => all[0]?.title === 'Ao 2: oxy thấp')"
        )

    page.goto(f"{served.url}/people")
    expect(page.get_by_role("alert")).to_contain_text("số CŨ")
    expect(page.locator("#old-ponds .number")).to_have_text("4,2")
    expect(page.locator("#old-ponds .age")).to_contain_text("trước")
    assert "line-through" in page.locator("#old-ponds .number").evaluate("e => getComputedStyle(e).textDecoration")
    assert page.get_by_role("link", name="Anh Tám").get_attribute("href") == "tel:+84912345678"
    assert page.locator("form[action*=people], [hx-get], [hx-post]").count() == 0

    with served.open():
        page.get_by_role("button", name="Thử lại").click()
        expect(page.locator("form[action='/tokens']")).to_be_attached()
        page.goto(f"{served.url}/more")
        page.get_by_role("button", name="Đăng xuất").click()
        page.wait_for_function("caches.has('last').then((kept) => !kept)")
