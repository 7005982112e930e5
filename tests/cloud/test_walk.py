"""Every page of the cloud in Chromium, for each role, in both languages, on a phone by night and at a desk by day.

A page that is not in the table fails the test: say there who may open it and, where it fetches something, what it shows
then.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from cloud.accounts.door import COOKIE
from gateway.text import LANGUAGES, catalogue
from tests.cloud.walk_province import Walked, walk_province
from tests.gateway.people.test_app import FLAGS
from tests.ports import free_ports

FARM, OFFICE, KEEPERS = ("farmer", "worker", "technician"), ("officer", "administrator"), ("farmer", "administrator")
SIGNED, STRANGER = (*FARM, *OFFICE), "stranger"
ROLES = (*SIGNED, STRANGER)


@dataclass(frozen=True)
class Place:
    """Who may open a page, at which address where the route alone does not say it, what it shows when all is there.

    `widths` are those of the screens that it is made for.
    """

    roles: tuple[str, ...]
    address: str = ""
    shows: str = "main"
    widths: tuple[int, ...] = (360, 1280)


PLACES = {
    "/": Place(SIGNED),
    "/account": Place(SIGNED),
    "/advice": Place(SIGNED),
    "/advice/{advisory_id}": Place(SIGNED),
    "/advisories": Place(OFFICE, shows="article[data-priority]"),
    "/advisories/new": Place(OFFICE),
    "/advisories/{advisory_id}": Place(OFFICE),
    "/advisories/{advisory_id}/edit": Place(OFFICE, "/advisories/{draft_id}/edit"),
    "/areas": Place(("administrator",)),
    "/audit": Place(KEEPERS),
    "/boards": Place(OFFICE),
    "/boards/{token}": Place((STRANGER,), widths=(1280,)),
    "/compare": Place(SIGNED, "/compare?pond=1&pond=2", ".plot[data-ready=yes]"),
    "/completeness": Place(OFFICE),
    "/farms/new": Place(KEEPERS),
    "/farms/{farm_id}/about": Place(KEEPERS),
    "/farms/{farm_id}/sharing": Place(("farmer",)),
    "/incidents": Place(SIGNED),
    "/incidents/report": Place(SIGNED),
    "/incidents/{incident_id}": Place(SIGNED),
    "/invitation": Place((STRANGER,)),
    "/invitation/{secret}": Place((STRANGER,)),
    "/login": Place((STRANGER,)),
    "/map": Place(OFFICE, shows=".map[data-ready=yes]"),
    "/offline": Place((STRANGER,)),
    "/people": Place(KEEPERS),
    "/people/{person_id}": Place(("administrator",)),
    "/ponds/{pond_id}": Place(SIGNED, shows=".plot canvas"),
    "/ponds/{pond_id}/crops": Place(SIGNED),
    "/reports": Place(OFFICE),
    "/reports/schedules": Place(OFFICE),
    "/stations": Place(SIGNED),
    "/stations/{station_id}": Place(SIGNED, shows=".plot canvas"),
    "/worklist": Place(OFFICE),
}
NO_PAGES = {
    "/advisories/suggestions", "/assets/{name}", "/boards/static/{name}", "/boards/{token}/now", "/compare/past",
    "/farms/{farm_id}/export", "/incidents/cluster", "/incidents/photo.js", "/manifest.webmanifest", "/map/ponds",
    "/ponds", "/ponds/{pond_id}/data.csv", "/ponds/{pond_id}/events", "/ponds/{pond_id}/now",
    "/ponds/{pond_id}/override/{number}", "/ponds/{pond_id}/past", "/push/key", "/stations/{station_id}/past", "/sw.js",
}  # fmt: skip
MACHINES = ("/api/", "/sta/", "/cap/", "/docs", "/redoc", "/openapi.json")

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
SIZES: dict[int, Literal["dark", "light"]] = {360: "dark", 1280: "light"}
JUDGED = (("vi", 360), ("en", 1280), ("vi", 1280), ("en", 360))
READ = """async (shows) => {
  const ends = performance.now() + 10_000;
  while (!document.querySelector(shows)) {
    if (performance.now() > ends) throw Error(`there never is ${shows}`);
    await new Promise(requestAnimationFrame);
  }
  document.querySelectorAll("details").forEach((piece) => { piece.open = true; });
  const words = [], nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) words.push(nodes.currentNode.textContent.trim());
  const links = [...document.links].map((link) => link.getAttribute("href"));
  return { language: document.documentElement.lang, words, links };
}"""
MEASURE = """() => {
  const small = [...document.querySelectorAll("button, a, input, select, summary, textarea")]
    .filter((one) => one.offsetParent)
    .map((one) => one.matches("[type=radio], [type=checkbox]") ? one.closest("label") ?? one : one)
    .filter((one) => Math.min(one.offsetHeight, one.offsetWidth) < 47)
    .map((one) => one.outerHTML.slice(0, 80));
  return { wide: document.documentElement.scrollWidth, small };
}"""


def words_of(table: dict[str, Any]) -> Iterator[str]:
    """All words of a catalogue."""
    for value in table.values():
        yield from words_of(value) if isinstance(value, dict) else [value]


WORDS_OF = {language: set(words_of(catalogue(language))) for language in LANGUAGES}
OF_BOTH = {catalogue(language)["page"]["other_language"] for language in LANGUAGES}
KEY = re.compile(rf"\b(?:{'|'.join(catalogue('vi'))})\.[a-z_]+(?:\.[a-z0-9_]+)*\b")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with walk_province(tmp_path_factory.mktemp("walk")) as made:
        yield made


@pytest.fixture(scope="module")
def url(province: Walked) -> Iterator[str]:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(province.cloud.app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium.new_page(service_workers="block")
        chromium.close()


def ask(province: Walked, role: str) -> TestClient:
    """A person of this role, or a stranger, without a screen."""
    if role == STRANGER:
        return TestClient(province.cloud.app, follow_redirects=False)
    return province.http(role)  # type: ignore[arg-type]


@dataclass
class Walk:
    """One person's way through the pages in one language, what was wrong with them, and where their links lead."""

    page: Page
    role: str
    language: str
    wrong: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)

    def __enter__(self) -> "Walk":
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._blame)
        return self

    def __exit__(self, *_: object) -> None:
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._blame)

    def visit(self, url: str, place: Place) -> None:
        """Open a page once and look at it in both sizes, first in that which the page before was left in."""
        self.page.goto(url)
        self._read(place.shows)
        for width in sorted(place.widths, key=lambda width: width != self._width):
            if width != self._width:
                self.page.set_viewport_size({"width": width, "height": 740})
                self.page.emulate_media(color_scheme=SIZES[width])
            self._measure(width)
            if (self.language, width) in judged(place, self.role):
                self._judge()

    @property
    def _width(self) -> int:
        size = self.page.viewport_size
        return size["width"] if size else 0

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._blame(said.text)

    def _blame(self, what: object) -> None:
        self.wrong.append(f"{self.role}, {self.language}, {self.page.url}: {what}")

    def _read(self, shows: str) -> None:
        """Its words are of its language."""
        found = self.page.evaluate(READ, shows)
        words = set(found["words"])
        (other,) = set(LANGUAGES) - {self.language}
        if found["language"] != self.language:
            self._blame(f"it says that it is in {found['language']}")
        for word in words & (WORDS_OF[other] - WORDS_OF[self.language] - OF_BOTH):
            self._blame(f"{word!r} is of the other language")
        for key in KEY.findall("\n".join(words)):
            self._blame(f"the catalogue lacks {key}")
        self.links |= set(found["links"])

    def _measure(self, width: int) -> None:
        """It is no wider than the screen, and fingers find what can be tapped."""
        found = self.page.evaluate(MEASURE)
        if found["wide"] > width:
            self._blame(f"it is {found['wide']} wide on {width}")
        for target in found["small"]:
            self._blame(f"{target} is small on {width}")

    def _judge(self) -> None:
        options = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
        for item in Axe().run(self.page, options=options).response["violations"]:
            self._blame(f"{item['id']}: {item['nodes'][0]['html']}")


