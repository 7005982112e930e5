"""What a node needs of its heap while it is polled without pause; 64-bit objects."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from bench.nodes import plan
from bench.table import show
from gateway.bus.blocks import head
from gateway.bus.device import Device
from gateway.bus.errors import BusError
from gateway.bus.line import Line
from hardware.registers import LIVE, RING, STATUS
from hardware.twin.farm import BOARDS, TwinFarm

UNITS = {"node-1": ("ponds", 11), "node-3": ("ponds", 13), "panel-1": ("panels", 21)}


@dataclass
class Seen:
    """What a board showed over the run."""

    least_free: int = 1 << 30
    errors: int = 0
    samples: int = 0


async def watch(farm: TwinFarm, seconds: float) -> dict[str, Seen]:
    """Poll three kinds of node without pause."""
    lines = {name: Line(str(farm.gateway_port(name)), baud=19200) for name in farm.lines}
    devices = {name: Device(lines[line], unit_id) for name, (line, unit_id) in UNITS.items()}
    seen = {name: Seen() for name in UNITS}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for name, device in devices.items():
            try:
                await device.read(LIVE, LIVE.length - LIVE.spare)
                await device.read(RING, RING.length - RING.spare)
                status = head(STATUS, await device.read(STATUS, STATUS.length))
            except BusError:
                await asyncio.sleep(0.05)
                continue
            entry = seen[name]
            entry.least_free = min(entry.least_free, status["free_heap_bytes"])
            entry.errors = max(entry.errors, status["errors_logged"])
            entry.samples = status["samples_made"]
    for line in lines.values():
        line.close()
    return seen


def run(minutes: float = 2.0, heaps: tuple[str, ...] = ("160k", "128k", "110k")) -> None:
    """One farm after another, each with its heap."""
    rows = []
    for heap in heaps:
        with tempfile.TemporaryDirectory() as folder:
            made = replace(plan(Path(folder), BOARDS), heap=heap, ring_bytes=2048)
            with TwinFarm(made) as farm:
                seen = asyncio.run(watch(farm, minutes * 60))
                for name, entry in seen.items():
                    boots = farm.boards[name].status.boots
                    lived = entry.samples > 0 and boots == 1
                    free = f"{entry.least_free:,}" if lived else "-"
                    verdict = "no failed allocation" if lived and not entry.errors else f"does not run ({boots} boots)"
                    rows.append([f"{heap}, {name}", free, str(entry.errors), str(entry.samples), verdict])
    show(
        f"Node heap over {minutes:g} min of polling without pause (MicroPython Unix port, 64 bit)",
        ["heap, node", "least free bytes", "errors logged", "samples", "result"],
        rows,
        "The heap is what the firmware finds; the stand-ins of `machine` and `esp32`, in flash on a chip, come on top.",
    )
