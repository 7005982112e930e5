"""The line: transactions against the wire limit, healthy nodes beside dead ones, and replies that come too late."""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient

from bench.nodes import FIRST_UNIT, plan, pond_nodes
from bench.table import show
from gateway.bus.device import Device
from gateway.bus.errors import BusError
from gateway.bus.line import Line
from gateway.bus.node import Node
from gateway.bus.poller import Poller
from gateway.bus.samples import Sample
from hardware.registers import LIVE
from hardware.twin.farm import TwinFarm
from hardware.twin.rude import RawSlave, reply

REGISTERS = 20
SECONDS = 10.0
DEAD_SECONDS = 40.0


def wire_limit(baud: int, registers: int) -> float:
    """Reads a second when nothing but the bytes and two silences of 3.5 characters (1.75 ms above 19200) takes time."""
    silence_s = 0.00175 if baud > 19200 else 35 / baud
    return 1 / ((8 + 5 + 2 * registers) * 10 / baud + 2 * silence_s)


def pymodbus_client(port: Path, baud: int, **words: float) -> AsyncModbusSerialClient:
    """pymodbus as it comes, but for these words."""
    return AsyncModbusSerialClient(str(port), framer=FramerType.RTU, baudrate=baud, **words)  # type: ignore[arg-type]


async def rate(read: Callable[[int], Awaitable[object]], units: int) -> float:
    """Reads a second over all units in turn."""
    done = 0
    started = time.monotonic()
    while time.monotonic() - started < SECONDS:
        with contextlib.suppress(BusError, ModbusException):
            await read(FIRST_UNIT + done % units)
        done += 1
    return done / (time.monotonic() - started)


async def throughput(farm: TwinFarm, baud: int) -> tuple[float, float]:
    """Our line and bare pymodbus, 20 registers of each of 8 nodes in turn."""
    line = Line(str(farm.gateway_port("ponds")), baud=baud)
    ours = await rate(lambda unit: line.read(unit, LIVE.address, REGISTERS, 0.5), 8)
    line.close()
    client = pymodbus_client(farm.gateway_port("ponds"), baud)
    await client.connect()
    bare = await rate(lambda unit: client.read_holding_registers(LIVE.address, count=REGISTERS, device_id=unit), 8)
    client.close()
    return ours, bare


def run_throughput() -> None:
    """Transactions on a paced line."""
    rows = []
    for baud, wanted in ((9600, 95), (19200, 95), (115200, 80)):
        with tempfile.TemporaryDirectory() as folder, TwinFarm(plan(Path(folder), pond_nodes(8), baud=baud)) as farm:
            time.sleep(3)
            ours, bare = asyncio.run(throughput(farm, baud))
            limit = wire_limit(baud, REGISTERS)
            bytes_s = (8 + 5 + 2 * REGISTERS) * 10 / baud
            rows.append(
                [
                    str(baud),
                    f"{limit:.1f}",
                    f"{ours:.1f}",
                    f"{100 * ours / limit:.0f} %",
                    f"{100 * ours * bytes_s:.0f} %",
                    f"{100 * bare / limit:.0f} %",
                    f"{wanted} %",
                ]
            )
    columns = ["baud", "wire limit/s", "ours/s", "of the limit", "of bare bytes", "bare pymodbus", "to reach"]
    note = (
        "The limit counts two silences of 3.5 characters, which our nodes do not need and neither client keeps; "
        "`of bare bytes` leaves them out."
    )
    show(f"Reads of {REGISTERS} registers, 8 nodes on one paced line", columns, rows, note)


class NoLedger:
    """Takes samples and keeps none."""

    committed = 0

    def __init__(self) -> None:
        self.losses: dict[tuple[str, int], int] = {}

    def put(self, _: Sample) -> int:
        """No ticket is ever safe."""
        return 1

    def lost(self, node: str, boot: int, samples: int) -> None:
        """Nobody is told."""


