"""The wiring report on virtual boards, whole and broken; no relay stays off, whatever happens."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.field.check import line_row, report
from firmware.field.frame import Screen
from firmware.field.relay_check import RelayCheck
from firmware.field.text import text
from hardware.registers import PANEL_COMMAND_EXPIRED, PANEL_LEASE_LOST
from hardware.twin.farm import BoardPlan, TwinFarm
from tests.firmware.field.lines import change, client, eventually, twin_farm
from tests.firmware.field.tool import Tool

NODE = BoardPlan(name="node", line="ponds", unit_id=11, serial=0x11, pond="ao-1", probes=(("y504", 1),))
PANEL_BOARD = BoardPlan(name="panel", line="panels", unit_id=21, serial=0x21, pond="ao-2", panel=True, aerators=2)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, firmware: Path) -> Iterator[TwinFarm]:
    with twin_farm(tmp_path_factory.mktemp("farm"), firmware, NODE, PANEL_BOARD) as made:
        with client(made, "panels", 21) as panel:
            change(panel, min_off_s=1)
        yield made


def rows(path: Path) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(path.read_text())["rows"]}


def check(tool: Tool, farm: TwinFarm, line: str, unit: int, out: Path, *options: str) -> int:
    port = str(farm.gateway_port(line))
    return tool("check", unit, "--port", port, "--out", out, *options, language="en").code


def test_a_whole_node_passes_and_tells_its_probe(tool: Tool, farm: TwinFarm, tmp_path: Path) -> None:
    out = tmp_path / "check.json"
    assert check(tool, farm, "ponds", 11, out) == 0
    found = rows(out)
    assert "0 of 200" in str(found["Line"]["detail"])
    assert "YL" in str(found["Probe 1"]["detail"])
    assert "do_sat raw" in str(found["Probe 1"]["detail"])
    assert json.loads(out.read_text())["hardware_id"] == "240ac4000011"


def test_noise_on_the_line_fails_with_a_hint(tool: Tool, farm: TwinFarm, tmp_path: Path) -> None:
    farm.lines["ponds"].order("noise", share=0.2)
    try:
        code = check(tool, farm, "ponds", 11, tmp_path / "check.json")
    finally:
        farm.lines["ponds"].order("heal")
    assert code in (1, 6)
    if code == 1:
        assert not rows(tmp_path / "check.json")["Line"]["passed"]


def test_silence_says_where_to_look(tool: Tool, farm: TwinFarm, tmp_path: Path) -> None:
    port = farm.gateway_port("ponds")
    silent = tool("check", 77, "--port", port, "--out", tmp_path / "check.json", language="en")
    assert silent.code == 6
    assert "A and B" in silent.out


def test_every_relay_is_clicked_and_its_current_seen(tool: Tool, farm: TwinFarm, tmp_path: Path) -> None:
    out = tmp_path / "check.json"
    assert check(tool, farm, "panels", 21, out, "--relays") == 0
    found = rows(out)
    for aerator in (1, 2):
        assert found[f"Relay of aerator {aerator}"]["passed"]
        assert "3.4" in str(found[f"Relay of aerator {aerator}"]["detail"])
        assert found[f"Switch of aerator {aerator}"]["detail"] == "auto"
    assert all(farm.banks["panel"].allowed(aerator) for aerator in range(2))


def test_a_welded_contactor_and_a_switch_in_hand_fail(tool: Tool, farm: TwinFarm, tmp_path: Path) -> None:
    out = tmp_path / "check.json"
    bank = farm.banks["panel"]
    bank.machines[0].welded = True
    bank.machines[1].switch = "hand"
    try:
        assert check(tool, farm, "panels", 21, out, "--relays") == 1
    finally:
        bank.machines[0].welded = False
        bank.machines[1].switch = "auto"
    found = rows(out)
    assert "welded" in str(found["Relay of aerator 1"]["detail"])
    assert found["Switch of aerator 2"]["detail"] == "hand"
    assert not found["Relay of aerator 2"]["passed"]


def test_without_relays_no_machine_stops(tool: Tool, farm: TwinFarm, tmp_path: Path) -> None:
    with client(farm, "panels", 21) as panel:
        before = panel.panel()
        assert check_in(panel, tmp_path) == 0
        assert panel.panel().lease_losses == before.lease_losses


def check_in(node: object, folder: Path) -> int:
    screen = Screen(text("en"), as_json=True)
    found = report(node, screen, relays=False, out=folder / "check.json")  # type: ignore[arg-type]
    assert not any(row.name.startswith("Relay") for row in found)
    return int(screen.has_failed)


def test_a_check_that_is_interrupted_leaves_every_aerator_running(farm: TwinFarm, tmp_path: Path) -> None:
    def interrupted(seconds: float) -> None:
        if not farm.banks["panel"].allowed(0):
            raise KeyboardInterrupt

    clock = iter(range(100000))
    with client(farm, "panels", 21) as panel:
        relays = RelayCheck(panel, panel.settings(), lambda: float(next(clock)), interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(relays.run())
        eventually(lambda: all(farm.banks["panel"].allowed(at) for at in range(2)), 20)
        assert panel.panel().reason in (PANEL_COMMAND_EXPIRED, PANEL_LEASE_LOST)


@pytest.mark.parametrize(
    ("silent", "garbled", "crc", "hint"),
    [(3, 0, 0, "supply"), (0, 3, 1, "A and B"), (1, 1, 2, "termination"), (0, 0, 0, "0 of 200")],
)
def test_the_pattern_of_errors_points_at_its_cause(silent: int, garbled: int, crc: int, hint: str) -> None:
    row = line_row(silent, garbled, crc, text("en"))
    assert hint in row.detail
    assert row.passed == (silent + garbled + crc == 0)
