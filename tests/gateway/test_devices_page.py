"""Lines and devices: on the page before a real control process, in a real browser, and on the command line."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from typer.testing import CliRunner

from bench.past_farm import snapshot_of, stand
from gateway.bus.errors import LineDown, NoReply
from gateway.bus.health import word
from gateway.command import app
from gateway.process import ControlProcess
from gateway.text import text
from gateway.web.server import make_app
from tests.gateway.bus.test_foreign_farm import FARM
from tests.gateway.farms import Steps, small_farm
from tests.gateway.test_page_browser import FLAGS
from tests.ports import free_ports

OWNER = '\n[[person]]\nid = "an"\nname = "An"\nrole = "owner"\n'
STATES = ("ok", "waiting", "silent", "garbled", "noisy", "refused", "unusable", "line_down", "duplicate", "fault")


def control_of(folder: Path) -> ControlProcess:
    farm = small_farm(folder, FARM.replace("TCP", "502").replace("PORT", "/dev/null") + OWNER)
    return ControlProcess(farm, Steps().clock())


def test_each_trouble_has_its_word(tmp_path: Path) -> None:
    control = control_of(tmp_path)
    probe, drive = control.fleet.devices["do-1"], control.fleet.devices["drive-1"]
    assert word(probe, None) == "waiting"
    assert word(probe, LineDown("x")) == "line_down"
    assert word(probe, NoReply("x", heard=False)) == "silent"
    assert word(probe, NoReply("x", heard=True)) == "garbled"
    probe.device.statistics.heard_s = drive.device.statistics.heard_s = 1.0
    assert word(probe, None) == "ok"
    probe.device.statistics.requests, probe.device.statistics.garbled = 200, 6
    assert word(probe, None) == "noisy"
    drive.fault = 3
    assert word(drive, None) == "fault"
    probe.duplicates = ("a", "b")
    assert word(probe, NoReply("x", heard=True)) == "duplicate"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_word_says_what_to_do(language: str) -> None:
    words = text(language)
    for state in STATES:
        assert words.has(f"devices.state.{state}")
        assert state == "ok" or words.has(f"devices.do.{state}")


async def test_the_page_tells_what_happens_when_the_gateway_dies(tmp_path: Path) -> None:
    control = control_of(tmp_path)
    pages: Any = make_app(control.farm, tmp_path / "farm.toml")
    desk = pages.state.desk
    await control.link.start()
    listening = asyncio.create_task(desk.link.run())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://farm") as phone:
        phone.cookies.set("session", desk.people.begin("an"))
        for _ in range(200):
            control.link.publish(control.snapshot())
            await asyncio.sleep(0.01)
            if desk.link.snapshot is not None:
                break
        page = (await phone.get("/devices")).text
        piece = (await phone.get("/devices/list")).text
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await control.link.stop()
    for shown in (page, piece):
        assert "bo còn điện giữ nguyên rơ-le, quạt đang tắt vẫn TẮT" in shown
        assert "biến tần giữ lệnh cuối" in shown
        assert "Waveshare Modbus RTU Relay 8CH" in shown
        assert "127.0.0.1:502" in shown
    assert "<html" in page
    assert "<html" not in piece


@pytest.fixture(scope="module")
def url_and_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Browser]]:
    """Control says that every trouble there is has come at once."""
    folder = tmp_path_factory.mktemp("troubles")
    row = control_of(folder).snapshot()
    one = row["devices"][1]
    devices = [{**one, "name": f"device-{at}", "state": state, "fault": 3} for at, state in enumerate(STATES)]
    lines = [{**row["lines"][0], "state": "down"}, {**row["lines"][1], "state": "full"}]
    patch = pytest.MonkeyPatch()
    patch.setattr(
        "bench.past_farm.snapshot_of", lambda ponds: {**snapshot_of(ponds), "devices": devices, "lines": lines}
    )
    with stand(folder / "stand", free_ports(1)[0], days=0.1, ponds=1) as farm, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield farm.url, farm.session, browser
        browser.close()
    patch.undo()


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_page_is_sound_on_a_phone_and_a_desktop(
    url_and_browser: tuple[str, str, Browser], width: int, dark: bool
) -> None:
    url, session, browser = url_and_browser
    context = browser.new_context(viewport={"width": width, "height": 740}, color_scheme="dark" if dark else "light")
    context.add_cookies([{"name": "session", "value": session, "url": url}])
    page = context.new_page()
    page.set_default_timeout(5000)
    page.goto(url + "/devices")
    page.get_by_text("Hai thiết bị trùng số").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response
    assert [item["id"] for item in found["violations"]] == []
    context.close()


def test_the_command_lists_templates_and_shows_registers(tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["devices"])
    assert listed.exit_code == 0
    assert "pzem-004t-v3" in listed.stdout
    shown = CliRunner().invoke(app, ["devices", "yosemitech-y504"])
    assert "0x2602" in shown.stdout
    assert "DCBA" in shown.stdout
    wrong = tmp_path / "mine.toml"
    wrong.write_text('name = "x"\nrole = "pump"\n', encoding="utf-8")
    refused = CliRunner().invoke(app, ["devices", str(wrong)])
    assert (refused.exit_code, "mine.toml, line 2, role" in refused.stderr) == (2, True)
