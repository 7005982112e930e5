"""From a board in its box to a node that is handed over, with the technician's own commands and real tools."""

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.field import calibration, stability
from hardware.twin.farm import make_ponds
from hardware.twin.rom import RomLoader
from hardware.twin.workbench import Workbench
from tests.firmware.field.test_flash import image_bytes
from tests.firmware.field.tool import Tool
from tests.system.conftest import eventually

PROBES = [["y504", 1], ["y532", 3]]
UNIT = 2


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    pond = make_ponds(9.0)["ao-1"]
    with Workbench(tmp_path_factory.mktemp("bench"), pond, PROBES) as made:
        yield made


@pytest.fixture
def tool(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Tool:
    return Tool(capfd, tmp_path)


def passes(tool: Tool, *arguments: object) -> dict[str, Any]:
    outcome = tool.json(*arguments)
    assert outcome.code == 0, outcome.out
    return outcome.json


def test_the_interpreter_goes_onto_a_new_board(tool: Tool, tmp_path: Path) -> None:
    image = tmp_path / "micropython.bin"
    image.write_bytes(image_bytes())
    passes(tool, "bundle", "add", image, "--bundle", tmp_path / "bundle")
    with RomLoader(tmp_path / "usb") as board:
        said = passes(tool, "flash", "--port", tmp_path / "usb", "--bundle", tmp_path / "bundle")
        written = bytes(board.chip.flash[0x1000 : 0x1000 + len(image_bytes())])
    assert said["image"]
    assert hashlib.sha256(written).digest() == hashlib.sha256(image_bytes()).digest()


def test_the_application_follows_and_answers_on_the_line(tool: Tool, bench: Workbench, firmware: Path) -> None:
    passes(tool, "install", "--port", bench.board.usb, "--firmware", firmware)
    eventually(lambda: units(tool, bench, "1-3") == [1], 10, "the new node")


def units(tool: Tool, bench: Workbench, asked: str) -> list[int]:
    """Who answers on the line."""
    found = tool.json("identify", "--units", asked, "--port", bench.adapter).json
    return [node["unit"] for node in found["nodes"]]


def test_it_gets_an_address_of_its_own(tool: Tool, bench: Workbench) -> None:
    said = passes(tool, "address", "1", "--units", "1-5", "--yes", "--port", bench.adapter)
    assert said["unit"] == UNIT


def test_its_probes_are_told_and_wrong_ones_are_refused_before_anything_changes(tool: Tool, bench: Workbench) -> None:
    wrong = tool.json("settings", UNIT, "--set", 'probes=[["y999",1]]', "--port", bench.adapter)
    assert (wrong.code, wrong.json["code"]) == (2, "E-USAGE-71")
    said = passes(
        tool,
        "settings",
        UNIT,
        "--set",
        f"probes={json.dumps(PROBES)}",
        "--set",
        "name=ao-3",
        "--set",
        "salinity_psu=12",
        "--set",
        "sample_period_ms=500",
        "--port",
        bench.adapter,
    )
    assert said["settings"]["probes"] == PROBES


def test_the_first_reading_is_live(tool: Tool, bench: Workbench) -> None:
    time.sleep(2)
    said = passes(tool, "monitor", UNIT, "--once", "--port", bench.adapter)
    oxygen = next(channel for channel in channels_of(said) if channel["symbol"] == "do_mg_l")
    assert oxygen["value"] == pytest.approx(bench.pond.do_mg_l, abs=0.8)


def channels_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = said["nodes"]
    return list(nodes[0]["channels"])


def test_the_wiring_passes_and_a_missing_probe_fails_by_name(tool: Tool, bench: Workbench, tmp_path: Path) -> None:
    said = passes(tool, "check", UNIT, "--no-relays", "--out", tmp_path / "check.json", "--port", bench.adapter)
    assert said["passed"]
    bench.probes.faults.dead = True
    time.sleep(3)
    failed = tool.json("check", UNIT, "--no-relays", "--out", tmp_path / "bad.json", "--port", bench.adapter)
    bench.probes.heal()
    assert failed.code == 1
    assert any(not row["passed"] for row in failed.json["rows"])


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of stillness in three seconds: the beaker of the twin settles at once."""
    monkeypatch.setattr(stability, "WINDOW_S", 3.0)
    monkeypatch.setattr(stability.Stability.__init__, "__defaults__", (3.0,))
    monkeypatch.setattr(calibration, "POLL_S", 0.2)


@pytest.mark.usefixtures("hurry")
def test_oxygen_is_calibrated_in_air_and_control_sees_no_value_meanwhile(tool: Tool, bench: Workbench) -> None:
    bench.probes.faults.pulled = True
    time.sleep(2)
    said = passes(
        tool, "calibrate", UNIT, "do_1", "--who", "Tâm", "--yes", "--temperature", "25.5", "--port", bench.adapter
    )
    bench.probes.heal()
    assert said["entry"]["after"] == pytest.approx(100.0, abs=0.2)
    shown = passes(tool, "calibrate", UNIT, "--show", "--channel", "0", "--port", bench.adapter)
    assert shown["entries"][0]["who"] == "Tâm"
    assert shown["entries"][0]["standard"] == "air"


def test_label_report_and_copy_are_made(tool: Tool, bench: Workbench, tmp_path: Path) -> None:
    passes(tool, "label", UNIT, tmp_path / "label.png", "--pond", "Ao 3", "--port", bench.adapter)
    passes(tool, "check", UNIT, "--no-relays", "--out", tmp_path / "check.json", "--port", bench.adapter)
    passes(
        tool,
        "report",
        UNIT,
        tmp_path / "report.pdf",
        "--check",
        tmp_path / "check.json",
        "--alarm",
        "passed",
        "--port",
        bench.adapter,
    )
    text = subprocess.run(["pdftotext", str(tmp_path / "report.pdf"), "-"], capture_output=True, text=True, check=True)
    assert "240ac4000077" in text.stdout


def test_a_replaced_board_gets_settings_and_calibrations_back(
    tool: Tool, bench: Workbench, firmware: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.json"
    passes(tool, "backup", UNIT, copy, "--port", bench.adapter)
    passes(tool, "calibrate", UNIT, "--undo", "--channel", "0", "--yes", "--port", bench.adapter)
    passes(tool, "settings", UNIT, "--set", "name=other", "--port", bench.adapter)
    passes(tool, "restore", UNIT, copy, "--yes", "--port", bench.adapter)
    shown = passes(tool, "calibrate", UNIT, "--show", "--channel", "0", "--port", bench.adapter)
    assert len(shown["entries"]) == 1
    assert passes(tool, "settings", UNIT, "--port", bench.adapter)["settings"]["name"] == "ao-3"


def test_calibration_and_settings_survive_a_new_installation(tool: Tool, bench: Workbench, firmware: Path) -> None:
    passes(tool, "install", "--port", bench.board.usb, "--firmware", firmware)
    eventually(lambda: units(tool, bench, str(UNIT)) == [UNIT], 10, "the node again")
    shown = passes(tool, "calibrate", UNIT, "--show", "--channel", "0", "--port", bench.adapter)
    assert len(shown["entries"]) == 1
    assert passes(tool, "settings", UNIT, "--port", bench.adapter)["settings"]["name"] == "ao-3"
