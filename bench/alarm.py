"""From a sample under the alarm level to the siren at the panel and the first message handed to the messages process."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.nodes import plan, pond_nodes
from bench.response import ALARM, PANEL, PONDS, farm_text, oxygen, until
from bench.table import percentile, show
from gateway.bus.samples import Sample
from gateway.clock import Clock
from gateway.farm import read_farm
from gateway.process import ControlProcess
from hardware.twin.farm import TwinFarm

ROUNDS = 10
JUST_ABOVE = 4.4  # a fall of more than 1 mg/L at once is no water's
LOOK_S = 0.005
SAMPLES_S = 3.0  # within which every probe was read
PEOPLE = '\n[[person]]\nid = "lan"\nname = "Lan"\nrole = "owner"\n'


@dataclass
class Watch:
    """When the first low sample of a fall was taken; seconds from then to siren and message, of each fall."""

    process: ControlProcess
    low_s: float | None = None
    siren_s: list[float] = field(default_factory=list)
    message_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._take = self.process.control.take
        self.process.control.take = self._heard  # type: ignore[method-assign]

    def _heard(self, node: str, sample: Sample, period_s: float) -> None:
        reading = sample.reading("do_mg_l")
        if self.low_s is None and reading and reading.value is not None and reading.value < ALARM:
            self.low_s = sample.taken_s
        self._take(node, sample, period_s)

    async def fall(self, farm: TwinFarm) -> None:
        """Oxygen falls until the siren sounds; then somebody acknowledges and it rises again."""
        await oxygen(farm, JUST_ABOVE)
        await asyncio.sleep(SAMPLES_S)
        self.low_s = None
        await oxygen(farm, 3.5)
        await self._since(self.message_s, lambda: bool(self.process.alarms.ladder.sendings))
        await self._since(self.siren_s, lambda: farm.banks["panel-1"].siren)
        await asyncio.sleep(SAMPLES_S)
        self.process.order({"do": "acknowledge", "alarm": "all", "who": "lan", "by": "page"})
        await oxygen(farm, JUST_ABOVE)
        await until(lambda: not self.process.alarms.engine.alarms and not farm.banks["panel-1"].siren)

    async def _since(self, found_s: list[float], condition: object) -> None:
        ends = time.monotonic() + 60
        while not condition():  # type: ignore[operator]
            if time.monotonic() > ends:
                raise TimeoutError("no alarm")
            await asyncio.sleep(LOOK_S)
        assert self.low_s is not None
        found_s.append(time.monotonic() - self.low_s)


async def measure(farm: TwinFarm, folder: Path) -> Watch:
    """Let the oxygen fall again and again."""
    path = folder / "farm.toml"
    path.write_text(farm_text(farm, folder / "data") + PEOPLE)
    process = ControlProcess(read_farm(path), Clock(speed=600))
    running = asyncio.create_task(process.run())
    watch = Watch(process)
    await oxygen(farm, JUST_ABOVE)
    await until(lambda: process.panels["panel-1"].state is not None and not process.alarms.engine.alarms, 90)
    for _ in range(ROUNDS):
        await watch.fall(farm)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return watch


def run() -> None:
    """Ten falls."""
    with tempfile.TemporaryDirectory() as folder, TwinFarm(plan(Path(folder), (*pond_nodes(PONDS), PANEL))) as farm:
        time.sleep(3)
        watch = asyncio.run(measure(farm, Path(folder)))
    rows = [
        [name, f"{percentile(took_s, 0.5):.2f} s", f"{max(took_s):.2f} s", goal]
        for name, took_s, goal in (("siren sounds", watch.siren_s, "2 s"), ("message is due", watch.message_s, "5 s"))
    ]
    show(
        f"A sample under the alarm level, {ROUNDS} falls, 8 nodes at 19200 baud",
        ["until", "p50", "worst", "to reach"],
        rows,
    )
