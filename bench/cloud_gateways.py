"""Ten thousand gateways connected to one broker: its memory, and how many messages a second are stored and confirmed.

Each gateway has one message on the way at a time. The gateways, Mosquitto, the ingest and SQLite share the machine.
"""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import Queue, get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import aiomqtt
import psutil

from bench.cloud_rows import BEGAN_S, QUANTITIES, ingest, ready
from bench.table import percentile, show
from cloud.database import Database, migrate
from cloud.farms import repository as farms
from gateway.uplink.messages import SCHEMA, blocks
from tests.mosquitto import mosquitto

GATEWAYS = 10_000
PROCESSES = 4
"""A client takes three file descriptors, a process has some 20,000."""
AT_ONCE = 200
ROUNDS = 2
PATIENCE_S = 300.0
LINES = ("max_inflight_messages 1000", "max_queued_messages 100000")


def message(sequence: int) -> bytes:
    """One sample of one node, as a farm with a single pond sends each minute."""
    sample = {
        "node": "n1", "boot": 1, "sequence": sequence, "taken_at": BEGAN_S + 60 * sequence, "wall_known": True,
        "late": False, "readings": [[name, 5.0 + sequence, 0, 0] for name in QUANTITIES],
    }  # fmt: skip
    body = {"schema": SCHEMA, "batch": f"b-{sequence}", "blocks": blocks([sample]), "events": []}
    return json.dumps(body, separators=(",", ":")).encode()


class Share:
    """The gateways of one process, each with its connection open; `took_s`: how long each message took to be confirmed."""

    def __init__(self, port: int, numbers: range, started: Barrier) -> None:
        self._port = port
        self._numbers = numbers
        self._room = asyncio.Semaphore(AT_ONCE // PROCESSES)
        self._all_connected = asyncio.Barrier(len(numbers) + 1)
        self._go = asyncio.Event()
        self._started = started
        self.took_s: list[float] = []

    async def run(self) -> list[float]:
        """Connect them, wait for the other processes, send."""
        running = [asyncio.create_task(self._one(number)) for number in self._numbers]
        await self._all_connected.wait()
        await asyncio.to_thread(self._started.wait)
        self._go.set()
        await asyncio.gather(*running)
        return self.took_s

    async def _one(self, number: int) -> None:
        client = aiomqtt.Client("127.0.0.1", self._port, identifier=f"g{number}-bench", timeout=60)
        async with contextlib.AsyncExitStack() as opened:
            async with self._room:
                await opened.enter_async_context(client)
                await client.subscribe(f"farm/g{number}/down/ack", qos=1)
            await self._all_connected.wait()
            await self._go.wait()
            for sequence in range(ROUNDS):
                async with self._room:
                    began_s = time.monotonic()
                    await client.publish(f"farm/g{number}/up/rows", message(sequence), qos=1)
                    await anext(aiter(client.messages))
                    self.took_s.append(time.monotonic() - began_s)


def share(port: int, numbers: range, started: Barrier, told: "Queue[list[float]]") -> None:
    """What one process does."""

    async def run() -> list[float]:
        return await Share(port, numbers, started).run()

    told.put(asyncio.run(run()))


def measured(port: int, broker: psutil.Process) -> list[str]:
    """One row of the table."""
    asyncio.run(asyncio.wait_for(ready(port), 60))
    empty = broker.memory_info().rss
    context = get_context("spawn")
    started, told = context.Barrier(PROCESSES + 1), context.Queue()
    each = GATEWAYS // PROCESSES
    for begin in range(0, GATEWAYS, each):
        context.Process(target=share, args=(port, range(begin, begin + each), started, told), daemon=True).start()
    started.wait(PATIENCE_S)
    full, began_s = broker.memory_info().rss, time.monotonic()
    took_s = [each for _ in range(PROCESSES) for each in told.get(timeout=PATIENCE_S)]
    seconds = time.monotonic() - began_s
    return [
        f"{GATEWAYS:,}",
        f"{full / 1e6:.0f}",
        f"{(full - empty) / GATEWAYS / 1000:.1f}",
        f"{len(took_s) / seconds:,.0f}",
        f"{1000 * percentile(took_s, 0.99):.0f}",
    ]


@contextlib.contextmanager
def let_in(folder: Path) -> Iterator[str]:
    """A database that knows the gateways."""
    url = f"sqlite:///{folder / 'cloud.sqlite'}"
    migrate(url)
    database = Database(url)
    with database.write() as session:
        for number in range(GATEWAYS):
            farms.add_gateway(session, f"g{number}", BEGAN_S)
    yield url
    database.engine.dispose()


def run() -> None:
    """One machine, the default."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with let_in(folder) as url, mosquitto(folder, *LINES) as port, ingest(folder, port, url):
            broker = next(found for found in psutil.Process().children() if found.name() == "mosquitto")
            row = measured(port, broker)
    show(
        f"Messages of one sample of 8 quantities, {AT_ONCE} on the way at a time",
        ["gateways connected", "broker MB", "kB a connection", "messages/s stored and confirmed", "p99 ms to confirm"],
        [row],
        f"a message a minute from {GATEWAYS:,} gateways is {GATEWAYS / 60:.0f} a second",
    )
