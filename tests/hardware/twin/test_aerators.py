"""Aerators behind a real panel firmware on a virtual board: no reset moves a relay, whichever way it is wired."""

import binascii
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.build import ROOT, compiler
from hardware import pins
from hardware.twin.aerators import Bank
from hardware.twin.board import Board, Rack
from hardware.twin.board.install import install
from tests.hardware.twin.conftest import run_code, wait_for

MODULES = (
    *("firmware/node/" + name for name in ("air", "bank", "clock", "errorlog", "expander", "motors", "panel")),
    *("firmware/node/" + name for name in ("refused", "relays", "settings", "starts", "vault")),
    *("hardware/registers", "hardware/pins"),
)
MAIN = Path(__file__).parent / "panel_main.py"
GATEWAY_PIN = 12
CRASH_PIN = 0
SIREN_PIN = 15
COUNT = 4
MIXED = 0b0011

Panel = tuple[Board, Bank]
MakePanel = Callable[..., Panel]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The panel's part of the firmware as bytecode."""
    folder = tmp_path_factory.mktemp("panel")
    for name in MODULES:
        source = (ROOT / name).with_suffix(".py")
        if source.exists():
            target = (folder / "lib" / name).with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([compiler(), "-O3", "-o", str(target), str(source)], check=True)
    (folder / "main.py").write_bytes(MAIN.read_bytes())
    return folder


@pytest.fixture
def make_panel(rack: Rack, image: Path, tmp_path: Path) -> Iterator[MakePanel]:
    """Return a factory of panels with four aerators of 4 A each."""
    panels: list[tuple[Board, Callable[[float], None]]] = []

    def make(normally_open: int = 0, said: int = 0, **settings: Any) -> Panel:
        values = {"generation": 1, "aerators": COUNT, "stagger_ms": 200, "min_off_s": 0, "lease_s": 5, **settings}
        body = json.dumps({**values, "normally_open": normally_open}).encode()
        folder = tmp_path / f"panel{len(panels)}"
        install(folder, image, {"settings.json": b"%08x\n" % binascii.crc32(body) + body})
        board = Board(rack, folder)
        with rack.lock:
            board.start()
            bank = Bank(board, COUNT, 4.0, normally_open)
            say(board, said)

        def tick(_: float) -> None:
            bank.step(True)

        rack.add_ticker(tick)
        panels.append((board, tick))
        return board, bank

    yield make
    for board, tick in panels:
        with rack.lock:
            rack.remove_ticker(tick)
        board.stop()


def say(board: Board, mask: int | None) -> None:
    """The gateway's command from now on, None for a gateway that is silent."""
    board.set_adc_uv(GATEWAY_PIN, 0 if mask is None else 0x100 | mask)


def allowed(bank: Bank) -> int:
    return sum(bank.allowed(at) << at for at in range(COUNT))


def running(bank: Bank) -> int:
    return sum(machine.running << at for at, machine in enumerate(bank.machines))


def levels(board: Board) -> list[int]:
    return [board.level(pins.RELAYS[at]) for at in range(COUNT)]


@pytest.mark.parametrize("normally_open", [0, MIXED, 0b1111])
def test_a_reset_moves_no_relay(make_panel: MakePanel, normally_open: int) -> None:
    board, bank = make_panel(normally_open, said=0b0101)
    wait_for(lambda: allowed(bank) == 0b0101 and running(bank) == 0b0101)
    before = levels(board)
    assert before == [int(0b0101 >> at & 1 == normally_open >> at & 1) for at in range(COUNT)]
    boots = board.status.boots
    starts = [machine.starts for machine in bank.machines]
    board.reset()
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        assert levels(board) == before
        time.sleep(0.001)
    assert board.status.boots > boots
    assert [machine.starts for machine in bank.machines] == starts


@pytest.mark.parametrize("normally_open", [0, MIXED])
def test_a_crash_ends_in_air_whichever_way_the_relays_are_wired(make_panel: MakePanel, normally_open: int) -> None:
    board, bank = make_panel(normally_open, said=0b0000)
    wait_for(lambda: allowed(bank) == 0)
    board.set_level(CRASH_PIN, 1)
    wait_for(lambda: allowed(bank) == 0b1111)
    say(board, None)
    boots = board.status.boots
    ends = time.monotonic() + 1.0
    while time.monotonic() < ends or board.status.boots < boots + 2:
        assert allowed(bank) == 0b1111
        time.sleep(0.001)


