"""What the controller costs: one pass over 20 ponds, one look ahead, one plan, and the memory of both processes.

`python -m bench.oxygen.costs`; times are of one core of this PC with whatever else runs on it.
"""

import asyncio
import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.table import percentile, show
from gateway.bus.blocks import PanelState
from gateway.bus.samples import Quality, Reading, Sample
from gateway.clock import Clock
from gateway.control.farm_control import FarmControl
from gateway.control.planner import solve
from gateway.control.snapshot import farm_snapshot
from gateway.farm import read_farm
from gateway.planning import Planner
from hardware.registers import HOA_AUTO

PONDS, MACHINES = 20, 8
WARM_UP_HOURS, SECONDS = 30.0, 3600
WARM_UP_STEP_S, SAMPLE_S = 60.0, 10


class Panel:
    """Eight machines that do what they are told."""

    def __init__(self) -> None:
        self.state_s = 0.0
        self.state: PanelState | None = None

    def obey(self, wanted: dict[int, bool], now_s: float) -> None:
        """At once."""
        run = tuple(wanted.get(at, True) for at in range(MACHINES))
        self.state_s = now_s
        self.state = PanelState(
            reason=0,
            lease_counter=0,
            wanted=run,
            allowed=run,
            running=run,
            hand_off_auto=(HOA_AUTO,) * MACHINES,
            current_a=(3.4,) * MACHINES,
            lease_losses=0,
            held_off=(False,) * MACHINES,
            not_running=(False,) * MACHINES,
            mains=(True, True, True),
            siren=False,
            running_kw=0.0,
        )


