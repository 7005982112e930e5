"""The pages of accounts, farms and areas in a real browser: on a phone, in both languages, for each role."""

import threading
from collections.abc import Iterator

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect, sync_playwright

from cloud.accounts import door_repository as doors
from cloud.accounts.door import COOKIE
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person
from tests.gateway.people.test_app import FLAGS, SMALL_TARGETS
from tests.ports import free_ports

FARMER = ("/account", "/people", "/audit", "/farms/new", "/farms/g1/about", "/farms/g1/sharing")
ADMINISTRATOR = ("/account", "/people", "/people/2", "/people/3", "/areas", "/audit")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, str]]:
    with make_cloud(tmp_path_factory.mktemp("pages"), "g1") as made:
        for role, address in (("administrator", "a@example.org"), ("officer", "0907"), ("farmer", "0901")):
            add_person(made.database, role, address, farms=["g1"] if role == "farmer" else [])  # type: ignore[arg-type]
        (port,) = free_ports(1)
        server = uvicorn.Server(uvicorn.Config(made.app, port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            thread.join(0.02)
        yield made, f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.parametrize(("person", "paths"), [(3, FARMER), (1, ADMINISTRATOR), (None, ("/login", "/invitation"))])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_sound_on_a_phone(
    cloud: tuple[Cloud, str], browser: Browser, person: int | None, paths: tuple[str, ...], language: str
) -> None:
    made, url = cloud
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    context.add_cookies([{"name": "language", "value": language, "url": url}])
    if person is not None:
        with made.database.write() as session:
            secret = doors.begin(session, person, made.time.wall_s)
        context.add_cookies([{"name": COOKIE, "value": secret, "url": url}])
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    for path in paths:
        page.goto(url + path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.evaluate("document.querySelectorAll('details').forEach((piece) => { piece.open = true; })")
        found = Axe().run(page, options={"runOnly": RULES}).response
        wrong += [f"{path} {item['id']}: {item['nodes'][0]['html']}" for item in found["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{path} is {wide} wide"] * (wide > 360)
        wrong += [f"{path}: {one} is small" for one in page.evaluate(SMALL_TARGETS)]
    assert wrong == []
    context.close()
