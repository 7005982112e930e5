"""The officers' map of 2,000 ponds on a phone: what its first load weighs, and when it is drawn and answers a tap.

Chromium slows its own processor down four times; the server is a process of its own beside it. Every load begins with an
empty cache. A tap counts from the finger to the frame that shows what lies there.
"""

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Response, sync_playwright

from bench.table import show
from cloud.accounts import door_repository as doors
from cloud.accounts.door import COOKIE
from cloud.accounts.repository import find
from cloud.database import Database, migrate
from cloud.seed import Plan, seed
from gateway.children import this_command
from tests.cloud.servers.process import Server, listens, wait_until
from tests.gateway.people.test_app import FLAGS

PORT = 18_474
URL = f"http://127.0.0.1:{PORT}"
PROVINCE = Plan(ponds=2000, days=1, minutes=10)
OFFICER = "0900000001"
RUNS = 5
SLOWED = 4
MOST_KB, MOST_S = 200, 2.0

WATCH = """addEventListener("DOMContentLoaded", () => {
  const told = document.documentElement.dataset;
  let began_ms = 0;
  const frame = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  const shown = (name) => frame(() => { told[name] ??= performance.now() - began_ms; });
  new MutationObserver(() => shown("drawn")).observe(document.querySelector(".map"), { attributeFilter: ["data-ready"] });
  new MutationObserver(() => shown("answered")).observe(document.querySelector(".found"), { childList: true });
  addEventListener("pointerup", (event) => { began_ms = event.timeStamp; }, true);
})"""
A_DOT = """() => {
  const canvas = document.querySelector(".map canvas"), ratio = devicePixelRatio, box = canvas.getBoundingClientRect();
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = ["ff5a52", "ff9f7a", "9fb0bd", "ffb020", "35c46a"].map((text) => parseInt(text, 16));
  for (let at = 0; at < data.length; at += 4) {
    if (colours.includes(data[at] << 16 | data[at + 1] << 8 | data[at + 2])) {
      return [box.x + (at / 4 % width) / ratio, box.y + Math.floor(at / 4 / width) / ratio];
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Load:
    """One first load: kB by kind, as sent and unpacked; seconds."""

    sent_kb: Counter[str]
    plain_kb: Counter[str]
    drawn_s: float
    tap_s: float


def province(folder: Path) -> str:
    """Make it; the secret of an officer's browser."""
    url = f"sqlite:///{folder / 'cloud.sqlite'}"
    migrate(url)
    database = Database(url)
    seed(database, PROVINCE, time.time())
    with database.write() as session:
        officer = find(session, OFFICER)
        assert officer is not None
        secret = doors.begin(session, officer.id, time.time())
    database.engine.dispose()
    return secret


def kind_of(response: Response) -> str:
    """What a file is for."""
    name = urlsplit(response.url).path
    return {"/map/ponds": "ponds", "/assets/coast.json": "coast"}.get(name, response.request.resource_type)


def seconds(page: Page, name: str) -> float:
    """What the page says took so long, once it says so."""
    page.wait_for_selector(f"html[{name}]")
    return float(page.locator("html").get_attribute(name) or "nan") / 1000


def load(browser: Browser, secret: str, slowed: int) -> Load:
    """Open the page on a phone that has never seen it, and tap a pond as soon as it is drawn."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2, has_touch=True)
    context.add_cookies([{"name": COOKIE, "value": secret, "url": URL}])
    page, came = context.new_page(), list[Response]()
    page.add_init_script(WATCH)
    page.on("response", lambda response: came.append(response))
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.goto(f"{URL}/map")
    drawn_s = seconds(page, "data-drawn")
    page.touchscreen.tap(*page.evaluate(A_DOT))
    tap_s = seconds(page, "data-answered")
    sent, plain = Counter[str](), Counter[str]()
    for response in came:
        sent[kind_of(response)] += response.request.sizes()["responseBodySize"] / 1000
        plain[kind_of(response)] += len(response.body()) / 1000
    context.close()
    return Load(sent, plain, drawn_s, tap_s)


def measured(secret: str) -> tuple[list[Load], list[Load]]:
    """Loads with the processor slowed down, and without."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        load(browser, secret, 1)
        found = [[load(browser, secret, rate) for _ in range(RUNS)] for rate in (SLOWED, 1)]
        browser.close()
    return found[0], found[1]


def show_weight(one: Load) -> None:
    """What came, by kind."""
    rows = [[kind, f"{one.sent_kb[kind]:.1f}", f"{one.plain_kb[kind]:.1f}", ""] for kind in one.sent_kb]
    rows.append(["all", f"{one.sent_kb.total():.1f}", f"{one.plain_kb.total():.1f}", str(MOST_KB)])
    show("The officers' map with 2,000 ponds, first load", ["kind", "kB as sent", "kB unpacked", "to reach"], rows)


def show_times(slowed: list[Load], plain: list[Load]) -> None:
    """Medians."""
    figures: dict[str, Callable[[Load], float]] = {
        "drawn, s": lambda one: one.drawn_s,
        "a tap answered, s": lambda one: one.tap_s,
        "both, s": lambda one: one.drawn_s + one.tap_s,
    }
    rows = [
        [name, *(f"{statistics.median(map(figure, loads)):.2f}" for loads in (slowed, plain)), ""]
        for name, figure in figures.items()
    ]
    rows[-1][-1] = f"{MOST_S:.0f}"
    columns = ["figure", f"processor {SLOWED} x slower", "as it is", "to reach"]
    show(f"Until it can be used, medians of {RUNS} loads", columns, rows)


def run() -> None:
    """Two tables."""
    with tempfile.TemporaryDirectory() as name:
        secret = province(Path(name))
        environment = {"PONDKEEPER_WEB_PORT": str(PORT)}
        server = Server(this_command("cloud", "web", "--data", name), Path(name) / "log", environment=environment)
        server.start()
        try:
            wait_until(lambda: listens(PORT), "the web process", 30, [server])
            slowed, plain = measured(secret)
        finally:
            server.stop()
    show_weight(slowed[0])
    show_times(slowed, plain)
