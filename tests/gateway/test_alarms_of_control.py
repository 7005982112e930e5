"""Alarms within the control process: from a sample to the siren, the journal and the people, in one pass."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.bus.blocks import Identity
from gateway.bus.errors import NoReply
from gateway.bus.node import PanelNode
from gateway.bus.samples import Sample
from gateway.control.farm_control import PanelWish
from gateway.control.keeper import Keeper
from gateway.journal.reader import JournalReader
from gateway.process import ControlProcess, alarms_path
from hardware.registers import IDENTITY, MAGIC, MAP_VERSION, PANEL_LEASED, ROLE_PANEL, ROLE_POND
from tests.firmware.device.panels import Rig
from tests.gateway.farms import FARM, Steps, sample, small_farm
from tests.gateway.wired import Journal, Wire, put

PEOPLE = '\n[[person]]\nid = "lan"\nname = "Lan"\nphone = "+84900000002"\n'


class Running:
    """A control process whose passes are made by hand."""

    def __init__(self, folder: Path) -> None:
        self.steps = Steps()
        self.process = ControlProcess(small_farm(folder, FARM + PEOPLE), self.steps.clock())
        self.node = self.process.nodes["node-1"]
        self.node.identity = Identity(
            hardware_id="n1",
            magic=MAGIC,
            map_version=MAP_VERSION,
            role=ROLE_POND,
            firmware="1",
            channels=3,
            aerators=0,
            sample_period_s=10.0,
            boot=7,
        )
        self.number = 0

    def hear(self, do_mg_l: float | None, *, ago_s: float = 0.0, late: bool = False) -> Sample:
        """A sample comes in."""
        self.number += 1
        heard = sample(self.number, self.steps.now_s - ago_s, do_mg_l, late=late)
        if late:
            self.process.control.take("node-1", heard, 10.0)
        else:
            self.process._heard(self.node, heard)
        return heard

    def evening(self, *values: float) -> None:
        """A sample in ten seconds, a pass each second."""
        for value in values:
            self.hear(value)
            for _ in range(10):
                self.process._pass()
                self.steps.forward(1)

    @property
    def siren(self) -> bool:
        """What the panel is told."""
        return self.process.keepers["panel-1"]._wish.siren

    def kinds(self) -> list[str]:
        rows: list[dict[str, Any]] = self.process.snapshot()["alarms"]["list"]
        return [row["kind"] for row in rows if row["state"] == "unack"]


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


async def test_the_sample_that_falls_under_the_limit_sounds_the_siren_before_the_next_pass(running: Running) -> None:
    running.evening(4.6, 4.5, 4.4, 4.3, 4.2)
    assert not running.siren
    running.hear(3.9)
    assert running.siren
    assert running.process.snapshot()["sendings"][0]["person"] == "lan"
    running.process.order({"do": "acknowledge", "alarm": "all", "who": "lan", "by": "page"})
    running.process._pass()
    assert not running.siren


async def test_a_late_sample_fires_nothing(running: Running) -> None:
    running.evening(5.0, 5.0)
    for age_s in range(6000, 0, -60):
        running.hear(1.0, ago_s=age_s, late=True)
    running.process._pass()
    assert running.kinds() == []
    assert not running.siren


async def test_a_silent_line_is_one_alarm(running: Running) -> None:
    process = running.process
    for node in process._all_polled():
        process._polled(node, NoReply("nobody answers", heard=False))
    for _ in range(12):
        running.steps.forward(1)
        process._pass()
    assert running.kinds() == ["line_dead"]


async def test_alarms_that_fail_leave_the_aerators_alone(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_facts: object) -> None:
        raise ArithmeticError("broken")

    def broken_too() -> None:
        raise KeyError("broken")

    monkeypatch.setattr(running.process.alarms, "step", broken)
    running.evening(4.5, 3.5, 3.4)
    wish = running.process.keepers["panel-1"]._wish
    assert wish.decided
    assert all(wish.wanted.values())
    assert wish.siren
    assert running.process.snapshot()["alarms"]["failing"]
    monkeypatch.setattr(running.process.alarms, "snapshot", broken_too)
    running.evening(3.4)
    shown = running.process.snapshot()
    assert (shown["alarms"]["failing"], shown["sendings"]) == (True, [])


async def test_alarms_that_could_not_be_kept_are_kept_when_the_disk_takes_them(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("read-only")

    running.evening(4.6, 3.9)
    with monkeypatch.context() as disk:
        disk.setattr("gateway.process.write_whole", refused)
        with pytest.raises(OSError, match="read-only"):
            await running.process._save_alarms()
    assert running.process.alarms.changed


async def test_the_journal_and_the_file_keep_what_happened(running: Running) -> None:
    process = running.process
    process.journal.open()
    running.evening(4.6, 4.5, 3.9)
    await process._save_alarms()
    await asyncio.to_thread(process.journal.flush)
    process.journal.close()
    reader = JournalReader(process.journal.path)
    raised = [event for event in reader.events() if event["kind"] == "alarm_raised"]
    reader.close()
    assert raised[0]["detail"]["alarm"] == "do_low"
    again = ControlProcess(process.farm, running.steps.clock())
    again._remember()
    assert alarms_path(process.farm).exists()
    assert again.snapshot()["alarms"]["list"][0]["id"] == 1


async def keep(wish: PanelWish) -> Rig:
    """A panel with its real firmware, a second after the keeper was told this wish."""
    rig = Rig()
    rig.bank.add(
        IDENTITY, lambda image: put(IDENTITY, image, magic=MAGIC, map_version=MAP_VERSION, role=ROLE_PANEL, aerators=4)
    )
    wire = Wire()
    wire.board = SimpleNamespace(bank=rig.bank, tend=lambda: None)  # type: ignore[assignment]
    panel = PanelNode(wire, "panel-1", Journal(), lambda *_: None, lambda *_: None)  # type: ignore[arg-type]
    keeper = Keeper(panel)
    keeping = asyncio.create_task(keeper.run())
    keeper.wish(wish)
    await asyncio.sleep(0.05)
    keeping.cancel()
    rig.run(1)
    return rig


async def test_the_panel_sounds_its_siren_beside_its_aerators() -> None:
    rig = await keep(PanelWish(wanted={0: True, 1: False, 2: False, 3: False}, decided=True, siren=True))
    assert (rig.relays.sounding, rig.panel.reason) == (True, PANEL_LEASED)
    assert rig.show()["wanted"] == 0b0001
    rig = await keep(PanelWish(wanted={0: True, 1: False, 2: False, 3: False}, decided=True))
    assert not rig.relays.sounding


async def test_a_siren_where_nothing_is_decided_leaves_all_aerators_on() -> None:
    rig = await keep(PanelWish(siren=True))
    assert rig.relays.sounding
    assert rig.show()["wanted"] == 0b1111
