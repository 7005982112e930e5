"""The vault on the board's own file system: a power cut in any operation of a save leaves the old document or the new."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.node import vault
from hardware.twin.board import Board, Rack
from hardware.twin.board.install import install
from hardware.twin.board.layout import CutMode

PATH = "cal/y532@3-6.json"
MAIN = f"""
import json
import vault
from _board import host

with host.open("/order", "r") as file:
    number = int(file.read())
if number:
    vault.save({PATH!r}, {{"n": number, "text": "x" * 1500}})
with host.open("/found", "w") as file:
    file.write(json.dumps(vault.load({PATH!r})))
with host.open("/done", "w") as file:
    file.write("done")
"""


class Bench:
    """A board that saves one document a boot."""

    def __init__(self, rack: Rack, folder: Path) -> None:
        image = folder / "image"
        (image / "lib").mkdir(parents=True)
        shutil.copy(vault.__file__, image / "lib/vault.py")
        (image / "main.py").write_text(MAIN)
        self._folder = folder / "board"
        install(self._folder, image, {})
        (self._folder / "order").write_text("0")
        self.board = Board(rack, self._folder)
        self.board.start()

    def run(self, number: int, cut_after: int = 0, mode: CutMode = CutMode.HALF) -> int:
        """Boot and save document `number`, 0 for none; returns the flash operations that took."""
        self.board.power_cut()
        (self._folder / "order").write_text(str(number))
        (self._folder / "done").unlink(missing_ok=True)
        before = self.board.flash_operations()
        self.board.power_on()
        self.board.cut_power_after(cut_after, mode)
        ends = time.monotonic() + 30
        while not (self._folder / "done").exists() and self.board.status.running:
            assert time.monotonic() < ends, "the board did not end"
            time.sleep(0.005)
        return self.board.flash_operations() - before

    def found(self) -> int:
        """The number of the document that a fresh boot reads."""
        self.run(0)
        return int(json.loads((self._folder / "found").read_text())["n"])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Rack() as rack:
        made = Bench(rack, tmp_path)
        yield made
        made.board.stop()


@pytest.mark.parametrize("mode", list(CutMode))
def test_a_power_cut_in_a_save_leaves_the_old_document_or_the_new(bench: Bench, mode: CutMode) -> None:
    bench.run(1)
    bench.run(2)
    old = 3
    operations = bench.run(old)
    assert operations > 5
    for cut in range(1, operations + 1):
        new = 3 + cut
        bench.run(new, cut, mode)
        found = bench.found()
        assert found in (old, new), cut
        old = found
    bench.run(99)
    assert bench.found() == 99
