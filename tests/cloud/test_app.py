"""The cloud's pages as an app in a real browser: installable, and honest without a connection."""

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, CDPSession, Page, expect, sync_playwright

from cloud.farms.models import Gateway
from cloud.push.sending import News, letter_of
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person
from tests.cloud.test_telemetry import rows, sample
from tests.cloud.test_walk import RULES
from tests.gateway.people.test_app import FLAGS
from tests.ports import free_ports

PHONE, PASSWORD = "0912345678", "shrimp at night"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path, "g1") as made:
        ingest = Ingest(made.database, None, wall=lambda: made.time.wall_s)  # type: ignore[arg-type]
        ingest.store([Message("farm/g1/up/rows", rows(sample(1)))])
        add_person(made.database, "farmer", PHONE, password=PASSWORD, farms=["g1"])
        with made.database.write() as session:
            farm = session.get_one(Gateway, "g1")
            farm.owner_name, farm.phone = "Bà Sáu", "+84901234567"
        yield made


@contextlib.contextmanager
def served(cloud: Cloud, port: int) -> Iterator[None]:
    """The pages on a port; nobody answers there afterwards."""
    config = uvicorn.Config(cloud.app, port=port, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "phone"),
            executable_path="/usr/bin/chromium",
            args=FLAGS,
            viewport={"width": 360, "height": 740},
            permissions=["notifications"],
        )
        context.set_default_timeout(10_000)
        yield context
        context.close()


def enter(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("Số điện thoại hoặc e-mail").fill(PHONE)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.locator(".pond")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.match('/api/last', {cacheName: 'last'}).then((kept) => Boolean(kept))")
    page.wait_for_function("caches.match('/offline').then((kept) => Boolean(kept))")


def shows_a_message(devtools: CDPSession, page: Page, url: str) -> None:
    found: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.wait_for_timeout(100)
    news = News(subject="a", title="Trại Một: Tôm chết", text="Ao 1", language="vi", path="/incidents/1")
    data = letter_of(news).payload.decode()
    sent = {"origin": url, "registrationId": found[0], "data": data}
    devtools.send("ServiceWorker.deliverPushMessage", sent)
    page.wait_for_function(
        """navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then(([one]) =>
        one?.title === 'Trại Một: Tôm chết' && one.data.path === '/incidents/1' && one.actions.length === 0)"""
    )


def test_the_app_is_installed_and_shows_old_values_as_old(cloud: Cloud, phone: BrowserContext) -> None:
    (port,) = free_ports(1)
    url, page, wrong = f"http://localhost:{port}", phone.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    with served(cloud, port):
        enter(page, url)
        devtools = phone.new_cdp_session(page)
        assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        assert phone.request.get(f"{url}/manifest.webmanifest").json()["short_name"] == "Ao từ xa"
        assert wrong == []
        shows_a_message(devtools, page, url)

    page.goto(f"{url}/account")
    expect(page.get_by_role("alert")).to_contain_text("số CŨ")
    expect(page.locator("#old-ponds .number")).to_have_text("4,1")
    expect(page.locator("#old-ponds .age")).to_have_text(re.compile(r"^\d+ giây trước$"))
    assert "line-through" in page.locator("#old-ponds .number").evaluate("e => getComputedStyle(e).textDecoration")
    assert page.get_by_role("link", name="Bà Sáu").get_attribute("href") == "tel:+84901234567"
    assert Axe().run(page, options={"runOnly": RULES}).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360

    with served(cloud, port):
        page.get_by_role("button", name="Thử lại").click()
        page.get_by_role("button", name="Đăng xuất", exact=True).click()
        page.wait_for_function("caches.has('last').then((kept) => !kept)")
        page.goto(f"{url}/offline")
        expect(page.get_by_text("chưa giữ số nào")).to_be_visible()
