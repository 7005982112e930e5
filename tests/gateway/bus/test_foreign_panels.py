"""Relay boards and drives as panels, on a real port."""

from pathlib import Path

import pytest

from gateway.bus.drives import Drive, DriveBank
from gateway.bus.errors import NoReply
from gateway.bus.relays import RelayBoard
from gateway.bus.template import read_template
from gateway.bus.turns import RELAY
from gateway.control.farm_control import PanelWish
from gateway.control.keeper import Keeper
from hardware.twin.foreign.drives import Drive as TwinDrive
from hardware.twin.foreign.drives import Gd20, Ms300
from hardware.twin.foreign.waveshare import WaveshareRelay
from tests.gateway.bus.stall import Stall

FIRST_TWO = [True, True, *[False] * 6]


@pytest.mark.parametrize("function", [5, 15])
async def test_a_relay_that_is_drawn_in_holds_its_aerator_off(tmp_path: Path, function: int) -> None:
    board = WaveshareRelay(1)
    template = read_template("waveshare-relay-8")
    assert template.relays is not None
    template = template.model_copy(update={"relays": template.relays.model_copy(update={"write_function": function})})
    with Stall(tmp_path, [board]) as stall:
        panel = stall.device(template, 1, RelayBoard)
        await panel.command(FIRST_TWO, 30, RELAY)
        assert [not board.coils[at] for at in range(8)] == FIRST_TWO
        state = await panel.read_state(RELAY)
        assert list(state.allowed) == list(state.running) == FIRST_TWO
        assert (panel.aerators, panel.known, panel.on_gateway_death) == (8, True, "holds")


async def test_a_board_without_power_lets_all_run(tmp_path: Path) -> None:
    board = WaveshareRelay(1)
    with Stall(tmp_path, [board]) as stall:
        await stall.device("waveshare-relay-8", 1, RelayBoard).command([False] * 8, 30, RELAY)
        assert all(board.coils.values())
        board.lose_power()
        assert not any(board.coils.values())


@pytest.mark.parametrize(("template", "twin"), [("invt-gd20", Gd20(4)), ("delta-ms300", Ms300(4))])
async def test_a_drive_runs_stops_and_turns_slower(tmp_path: Path, template: str, twin: TwinDrive) -> None:
    with Stall(tmp_path, [twin]) as stall:
        drive = stall.device(template, 4, Drive, full_hz=50.0)
        await drive.command(True, RELAY)
        await drive.read(RELAY)
        assert (twin.output_hz, drive.output_hz, drive.running) == (50.0, 50.0, True)
        assert drive.current_a == pytest.approx(4.0)
        drive.set_speed(0.6)
        await drive.command(True, RELAY)
        assert twin.output_hz == 30.0
        twin.trip(7)
        await drive.read(RELAY)
        assert (drive.fault, drive.running) == (7, False)
        twin.fault = 0
        await drive.command(False, RELAY)
        await drive.read(RELAY)
        assert (twin.running, drive.running, drive.output_hz) == (False, False, 0.0)


async def test_a_silent_drive_does_not_keep_the_others_from_running(tmp_path: Path) -> None:
    twins = [Gd20(4), Ms300(5)]
    twins[0].dead = True
    with Stall(tmp_path, twins) as stall:
        drives = [
            stall.device("invt-gd20", 4, Drive, full_hz=50.0),
            stall.device("delta-ms300", 5, Drive, full_hz=50.0),
        ]
        bank = DriveBank("drives-ao-1", drives, lambda: stall.clock.now_s)
        bank.set_speeds({1: 0.5})
        with pytest.raises(NoReply):
            await bank.command([True, True], 30, RELAY)
        assert (twins[1].running, twins[1].output_hz) == (True, 25.0)
        state = await bank.read_state(RELAY)
        assert state.running == (False, True)
        assert state.current_a[1] == pytest.approx(2.0)
        assert state.speed == (0.0, 0.5)


async def test_a_board_that_holds_is_told_to_let_all_run_before_the_first_decision_and_when_the_gateway_leaves(
    tmp_path: Path,
) -> None:
    board = WaveshareRelay(1)
    with Stall(tmp_path, [board]) as stall:
        panel = stall.device("waveshare-relay-8", 1, RelayBoard)
        keeper = Keeper(panel)
        board.coils = dict.fromkeys(range(8), True)
        await keeper._renew()
        assert not any(board.coils.values())
        keeper.wish(PanelWish(wanted=dict.fromkeys(range(8), False), decided=True))
        await keeper._renew()
        assert all(board.coils.values())
        await keeper.let_go()
        assert not any(board.coils.values())
