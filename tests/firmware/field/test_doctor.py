"""The doctor before made-up USB trees of real files, real ptys and real processes."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.field.ports import boards, choose
from firmware.field.trouble import Trouble
from hardware.twin.terminals import Terminal
from tests.firmware.field.tool import Tool, hold


class Tree:
    """A made-up /sys, /proc and /dev."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("sys/bus/usb/devices", "sys/drivers", "proc", "dev"):
            (root / name).mkdir(parents=True)

    @property
    def options(self) -> list[str]:
        return ["--sysfs", f"{self.root}/sys", "--proc", f"{self.root}/proc", "--dev", f"{self.root}/dev"]

    def plug(self, vendor: str, product: str, port: str | None = None, driver: str | None = None) -> None:
        device = self.root / "sys/bus/usb/devices/1-1"
        interface = device / "1-1:1.0"
        interface.mkdir(parents=True)
        (device / "idVendor").write_text(f"{vendor}\n")
        (device / "idProduct").write_text(f"{product}\n")
        if driver:
            (self.root / "sys/drivers" / driver).mkdir()
            (interface / "driver").symlink_to(self.root / "sys/drivers" / driver)
        if port:
            (interface / port).mkdir()

    def process(self, pid: int, name: str, holds: Path | None = None) -> None:
        folder = self.root / f"proc/{pid}"
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(f"{name}\n")
        if holds is not None:
            (folder / "fd/5").symlink_to(holds.resolve())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree")


@pytest.fixture
def board(tree: Tree) -> Iterator[Path]:
    """A CH340 board at a port that opens."""
    tree.plug("1a86", "7523", "ttyUSB0", "ch341")
    terminal = Terminal(tree.root / "dev/ttyUSB0")
    try:
        yield terminal.link
    finally:
        terminal.close()


def bad(tool: Tool, tree: Tree) -> list[tuple[str, str]]:
    outcome = tool.json("doctor", *tree.options)
    assert outcome.code == (0 if outcome.json["ok"] else 1)
    return [(check["code"], check["next"]) for check in outcome.json["checks"] if not check["ok"]]


def test_a_board_in_order_passes(tool: Tool, tree: Tree, board: Path) -> None:
    assert bad(tool, tree) == []
    assert "Đ Ạ T" in tool("doctor", *tree.options).out


def test_a_cable_without_data_wires_is_suspected_when_nothing_is_on_usb(tool: Tool, tree: Tree) -> None:
    [(code, step)] = bad(tool, tree)
    assert code == "E-PORT-01" and "chỉ sạc" in step


def test_a_bridge_without_driver_gets_the_command_that_loads_it(tool: Tool, tree: Tree) -> None:
    tree.plug("10c4", "ea60")
    [(code, step)] = bad(tool, tree)
    assert code == "E-PORT-09" and "sudo modprobe cp210x" in step


def test_brltty_that_took_the_device_is_named(tool: Tool, tree: Tree) -> None:
    tree.plug("1a86", "7523", driver="usbfs")
    tree.process(712, "brltty")
    [(code, step)] = bad(tool, tree)
    assert code == "E-PORT-06" and "sudo apt remove brltty" in step


def test_modem_manager_on_the_port_gets_the_command_that_stops_it(tool: Tool, tree: Tree, board: Path) -> None:
    tree.process(801, "ModemManager", holds=board)
    codes = dict(bad(tool, tree))
    assert "systemctl disable --now ModemManager" in codes["E-PORT-06"]


def test_another_program_is_named_with_its_number(tool: Tool, board: Path) -> None:
    with hold(str(board.resolve())) as pid:
        outcome = tool.json("doctor", "--port", board.resolve())
    [check] = [check for check in outcome.json["checks"] if check.get("code") == "E-PORT-05"]
    assert str(pid) in check["cause"] and f"kill {pid}" in check["next"]


def test_a_port_of_another_group_gets_the_usermod_command(
    tool: Tool, tree: Tree, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "tho")
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, *more, **options: path != str(board) and real(path, *more, **options)
    )
    [(code, step)] = bad(tool, tree)
    assert code == "E-PORT-04" and "sudo usermod -a -G" in step and "tho" in step


@pytest.mark.parametrize("answers", [False, True], ids=["silence", "garbage"])
def test_the_line_tells_silence_from_swapped_wires(tool: Tool, tmp_path: Path, answers: bool) -> None:
    terminal = Terminal(tmp_path / "line")
    ended = threading.Event()

    def garble() -> None:
        while not ended.wait(0.005):
            if terminal.read() and answers:
                terminal.write(b"\x7f\xfe\x00\xbd\x11")

    thread = threading.Thread(target=garble)
    thread.start()
    try:
        outcome = tool.json("doctor", "--line", terminal.link.resolve())
    finally:
        ended.set()
        thread.join()
        terminal.close()
    assert [check["code"] for check in outcome.json["checks"]] == ["E-LINE-11" if answers else "E-LINE-12"]


class Listed:
    """A port as pyserial lists it."""

    def __init__(self, device: str, vid: int | None, pid: int | None) -> None:
        self.device, self.vid, self.pid = device, vid, pid


def test_boards_are_found_by_usb_id_and_no_other_port_is_touched() -> None:
    listed = [
        Listed("/dev/ttyS0", None, None),
        Listed("/dev/ttyUSB1", 0x10C4, 0xEA60),
        Listed("/dev/ttyACM0", 0x2341, 0x43),
    ]
    assert [(port.device, port.bridge) for port in boards(lambda: listed)] == [("/dev/ttyUSB1", "CP210x")]
    assert choose(None, lambda: listed) == "/dev/ttyUSB1"


def test_two_boards_or_none_are_not_guessed_between() -> None:
    two = [Listed("/dev/ttyUSB0", 0x1A86, 0x7523), Listed("/dev/ttyUSB1", 0x303A, 0x1001)]
    with pytest.raises(Trouble, match="E-PORT-02"):
        choose(None, lambda: two)
    with pytest.raises(Trouble, match="E-PORT-01"):
        choose(None, lambda: [Listed("/dev/ttyS0", None, None)])
