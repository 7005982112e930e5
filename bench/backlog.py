"""Three days without a cloud: how fast the backlog drains over a slow link, and how old live samples are meanwhile."""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.delay import DelayProxy
from bench.storage import BOARDS, SAMPLE_S, VALUES, sample
from bench.table import percentile, show
from cloud.database import Database
from cloud.telemetry.history import StoredSample, all_samples
from cloud.telemetry.models import Node
from gateway.clock import Clock, boot_id
from gateway.farm import Farm, UplinkSettings, read_farm
from gateway.journal.store import Journal
from gateway.uplink.uplink import Uplink

DAYS = 3
BACKLOG = BOARDS * DAYS * 1440
DELAY_S = 0.05
FARM = """
id = "bench"
name = "Bench"
line = [{ id = "one", port = "/dev/null" }]
node = [{ id = "node-1", line = "one", unit = 11 }]
pond = [{ id = "ao-1", name = "Ao 1", node = "node-1" }]

[uplink]
url = "mqtt://127.0.0.1:%d"
password_file = "password"
"""


@contextlib.contextmanager
def cloud(folder: Path, port: int) -> Iterator[Database]:
    """Broker and ingest as they are run for farms; the gateway's password lies in the folder."""
    environment = {**os.environ, "PONDKEEPER_MQTT_URL": f"mqtt://127.0.0.1:{port}"}
    words = [sys.executable, "-m", "cloud"]
    data = ["--data", str(folder / "cloud")]
    added = subprocess.run([*words, "add-gateway", "bench", *data], env=environment, capture_output=True, check=True)
    (folder / "password").write_bytes(added.stdout)
    with (folder / "cloud.log").open("wb") as log:
        programs = [
            subprocess.Popen([*words, name, *data], env=environment, stdout=log, stderr=log)
            for name in ("broker", "ingest")
        ]
        try:
            yield Database(f"sqlite:///{folder / 'cloud' / 'cloud.sqlite'}")
        finally:
            for program in programs:
                program.terminate()
                program.wait()


def fill(journal: Journal) -> None:
    """A sample a minute of every board for three days, none of them confirmed."""
    now_s = time.monotonic()
    for number in range(1, BACKLOG // BOARDS + 1):
        for board in range(BOARDS):
            journal.put(sample(board, number, now_s - DAYS * 86400 + 60 * number))
    journal.flush(60)


async def live(journal: Journal) -> None:
    """Each board goes on measuring."""
    for number in range(BACKLOG // BOARDS + 1, 10**9):
        for board in range(BOARDS):
            journal.put(sample(board, number, time.monotonic()))
            await asyncio.sleep(SAMPLE_S / BOARDS)


async def drain(farm: Farm, database: Database, settings: UplinkSettings, seconds: float) -> tuple[float, float]:
    """Rows of the backlog a second until all are there, or so many seconds; and the 99th percentile of the live ages."""
    journal = Journal(farm.data / f"{secrets.token_hex(4)}" / "journal.sqlite", Clock(), boot_id())
    journal.open()
    await asyncio.to_thread(fill, journal)
    uplink = Uplink(farm, settings, journal, Clock(), boot_id())
    began_s, began_wall_s = time.monotonic(), time.time()
    tasks = [asyncio.create_task(uplink.run()), asyncio.create_task(live(journal))]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(until_all(database), seconds)
    took_s, have = time.monotonic() - began_s, await asyncio.to_thread(stored, database)
    await asyncio.sleep(10)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(journal.close)
    return have / took_s, percentile(await asyncio.to_thread(ages, database, began_wall_s), 0.99)


async def until_all(database: Database) -> None:
    """The cloud has the whole backlog."""
    while await asyncio.to_thread(stored, database) < BACKLOG:  # noqa: ASYNC110 - another process fills the table
        await asyncio.sleep(1)


def stored(database: Database) -> int:
    """Samples of the backlog that the cloud has."""
    with database.read() as session:
        return sum(sample.sequence <= BACKLOG // BOARDS for sample in _all(session))


def ages(database: Database, since_s: float) -> list[float]:
    """Seconds from the water to the cloud's table of the samples taken meanwhile, but for the first ten seconds."""
    with database.read() as session:
        young = [sample for sample in _all(session) if sample.taken_at > since_s + 10]
    return [sample.received_at - sample.taken_at for sample in young] or [float("inf")]


def _all(session: Session) -> Iterator[StoredSample]:
    for node in session.scalars(select(Node.id)).all():
        yield from all_samples(session, node)


async def measure(seconds: float, **changes: Any) -> tuple[float, float]:
    """One way of sending, with a broker, an ingest and a link of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with DelayProxy(DELAY_S) as proxy:
            with cloud(folder, proxy.behind) as database:
                (folder / "farm.toml").write_text(FARM % proxy.port)
                farm = read_farm(folder / "farm.toml")
                assert farm.uplink is not None
                return await drain(farm, database, farm.uplink.model_copy(update=changes), seconds)


def run() -> None:
    """As built until all is there, one message at a time for a minute each."""
    ways: list[tuple[str, float, dict[str, Any]]] = [
        ("as built", 900, {}),
        ("as built, without a limit of the rate", 900, {"backlog_rows_per_s": 10000}),
        ("window 1, 100 rows a message", 60, {"messages_in_flight": 1}),
        ("window 1, one row a message", 60, {"messages_in_flight": 1, "rows_per_message": 1}),
    ]
    rows = []
    for name, seconds, changes in ways:
        rate, age_s = asyncio.run(measure(seconds, **changes))
        rows.append([name, f"{rate:,.0f}", f"{BACKLOG / rate / 60:.1f}", f"{age_s:.1f}"])
    show(
        f"A backlog of {BACKLOG:,} samples, {BACKLOG * len(VALUES):,} values, {2000 * DELAY_S:.0f} ms there and back",
        ["way", "samples/s", "minutes for all", "age of live samples, 99 %, s"],
        rows,
    )
