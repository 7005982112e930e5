"""A large farm's bus: 32 of our nodes on two lines, how old the oldest healthy reading gets, with and without dead nodes."""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from pymodbus import ModbusException

from bench.line import NoLedger, pymodbus_client
from bench.memory_node import PERIOD_MS, QUANTITIES, MemoryNode
from bench.nodes import FIRST_UNIT
from bench.table import show
from gateway.bus import blocks
from gateway.bus.device import Device
from gateway.bus.lines import make_line
from gateway.bus.node import Node
from gateway.bus.poller import Poller
from gateway.bus.samples import Sample
from gateway.bus.settings import LineSettings
from gateway.farm import Farm
from hardware.registers import LIVE
from hardware.twin.foreign.wired import SerialSlaves
from hardware.twin.wires import LineProcess

LINES, NODES, DEAD = 2, 16, 3
BAUD: Final = 19200
SETTLE_S, SECONDS = 10.0, 30.0
LOOK_S = 0.05
REGISTERS = LIVE.head_length + LIVE.group_length * len(QUANTITIES)

Newest = dict[tuple[int, int], float]  # line and unit id; when its newest reading was taken, on the monotonic clock


class PromptLedger(NoLedger):
    """Every sample is safe at once."""

    def put(self, _: Sample) -> int:
        """Committed before it returns."""
        self.committed += 1
        return self.committed


async def ours(at: int, port: Path, newest: Newest) -> None:
    """The gateway's bus on one line, for ever."""
    line = make_line(LineSettings(id=f"line-{at}", port=str(port), baud=BAUD))
    ledger = PromptLedger()

    def heard(node: Node, sample: Sample) -> None:
        newest[at, node.device.unit_id] = sample.taken_s

    devices = [Device(line, FIRST_UNIT + unit) for unit in range(NODES)]
    nodes = [Node(device, f"{at}-{device.unit_id}", ledger, heard, lambda *_: None) for device in devices]
    try:
        await Poller(nodes, Farm.model_fields["poll_ms"].default / 1000, lambda *_: None).run()
    finally:
        line.close()


async def bare(at: int, port: Path, newest: Newest) -> None:
    """pymodbus as it comes (3 s, 3 retries), the same registers of the same slaves in turn, for ever."""
    client = pymodbus_client(port, BAUD)
    await client.connect()
    try:
        while True:
            for unit in range(FIRST_UNIT, FIRST_UNIT + NODES):
                with contextlib.suppress(ModbusException):
                    reply = await client.read_holding_registers(LIVE.address, count=REGISTERS, device_id=unit)
                    if not reply.isError():
                        newest[at, unit] = time.monotonic() - blocks.live(list(reply.registers), len(QUANTITIES)).age_s
    finally:
        client.close()


async def oldest_s(newest: Newest, whose: list[tuple[int, int]], seconds: float) -> float:
    """The greatest age that any of these readings reached meanwhile; infinite when one never came."""
    worst_s = 0.0
    ends = time.monotonic() + seconds
    while (now_s := time.monotonic()) < ends:
        worst_s = max(worst_s, *(now_s - newest.get(one, float("-inf")) for one in whose))
        await asyncio.sleep(LOOK_S)
    return worst_s


async def watch(
    reads: Callable[[int, Path, Newest], Coroutine[Any, Any, None]], ports: list[Path], slaves: list[list[MemoryNode]]
) -> list[float]:
    """Oldest reading in seconds: all alive, from the moment that nodes die, and after that has settled."""
    newest: Newest = {}
    everyone = [(at, slave.unit_id) for at, line in enumerate(slaves) for slave in line]
    dying = [slave for line in slaves for slave in line[-DEAD:]]
    healthy = [(at, slave.unit_id) for at, line in enumerate(slaves) for slave in line[:-DEAD]]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reads(at, port, newest)) for at, port in enumerate(ports)]
        await asyncio.sleep(SETTLE_S)
        ages_s = [await oldest_s(newest, everyone, SECONDS)]
        for slave in dying:
            slave.dead = True
        ages_s += [await oldest_s(newest, healthy, SETTLE_S), await oldest_s(newest, healthy, SECONDS)]
        for task in tasks:
            task.cancel()
    for slave in dying:
        slave.dead = False
    return ages_s


def run() -> None:
    """One table."""
    chance = random.Random(32)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        ports = [Path(folder) / f"gateway-{at}" for at in range(LINES)]
        slaves = []
        for at, port in enumerate(ports):
            members = Path(folder) / f"nodes-{at}"
            wire = LineProcess({"gateway": port, "nodes": members}, BAUD)
            stack.callback(wire.close)
            slaves.append(
                [
                    MemoryNode(FIRST_UNIT + unit, 100 * at + unit + 1, chance.randrange(PERIOD_MS))
                    for unit in range(NODES)
                ]
            )
            stack.callback(SerialSlaves(members, slaves[at], own=False).close)
        found = [asyncio.run(watch(reads, ports, slaves)) for reads in (ours, bare)]
    names = ("all alive", f"{LINES * DEAD} dead, from the moment they die", f"{LINES * DEAD} dead, settled")
    rows = [
        [name, wanted, *(f"{ages_s[at]:.1f} s" for ages_s in found)]
        for at, (name, wanted) in enumerate(zip(names, ("5 s", "6 s", "6 s"), strict=True))
    ]
    show(
        f"Oldest healthy reading of {LINES * NODES} nodes on {LINES} lines at {BAUD} baud, worst of {SECONDS:.0f} s",
        ["nodes", "to reach", "ours", "bare pymodbus, default settings"],
        rows,
        f"A sample each second at every node, so 1 s is the least; `from the moment` is the first {SETTLE_S:.0f} s.",
    )
