"""The night to come in a real browser: control's end of the link is held here, so that a forecast is there at once."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from gateway.link import LinkServer
from tests.gateway.farms import FARM, small_farm
from tests.gateway.test_tonight import FOULED, GOOD, OUTLOOK, pond, snapshot
from tests.ports import free_ports
from tests.system.conftest import eventually
from tests.system.test_pages import DESKTOP, PHONE, assert_sound, browser, open_page

__all__ = ["browser"]

BAND = [[at * 30, 4.0 + 0.05 * abs(at - 20), 4.2 + 0.05 * abs(at - 20), 4.4 + 0.05 * abs(at - 20)] for at in range(37)]


@dataclass
class Speaker:
    """Speaks as the control process would: one snapshot, every quarter second, until it is told another."""

    url: str
    socket: Path
    ponds: list[dict[str, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        asyncio.run(self._speak())

    async def _speak(self) -> None:
        server = LinkServer(self.socket, lambda order: {"refused": ""})
        await server.start()
        while not self.stop.is_set():
            server.publish(snapshot(*self.ponds, at_wall_s=time.time()))
            await asyncio.sleep(0.25)
        await server.stop()


def dense(**changes: Any) -> dict[str, Any]:
    return pond(outlook={**OUTLOOK, "band": BAND}, **changes)


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    folder = tmp_path_factory.mktemp("night")
    (port,) = free_ports(1)
    farm = small_farm(folder, f'{FARM}\n[web]\nport = {port}\nvisitors = "read"\n')
    speaking = Speaker(f"http://127.0.0.1:{port}", farm.socket, [dense(probe=FOULED)])
    thread = threading.Thread(target=speaking.run, daemon=True)
    thread.start()
    web = subprocess.Popen([sys.executable, "-m", "gateway", "web", str(folder / "farm.toml")])
    try:
        eventually(lambda: httpx.get(f"{speaking.url}/api/farm").status_code == 200, 20, "the page")
        yield speaking
    finally:
        web.terminate()
        web.wait()
        speaking.stop.set()
        thread.join(timeout=5)


@pytest.mark.parametrize(("size", "language"), [(PHONE, "vi"), (DESKTOP, "en")])
def test_the_night_is_sound(speaker: Speaker, browser: Browser, size: tuple[int, int], language: str) -> None:
    speaker.ponds = [dense(probe=FOULED)]
    page = open_page(browser, f"{speaker.url}/ponds/ao-2", size, language)
    page.locator("[data-outlook] canvas").wait_for()
    expect(page.locator("#ao-2-tonight")).to_contain_text("04:10")
    expect(page.locator("#ao-2-probe .task")).to_have_text(
        "Vệ sinh đầu dò Ao 2" if language == "vi" else "Clean the probe of Ao 2"
    )
    assert_sound(page, size)


def test_the_night_lives(speaker: Speaker, browser: Browser) -> None:
    """A forecast comes, a task is done, and the page says so by itself."""
    speaker.ponds = [pond(outlook=None, probe=FOULED)]
    page = open_page(browser, f"{speaker.url}/ponds/ao-2")
    expect(page.locator("#ao-2-tonight")).to_contain_text("1 ngày")
    expect(page.locator(".night figure")).to_be_hidden()
    speaker.ponds = [dense(probe=GOOD)]
    expect(page.locator("#ao-2-tonight")).to_contain_text("Nếu mất điện")
    expect(page.locator("#ao-2-probe .task")).to_have_count(0)
    found = httpx.get(f"{speaker.url}/api/ponds/ao-2/outlook").json()
    assert (len(found["at"]), found["machines"][0]) == (38, 1)
    assert httpx.get(f"{speaker.url}/api/ponds/ao-9/outlook").status_code == 404
    page.context.close()