async def healthy_rate(farm: TwinFarm, units: int, dead: int, seconds: float) -> float:
    """Answers a second of the healthy nodes under our poller, from the moment the others die."""
    line = Line(str(farm.gateway_port("ponds")), baud=19200)
    nodes = [
        Node(Device(line, FIRST_UNIT + at), f"node-{at + 1}", NoLedger(), lambda *_: None, lambda *_: None)
        for at in range(units)
    ]
    poller = asyncio.create_task(Poller(nodes, 0.0, lambda *_: None).run())
    await asyncio.sleep(3)
    for at in range(dead):
        farm.lines["ponds"].order("cut", member=f"node-{units - at}")
    before = sum(node.device.statistics.replies for node in nodes[: units - dead])
    await asyncio.sleep(seconds)
    after = sum(node.device.statistics.replies for node in nodes[: units - dead])
    poller.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await poller
    line.close()
    return (after - before) / seconds / (units - dead)


async def pymodbus_rate(farm: TwinFarm, units: int, dead: int, seconds: float) -> float:
    """The same by bare pymodbus with its default deadline and retries."""
    client = pymodbus_client(farm.gateway_port("ponds"), 19200)
    await client.connect()
    healthy = 0
    ends = time.monotonic() + seconds
    unit = 0
    while time.monotonic() < ends:
        with contextlib.suppress(ModbusException):
            reply = await client.read_holding_registers(LIVE.address, count=24, device_id=FIRST_UNIT + unit)
            healthy += not reply.isError() and unit < units - dead
        unit = (unit + 1) % units
    client.close()
    return healthy / seconds / (units - dead)


def run_dead() -> None:
    """Healthy nodes beside dead ones."""
    rows = []
    for units, dead in ((8, 1), (10, 3)):
        with tempfile.TemporaryDirectory() as folder, TwinFarm(plan(Path(folder), pond_nodes(units))) as farm:
            time.sleep(3)
            alive = asyncio.run(healthy_rate(farm, units, 0, SECONDS))
            bare_alive = asyncio.run(pymodbus_rate(farm, units, 0, SECONDS))
            sick = asyncio.run(healthy_rate(farm, units, dead, DEAD_SECONDS))
            bare_sick = asyncio.run(pymodbus_rate(farm, units, dead, DEAD_SECONDS))
        rows.append(
            [
                f"{dead} of {units}",
                f"{alive:.2f}",
                f"{sick:.2f}",
                f"{100 * sick / alive:.0f} %",
                f"{100 * bare_sick / bare_alive:.0f} %",
            ]
        )
    columns = ["dead nodes", "all alive, each/s", "beside the dead, each/s", "ours", "bare pymodbus, default settings"]
    note = (
        f"Ours from the moment the nodes die, over {DEAD_SECONDS:.0f} s; to reach 90 %. "
        "A healthy node gains the turns that a dead one lost."
    )
    show("Rate of the healthy nodes at 19200 baud", columns, rows, note)


async def late_values(link: Path, replies: int, deadline_s: float) -> tuple[int, int]:
    """How many values were accepted by us and by bare pymodbus, all of them wrong by construction."""
    line = Line(str(link), baud=115200, turnaround_s=2 * deadline_s)
    ours = 0
    for number in range(replies):
        with contextlib.suppress(BusError):
            values = await line.read(5, number, 2, deadline_s)
            ours += values != [number, number]
    line.close()
    client = pymodbus_client(link, 115200, timeout=deadline_s, retries=0)
    await client.connect()
    bare = 0
    for number in range(replies):
        with contextlib.suppress(ModbusException):
            reply = await client.read_holding_registers(number, count=2, device_id=5)
            bare += not reply.isError() and reply.registers != [number, number]
    client.close()
    return ours, bare


def run_late(replies: int = 1000, deadline_s: float = 0.03) -> None:
    """Replies after their deadline, all of the same shape."""
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(3)
        port = Path(folder) / "port"
        slave = RawSlave(
            port,
            lambda unit_id, address, count: (chance.uniform(1.05, 2.9) * deadline_s, reply(unit_id, [address] * count)),
        )
        ours, bare = asyncio.run(late_values(port, replies, deadline_s))
        slave.close()
    rows = [["ours", str(replies), str(ours)], ["bare pymodbus, retries 0", str(replies), str(bare)]]
    show(
        "Wrong values accepted out of replies that come 1.05 to 2.9 deadlines late",
        ["client", "late replies", "wrong values"],
        rows,
    )


def run() -> None:
    """All three tables."""
    run_throughput()
    run_dead()
    run_late()