def farm_text() -> str:
    """Twenty ponds of eight machines, two panels on a feeder."""
    parts = [
        'id = "bench"\nname = "Bench"\n[[line]]\nid = "one"\nport = "/dev/null"\n[[line]]\nid = "two"\nport = "/dev/null"'
    ]
    for n in range(1, PONDS + 1):
        parts.append(f'[[node]]\nid = "node-{n}"\nline = "one"\nunit = {n}')
        parts.append(f'[[panel]]\nid = "panel-{n}"\nline = "two"\nunit = {n}\nfeeder = "cable-{(n + 1) // 2}"')
        parts.append(
            f'[[pond]]\nid = "pond-{n}"\nname = "Pond {n}"\nnode = "node-{n}"\npanel = "panel-{n}"\n'
            f"aerators = [1, 2, 3, 4, 5, 6, 7, 8]\narea_m2 = 3000\npower_kw = 1.5"
        )
    parts += [f'[[feeder]]\nid = "cable-{n}"\nlimit_kw = 20' for n in range(1, PONDS // 2 + 1)]
    parts.append('[tariff]\nname = "vn-under-6kv"')
    return "\n".join(parts)


class Lived:
    """The farm on a clock that is stepped, with water of the simplest kind; each node samples in its own second of ten."""

    def __init__(self, folder: Path) -> None:
        path = folder / "farm.toml"
        path.write_text(farm_text())
        self.now_s = 1000.0
        self.clock = Clock(monotonic=lambda: self.now_s, wall=lambda: 1_800_000_000.0 + self.now_s)
        self.panels = {f"panel-{n}": Panel() for n in range(1, PONDS + 1)}
        self.control = FarmControl(read_farm(path), self.clock, self.panels, lambda *_, **__: None)  # type: ignore[arg-type]
        self.do_mg_l = [5.0 + 0.1 * n for n in range(PONDS)]
        self.noise = random.Random(1)
        self.sequence = 0

    def step(self, seconds: float) -> float:
        """Water, samples, one pass; returns how long the pass took."""
        self.now_s += seconds
        self.sequence += 1
        for n in range(PONDS):
            state = self.panels[f"panel-{n + 1}"].state
            running = sum(state.running) if state else MACHINES
            self.do_mg_l[n] += seconds / 3600 * (-0.9 + (0.02 + 0.1 * running) * (7.5 - self.do_mg_l[n]))
            if seconds >= SAMPLE_S or self.sequence % SAMPLE_S == n % SAMPLE_S:
                self.control.take(f"node-{n + 1}", self._sample(n), SAMPLE_S)
        began_s = time.perf_counter()
        wishes = self.control.step()
        spent_s = time.perf_counter() - began_s
        for name, panel in self.panels.items():
            panel.obey(wishes[name].wanted, self.now_s)
        return spent_s

    def _sample(self, n: int) -> Sample:
        do_mg_l = self.do_mg_l[n] + self.noise.gauss(0, 0.03)
        values = {"do_mg_l": do_mg_l, "do_sat": do_mg_l / 0.075, "temperature_c": 29.0, "salinity_psu": 15.0}
        return Sample(
            node=f"n{n}",
            boot=1,
            sequence=self.sequence,
            taken_s=self.now_s,
            readings=tuple(Reading(quantity=name, value=value, quality=Quality.GOOD) for name, value in values.items()),
        )

    def plan(self) -> list[float]:
        """All plans that are due; returns how long each took to pose."""
        spent_s: list[float] = []
        while True:
            began_s = time.perf_counter()
            problem = self.control.next_problem()
            if problem is None:
                return spent_s
            spent_s.append(time.perf_counter() - began_s)
            self.control.take_plan(solve(problem))


def times(farm: Lived) -> dict[str, list[float]]:
    """Seconds of everything that control does in its loop, an hour at one pass a second."""
    for _ in range(round(WARM_UP_HOURS * 3600 / WARM_UP_STEP_S)):
        farm.step(WARM_UP_STEP_S)
    farm.plan()
    gc.collect()
    spent: dict[str, list[float]] = {"pass": [], "pose": [], "snapshot": []}
    for _ in range(SECONDS):
        spent["pass"].append(farm.step(1.0))
        spent["pose"] += farm.plan()
        spent["snapshot"].append(timed(lambda: farm_snapshot(farm.control, farm.clock, "Bench")))
    return spent


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    began_s = time.perf_counter()
    call()
    return time.perf_counter() - began_s


async def plans(farm: Lived, planner: Planner, count: int = 50) -> list[float]:
    """Seconds of plans that come from the other process, the first with its start."""
    spent_s: list[float] = []
    pond = next(iter(farm.control.ponds.values()))
    for _ in range(count):
        problem = pond.problem(farm.control.price_vnd_kwh, lambda _: MACHINES)
        assert problem is not None
        began_s = time.perf_counter()
        await planner.solve(problem)
        spent_s.append(time.perf_counter() - began_s)
    return spent_s


async def planner_costs(farm: Lived) -> tuple[list[float], float]:
    """Seconds of plans and resident MB of the planner's process."""
    planner = Planner()
    try:
        spent_s = await plans(farm, planner)
        return spent_s, psutil.Process(planner.pid).memory_info().rss / 1e6
    finally:
        await planner.stop()


CONTROL = """
import os, sys
from pathlib import Path
from bench.oxygen.costs import Lived
farm = Lived(Path(sys.argv[1]))
import gateway.process
for _ in range(2000):
    farm.step(60.0)
farm.plan()
import psutil
print(psutil.Process().memory_info().rss / 1e6)
"""


def control_mb(folder: Path) -> float:
    """Resident MB of a process that has loaded all that control loads and has kept the farm for a day and a half."""
    words = [sys.executable, "-c", CONTROL, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "."})
    return float(done.stdout)


def run() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder:
        farm = Lived(Path(folder))
        spent = times(farm)
        spent["plan"], planner_mb = asyncio.run(planner_costs(farm))
        resident_mb = control_mb(Path(folder))
    names = {
        "pass": (f"one pass over {PONDS} ponds", "5 ms"),
        "snapshot": ("its snapshot for the page", ""),
        "pose": ("posing one problem", ""),
        "plan": ("one plan, asked of the other process", "2 s"),
    }
    rows = [[title, str(len(spent[key])), *milliseconds(spent[key]), target] for key, (title, target) in names.items()]
    show("What the controller costs", ["work", "times", "mean", "p99", "worst", "to reach"], rows)
    rows = [[f"control, {PONDS} ponds", f"{resident_mb:.0f} MB", ""], ["planner", f"{planner_mb:.0f} MB", ""]]
    rows.append(["together", f"{resident_mb + planner_mb:.0f} MB", "200 MB"])
    show("Resident memory", ["process", "RSS", "to reach"], rows)


def milliseconds(spent_s: list[float]) -> list[str]:
    """Mean, 99th of a hundred, worst."""
    figures = (sum(spent_s) / len(spent_s), percentile(spent_s, 0.99), max(spent_s))
    return [f"{1000 * figure:.2f} ms" for figure in figures]


if __name__ == "__main__":
    run()
