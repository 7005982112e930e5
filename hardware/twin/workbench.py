"""A technician's table: one new board with an empty flash, its USB cable, an RS-485 adapter, and probes in a beaker."""

import selectors
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hardware.twin.board import Board, Rack
from hardware.twin.ponds import Pond
from hardware.twin.probes import Probes
from hardware.twin.terminals import Terminal
from hardware.twin.wires import LineProcess

STEP_S = 0.1
TECHNICIAN = "technician"
NODE = "node"


class Workbench:
    """`with Workbench(folder, pond, entries) as bench:`; probes are those of the settings entries, wet in `pond`."""

    def __init__(self, folder: Path, pond: Pond, entries: Sequence[Sequence[Any]], *, baud: int = 19200) -> None:
        self.folder = folder
        self.pond = pond
        self.rack = Rack()
        self.line = LineProcess({TECHNICIAN: folder / "adapter", NODE: folder / "board/uart1"}, baud)
        self.board = Board(self.rack, folder / "board", unique_id=bytes((0x24, 0x0A, 0xC4, 0, 0, 0x77)))
        self.probes = Probes(pond, Terminal(folder / "board/uart2"), entries=entries, seed=7)
        self._stepped_s = 0.0

    @property
    def adapter(self) -> str:
        """The port of the RS-485 adapter."""
        return str(self.folder / "adapter")

    def __enter__(self) -> Self:
        self.rack.__enter__()
        with self.rack.lock:
            self.probes.attach(self.board)
            self.rack.watch(self.probes.terminal.master, selectors.EVENT_READ, self.probes.answer)
            self.board.start()
            self._stepped_s = time.monotonic()
            self.rack.add_ticker(self._step)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.rack.lock:
            self.rack.remove_ticker(self._step)
        self.board.stop()
        self.rack.__exit__(kind, error, trace)
        self.probes.terminal.close()
        self.line.close()

    def _step(self, now_s: float) -> None:
        if now_s - self._stepped_s >= STEP_S:
            self.probes.step((now_s - self._stepped_s) / 3600)
            self._stepped_s = now_s
