"""The demo farm: three ponds, three pond nodes, two panels, two lines, all as real as a PC allows."""

import binascii
import json
import selectors
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware.registers import ROLE_PANEL, ROLE_POND
from hardware.twin.aerators import Bank
from hardware.twin.board import Board, Rack
from hardware.twin.board.install import install
from hardware.twin.ponds import Aerators, Basin, Biofloc, Played, Pond, Record, Replayed
from hardware.twin.probes import Probes
from hardware.twin.terminals import Terminal
from hardware.twin.wires import LineProcess

STEP_S = 0.05
GATEWAY = "gateway"


@dataclass(frozen=True, kw_only=True)
class BoardPlan:
    """One board: its line, unit id, and the settings that go to its flash."""

    name: str
    line: str
    unit_id: int
    serial: int
    pond: str
    panel: bool = False
    aerators: int = 0
    probes: tuple[tuple[Any, ...], ...] = ()
    salinity_psu: float = 0.0
    update_key: str = ""
    normally_open: int = 0
    phases: int = 0
    start_order: tuple[int, ...] = ()
    power_kw: tuple[float, ...] = ()
    power_limit_kw: float = 0.0
    min_off_s: int = 0


BOARDS = (
    BoardPlan(
        name="node-1", line="ponds", unit_id=11, serial=0x11, pond="ao-1", probes=(("y504", 1),), salinity_psu=15.0
    ),
    BoardPlan(
        name="node-2", line="ponds", unit_id=12, serial=0x12, pond="ao-2", probes=(("y504", 1),), salinity_psu=10.0
    ),
    BoardPlan(
        name="node-3",
        line="ponds",
        unit_id=13,
        serial=0x13,
        pond="ao-3",
        probes=(("y520", 2), ("y532", 3), ("y504", 1)),
    ),
    BoardPlan(name="panel-1", line="panels", unit_id=21, serial=0x21, pond="ao-1", panel=True, aerators=8),
    BoardPlan(name="panel-2", line="panels", unit_id=22, serial=0x22, pond="ao-2", panel=True, aerators=6),
)


@dataclass(frozen=True, kw_only=True)
class FarmPlan:
    """What can differ between one run of the farm and the next; `start_hour` is the hour of the pond's day."""

    folder: Path
    firmware: Path
    speed: float = 60.0
    start_hour: float = 15.0
    sample_period_ms: int = 2000
    stagger_ms: int = 5000
    lease_s: int = 15
    baud: int = 19200
    heap: str = "160k"
    ring_bytes: int = 8192
    boards: tuple[BoardPlan, ...] = field(default=BOARDS)

    @property
    def lines(self) -> list[str]:
        """The names of the lines."""
        return sorted({board.line for board in self.boards})


def make_ponds(start_hour: float) -> dict[str, Pond]:
    """The three ponds of the demo."""
    record = Record()
    one = Basin(area_m2=1000, depth_m=1.3, stock_t_per_ha=50)
    two = Basin(area_m2=3000, depth_m=1.2, stock_t_per_ha=10)
    three = Basin(area_m2=10000, depth_m=0.6, stock_t_per_ha=0.5)
    return {
        "ao-1": Pond(
            one,
            Biofloc(one),
            Aerators(count=8, power_kw=2.2, current_a=4.7, kg_o2_per_kwh=1.4, alpha=0.75),
            start_hour,
        ),
        "ao-2": Pond(two, Replayed(two, record), Aerators(count=6, power_kw=1.5, current_a=3.4), start_hour),
        "ao-3": Played(three, Replayed(three, record), start_hour),
    }