def judged(place: Place, role: str) -> set[tuple[str, int]]:
    """Where axe looks: over its roles, or over both languages, each page in both languages and both sizes."""
    number = place.roles.index(role)
    return {JUDGED[number % 4]} if len(place.roles) > 1 else set(JUDGED[:2])


def address_of(province: Walked, route: str, place: Place) -> str:
    """Where the page lies in this province."""
    return (place.address or route).format(**province.ids)


def test_every_page_stands_in_the_table(province: Walked) -> None:
    routes = {
        str(route.path)
        for route in iter_route_contexts(province.cloud.app.routes)
        if "GET" in (route.methods or ()) and not str(route.path).startswith(MACHINES)
    }
    assert routes == set(PLACES) | NO_PAGES


@pytest.mark.parametrize("role", ROLES)
def test_whom_a_page_is_not_for_does_not_get_it(province: Walked, role: str) -> None:
    http = ask(province, role)
    for route, place in PLACES.items():
        if role not in place.roles and STRANGER not in place.roles:
            assert http.get(address_of(province, route, place)).status_code in (303, 403), route


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_sound_and_no_link_leads_nowhere(province: Walked, url: str, page: Page, role: str) -> None:
    http, wrong, links = ask(province, role), list[str](), set[str]()
    for language in LANGUAGES:
        for name, value in (("language", language), (COOKIE, http.cookies.get(COOKIE, ""))):
            page.context.add_cookies([{"name": name, "value": value, "url": url}])
        with Walk(page, role, language) as walk:
            for route, place in PLACES.items():
                if role in place.roles:
                    walk.visit(url + address_of(province, route, place), place)
        wrong += walk.wrong
        links |= walk.links
    assert wrong == []
    alike = {re.sub(r"\d+", "0", link): link for link in links if link.startswith("/")}
    assert [link for link in alike.values() if http.get(link).status_code >= 400] == []
