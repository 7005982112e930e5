"""The node's sample log: what it writes to flash and how long that lasts, and what fetching a backlog costs live polls.

Flash is counted, not estimated: the device's own code runs under MicroPython on its littlefs, on a block device that counts
each erase and each program of each block.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.line import NoLedger
from bench.nodes import FIRST_UNIT, plan, pond_nodes
from bench.table import percentile, show
from gateway.bus.device import Device
from gateway.bus.line import Line
from gateway.bus.node import Node
from gateway.bus.poller import Poller
from gateway.bus.samples import Sample
from hardware.registers import LIVE, RING
from hardware.twin.board.tools import find_micropython
from hardware.twin.farm import TwinFarm

ROOT = Path(__file__).parents[1]
ENDURANCE = 100_000
FLASH_KIB = 2048  # file system of an ESP32 with 4 MB
NODES = 8
CHANNELS = 3

DEVICE = """
import gc, json, os, sys, time, vfs
from firmware.node.channel import Channel
from firmware.node.log import Log, free_bytes
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler

days, channels, present, kib = [int(word) for word in sys.argv[1:]]

class Flash:
    def __init__(self, blocks):
        self.data = bytearray(4096 * blocks)
        self.erased = [0] * blocks
        self.programs = 0
    def readblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        self.data[at : at + len(buffer)] = buffer
        self.programs += 1
    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.erased)
        if operation == 5:
            return 4096
        if operation == 6:
            self.erased[argument] += 1
        return 0

class Steps:
    ms = 0
    def uptime_ms(self):
        return self.ms

class Set:
    log_period_s = 60
    sample_period_ms = 10000

flash = Flash(kib // 4)
vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/flash")
free = lambda: free_bytes("/flash")
clock = Steps()
log = Log("/flash/log", channels, 10080, 1, free)
ring = Ring(bytearray(2048), channels)
sampler = Sampler([Channel(n + 1) for n in range(channels)], ring, clock, 1, Set(), log)
flash.erased = [0] * len(flash.erased)
flash.programs = 0
for _ in range(days * 8640):
    clock.ms += 10000
    sampler.take()
    if present:
        sampler.memory._acknowledge(0, [0, 1, ring.last >> 16, ring.last & 65535])
    while sampler.memory.tend():
        pass
told = {"programs": flash.programs, "erases": sum(flash.erased), "busiest": max(flash.erased)}
told.update(appends=log.erases, records=log.records, dropped=sampler.memory.dropped)
begins = time.ticks_us()
again = Log("/flash/log", channels, 10080, 2, free)
told["scan_ms"] = time.ticks_diff(time.ticks_us(), begins) / 1000
told["found"] = again.records
print(json.dumps(told))
"""


def count(days: int, channels: int, present: bool) -> dict[str, float]:
    """So many days of the log on a counted flash."""
    environment = {**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "device.py"
        script.write_text(DEVICE)
        words = [str(days), str(channels), str(int(present)), str(FLASH_KIB)]
        command = [find_micropython(), "-X", "heapsize=64m", str(script), *words]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(result.stdout)
    return told


def run_wear(days: int = 30) -> None:
    """Writes, erases and years, with the gateway and without."""
    rows = []
    for channels in (4, 12):
        for present in (True, False):
            told = count(days, channels, present)
            yearly = told["busiest"] * 365 / days
            rows.append(
                [
                    f"{channels} channels, gateway {'fetches' if present else 'away'}",
                    f"{told['appends'] / days:.0f}",
                    f"{told['programs'] / days:.0f}",
                    f"{told['erases'] * 365 / days:,.0f}",
                    f"{yearly:,.0f}",
                    f"{ENDURANCE / yearly:,.0f}" if yearly else "no wear",
                    f"{told['records'] / 1440:.1f}",
                    f"{told['scan_ms']:.1f}",
                ]
            )
    columns = [
        f"{days} days, sample every 10 s", "appends/day", "programs/day", "erases/year, all", "busiest block/year",
        f"years to {ENDURANCE:,}", "days held", "ms to open at boot",
    ]  # fmt: skip
    note = f"littlefs of {FLASH_KIB} KiB; to reach: over 10 years with the gateway away all the time, 7 days held."
    show("Flash log of samples: wear counted on littlefs under the device's own code", columns, rows, note)


class SafeLedger(NoLedger):
    """Safe at once, so that a node can be acknowledged without end."""

    committed = 1

    def put(self, _: Sample) -> int:
        """Ticket 1 is safe."""
        return 1


async def poll_times(farm: TwinFarm, seconds: float, period_s: float) -> tuple[float, int, list[float], list[float]]:
    """Live polls a second over all nodes, windows fetched, and how long a live poll and a window took."""
    line = Line(str(farm.gateway_port("ponds")), baud=19200)
    nodes = [
        Node(Device(line, FIRST_UNIT + at), f"node-{at + 1}", SafeLedger(), lambda *_: None, lambda *_: None)
        for at in range(NODES)
    ]
    took: dict[int, list[float]] = {LIVE.number: [], RING.number: []}
    for node in nodes:
        _time_reads(node.device, took)
    task = asyncio.create_task(Poller(nodes, period_s, lambda *_: None).run())
    await asyncio.sleep(seconds)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    line.close()
    return len(took[LIVE.number]) / seconds, len(took[RING.number]), took[LIVE.number], took[RING.number]


def _time_reads(device: Device, took: dict[int, list[float]]) -> None:
    read = device.read

    async def timed(block, count, *urgency):  # type: ignore[no-untyped-def]
        words = await read(block, count, *urgency)
        if block.number in took:
            took[block.number].append(device.line.last_took_s)
        return words

    device.read = timed  # type: ignore[method-assign]


def run_rates(alone_s: float = 90.0, seconds: float = 20.0) -> None:
    """Live rate with and without a backlog, on a line with pauses and on one without."""
    rows = []
    for period_s in (0.5, 0.0):
        with tempfile.TemporaryDirectory() as folder:
            made = replace(plan(Path(folder), pond_nodes(NODES)), ring_bytes=4096)
            with TwinFarm(made) as farm:
                time.sleep(alone_s)
                behind = asyncio.run(poll_times(farm, seconds, period_s))
                asyncio.run(poll_times(farm, 3 * seconds, 0.3))
                level = asyncio.run(poll_times(farm, seconds, period_s))
        rows.append(
            [
                f"{period_s:g} s",
                f"{level[0]:.1f}",
                f"{behind[0]:.1f}",
                f"{100 * behind[0] / level[0]:.0f} %",
                str(behind[1]),
                f"{1000 * percentile(behind[2], 0.5):.0f}",
                f"{1000 * percentile(behind[3], 0.5):.0f}" if behind[3] else "-",
            ]
        )
    columns = [
        "poll period", "live reads/s, no backlog", "with a backlog", "kept", f"windows in {seconds:.0f} s",
        "live read, ms", "window read, ms",
    ]  # fmt: skip
    show(f"Live polls of {NODES} nodes at 19200 baud while a backlog is fetched", columns, rows)


def run() -> None:
    """Both tables."""
    run_wear()
    run_rates()