def test_a_crash_lets_no_more_run_than_the_power_limit(make_panel: MakePanel) -> None:
    board, bank = make_panel(MIXED, said=0b1000, power_kw=[3.0] * COUNT, power_limit_kw=6.0, start_order=[1])
    wait_for(lambda: allowed(bank) == 0b1000)
    board.set_level(CRASH_PIN, 1)
    wait_for(lambda: allowed(bank) == 0b1010)


def test_without_power_normally_closed_contacts_run_and_normally_open_ones_rest(make_panel: MakePanel) -> None:
    board, bank = make_panel(MIXED, said=0b0011)
    wait_for(lambda: allowed(bank) == 0b0011)
    board.power_cut()
    wait_for(lambda: [machine.running for machine in bank.machines] == [False, False, True, True])
    say(board, None)
    board.power_on()
    wait_for(lambda: allowed(bank) == 0b1111)


def test_a_stopped_motor_rests_through_a_reset(make_panel: MakePanel) -> None:
    board, bank = make_panel(said=0b1111, min_off_s=3)
    wait_for(lambda: allowed(bank) == 0b1111)
    say(board, 0b1110)
    wait_for(lambda: allowed(bank) == 0b1110)
    stopped_s = time.monotonic()
    board.reset()
    say(board, 0b1111)
    wait_for(lambda: allowed(bank) == 0b1111, 10)
    assert time.monotonic() - stopped_s >= 3


def test_the_siren_follows_the_command_and_falls_silent_with_the_power(make_panel: MakePanel) -> None:
    board, bank = make_panel(said=0b1111)
    board.set_level(SIREN_PIN, 1)
    wait_for(lambda: bank.siren)
    board.set_level(SIREN_PIN, 0)
    wait_for(lambda: not bank.siren)
    board.set_level(SIREN_PIN, 1)
    wait_for(lambda: bank.siren)
    board.power_cut()
    wait_for(lambda: not bank.siren)


def test_without_a_phase_nothing_runs(make_panel: MakePanel) -> None:
    board, bank = make_panel(said=0b1111, phases=7)
    wait_for(lambda: all(machine.running for machine in bank.machines))
    bank.phases[1] = False
    wait_for(lambda: not any(machine.running for machine in bank.machines))
    assert board.i2c_get(pins.SENSE_EXPANDER, 0x12, 1) == b"\x05"


def test_after_an_outage_the_motors_start_one_after_another(make_panel: MakePanel) -> None:
    _, bank = make_panel(said=0b1111, phases=7)
    wait_for(lambda: all(machine.running for machine in bank.machines))
    bank.phases[:] = [False] * 3
    wait_for(lambda: allowed(bank) == 0b0001)
    bank.phases[:] = [True] * 3
    seen = set()
    wait_for(lambda: seen.add(allowed(bank)) or allowed(bank) == 0b1111)  # type: ignore[func-returns-value]
    assert seen == {0b0001, 0b0011, 0b0111, 0b1111}


def test_no_changed_byte_of_the_relays_memory_is_believed(image: Path, rack: Rack, tmp_path: Path) -> None:
    (tmp_path / "quiet").mkdir()
    subprocess.run(["cp", "-r", str(image / "lib"), str(tmp_path / "quiet")], check=True)
    (tmp_path / "quiet" / "main.py").write_text("")
    install(tmp_path / "board", tmp_path / "quiet", {})
    board = Board(rack, tmp_path / "board")
    board.start()
    try:
        code = (
            "from firmware.node import air\n"
            "from machine import RTC\n"
            "memory = air.Memory()\n"
            "memory.mask, memory.fit, memory.wiring, memory.rests[2] = 5, 7, 1, 9\n"
            "memory.keep()\n"
            "whole = RTC().memory()\n"
            "again = air.Memory()\n"
            "assert again.recall() and (again.mask, again.fit, again.wiring, again.rests[2]) == (5, 7, 1, 9)\n"
            "for at in range(len(whole)):\n"
            "    for bit in range(8):\n"
            "        damaged = bytearray(whole)\n"
            "        damaged[at] ^= 1 << bit\n"
            "        RTC().memory(damaged)\n"
            "        assert not air.Memory().recall(), at\n"
            "RTC().memory(whole[:-1])\n"
            "assert not air.Memory().recall()\n"
            "print('held')\n"
        )
        assert run_code(board, code) == "held"
    finally:
        board.stop()