class TwinFarm:
    """Everything between the water and the gateway's serial ports; `with TwinFarm(plan) as farm: ...`."""

    def __init__(self, plan: FarmPlan) -> None:
        self.plan = plan
        self.rack = Rack()
        self.lock = self.rack.lock
        self.mains = True
        self.ponds = make_ponds(plan.start_hour)
        self.lines: dict[str, LineProcess] = {}
        self.boards: dict[str, Board] = {}
        self.probes: dict[str, Probes] = {}
        self.banks: dict[str, Bank] = {}
        self._stepped_s = 0.0
        self._started = threading.Event()

    def gateway_port(self, line: str) -> Path:
        """Where the gateway finds the adapter of a line, as under /dev/serial/by-id."""
        return self.plan.folder / "serial" / f"usb-pondkeeper-{line}"

    def __enter__(self) -> "TwinFarm":
        for line in self.plan.lines:
            links = {
                board.name: self._board_folder(board.name) / "uart1" for board in self.plan.boards if board.line == line
            }
            self.lines[line] = LineProcess({GATEWAY: self.gateway_port(line), **links}, self.plan.baud)
        self.rack.__enter__()
        for board in self.plan.boards:
            self._add(board)
        self._stepped_s = time.monotonic()
        with self.lock:
            self.rack.add_ticker(self._step)
        return self

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.rack.remove_ticker(self._step)
        for board in self.boards.values():
            board.stop()
        self.rack.__exit__(None, None, None)
        for probes in self.probes.values():
            probes.terminal.close()
        for line in self.lines.values():
            line.close()

    def _board_folder(self, name: str) -> Path:
        return self.plan.folder / "boards" / name

    def _add(self, plan: BoardPlan) -> None:
        folder = self._board_folder(plan.name)
        install(folder, self.plan.firmware, {"settings.json": self._settings(plan)})
        unique_id = bytes((0x24, 0x0A, 0xC4, 0, 0, plan.serial))
        board = Board(self.rack, folder, heap_size=self.plan.heap, unique_id=unique_id)
        with self.lock:
            if plan.probes:
                self._add_probes(plan, folder, board)
            board.start()
            self.boards[plan.name] = board
            if plan.panel:
                machines = self.ponds[plan.pond].aerators
                current_a = machines.current_a if machines else 0.0
                self.banks[plan.name] = Bank(board, plan.aerators, current_a, plan.normally_open)

    def _add_probes(self, plan: BoardPlan, folder: Path, board: Board) -> None:
        terminal = Terminal(folder / "uart2")
        probes = Probes(self.ponds[plan.pond], terminal, entries=plan.probes, seed=plan.serial)
        probes.attach(board)
        self.probes[plan.name] = probes
        self.rack.watch(terminal.master, selectors.EVENT_READ, probes.answer)

    def _settings(self, plan: BoardPlan) -> bytes:
        values: dict[str, Any] = {
            "generation": 1,
            "role": ROLE_PANEL if plan.panel else ROLE_POND,
            "unit_id": plan.unit_id,
            "baud": self.plan.baud,
            "sample_period_ms": self.plan.sample_period_ms,
            "stagger_ms": self.plan.stagger_ms,
            "lease_s": self.plan.lease_s,
            "aerators": plan.aerators,
            "probes": plan.probes,
            "salinity_psu": plan.salinity_psu,
            "ring_bytes": self.plan.ring_bytes,
            "update_key": plan.update_key,
            "normally_open": plan.normally_open,
            "phases": plan.phases,
            "start_order": plan.start_order,
            "power_kw": plan.power_kw,
            "power_limit_kw": plan.power_limit_kw,
            "min_off_s": plan.min_off_s,
        }
        body = json.dumps(values).encode()
        return b"%08x\n" % binascii.crc32(body) + body

    def hour_of_day(self) -> tuple[float, float]:
        """The hour of the ponds' day, and the second of the monotonic clock at which it was that hour."""
        with self.lock:
            return next(iter(self.ponds.values())).hour % 24, self._stepped_s

    def _step(self, now_s: float) -> None:
        if now_s - self._stepped_s < STEP_S:
            return
        hours = (now_s - self._stepped_s) * self.plan.speed / 3600
        self._stepped_s = now_s
        running = {plan.pond: self.banks[plan.name].step(self.mains) for plan in self.plan.boards if plan.panel}
        for name, pond in self.ponds.items():
            pond.step(hours, running.get(name, 0))
        for probes in self.probes.values():
            probes.step(hours)
