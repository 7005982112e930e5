"""From oxygen under the alarm level to a relay that is confirmed at the panel: 8 nodes at 19200 baud."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.nodes import plan, pond_nodes
from bench.table import percentile, show
from gateway.bus.blocks import PanelState
from gateway.bus.samples import Sample
from gateway.clock import Clock
from gateway.farm import read_farm
from gateway.process import ControlProcess
from hardware.twin.farm import BoardPlan, TwinFarm

PONDS = 8
ROUNDS = 5
ALARM = 4.0
PANEL = BoardPlan(name="panel-1", line="panels", unit_id=40, serial=0x40, pond="ao-1", panel=True, aerators=PONDS)


def farm_text(farm: TwinFarm, data: Path) -> str:
    """Eight ponds of one aerator each, all watching the same simulated water through probes of their own."""
    parts = [f'id = "bench"\nname = "Bench"\ndata = "{data}"\n[simulation]\nspeed = 600']
    parts += [f'[[line]]\nid = "{name}"\nport = "{farm.gateway_port(name)}"' for name in farm.lines]
    parts += [f'[[node]]\nid = "node-{n}"\nline = "ponds"\nunit = {10 + n}' for n in range(1, PONDS + 1)]
    parts.append('[[panel]]\nid = "panel-1"\nline = "panels"\nunit = 40')
    parts += [
        f'[[pond]]\nid = "pond-{n}"\nname = "Pond {n}"\nnode = "node-{n}"\npanel = "panel-1"\n'
        f"aerators = [{n}]\nguard_low = 3.9"
        for n in range(1, PONDS + 1)
    ]
    return "\n".join(parts)


class Watch:
    """Notes when a low sample was taken and when its relay was seen to let the aerator run."""

    def __init__(self, process: ControlProcess) -> None:
        self.took_s: list[float] = []
        self._low_s: dict[int, float] = {}
        self._take = process.control.take
        self._panel = process.panels["panel-1"]
        self._read = self._panel.read_state
        process.control.take = self._heard  # type: ignore[method-assign]
        self._panel.read_state = self._seen  # type: ignore[method-assign]

    def _heard(self, node: str, sample: Sample, period_s: float) -> None:
        reading = sample.reading("do_mg_l")
        number = int(node.split("-")[1]) - 1
        state = self._panel.state
        if reading and reading.value is not None and reading.value < ALARM and state and not state.allowed[number]:
            self._low_s.setdefault(number, sample.taken_s)
        self._take(node, sample, period_s)

    async def _seen(self, urgency: int) -> PanelState:
        state = await self._read(urgency)
        now_s = time.monotonic()
        for number in [number for number in self._low_s if state.allowed[number]]:
            self.took_s.append(now_s - self._low_s.pop(number))
        return state


async def measure(farm: TwinFarm, folder: Path) -> list[float]:
    """Let the oxygen fall again and again."""
    path = folder / "farm.toml"
    path.write_text(farm_text(farm, folder / "data"))
    process = ControlProcess(read_farm(path), Clock(speed=600))
    running = asyncio.create_task(process.run())
    watch = Watch(process)
    for _ in range(ROUNDS):
        await oxygen(farm, 8.0)
        await until(
            lambda: process.panels["panel-1"].state is not None and not any(process.panels["panel-1"].state.allowed)
        )
        await asyncio.sleep(1.3)
        have = len(watch.took_s)
        await oxygen(farm, 3.5)
        await until(lambda have=have: len(watch.took_s) >= have + PONDS)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return watch.took_s


async def oxygen(farm: TwinFarm, do_mg_l: float) -> None:
    """Let the water of all probes have so much, and every probe feel it at once."""
    for probes in farm.probes.values():
        probes.heal()
    farm.ponds["ao-2"].do_mg_l = do_mg_l
    for probes in farm.probes.values():
        probes.senses.settle()
    await asyncio.sleep(0)


async def until(condition: object, seconds: float = 60.0) -> None:
    """Wait for it; raises TimeoutError."""
    ends = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > ends:
            raise TimeoutError("the farm did not do what the measurement waits for")
        await asyncio.sleep(0.05)


def run() -> None:
    """Forty falls of oxygen."""
    with tempfile.TemporaryDirectory() as folder:
        boards = (*pond_nodes(PONDS), PANEL)
        with TwinFarm(plan(Path(folder), boards)) as farm:
            time.sleep(3)
            took_s = asyncio.run(measure(farm, Path(folder)))
    rows = [[f"{len(took_s)}", f"{percentile(took_s, 0.5):.2f} s", f"{percentile(took_s, 0.99):.2f} s", "1 s / 2 s"]]
    show(
        "Oxygen under the alarm level -> relay confirmed, 8 nodes at 19200 baud",
        ["falls", "p50", "p99", "to reach"],
        rows,
    )
