"""Rows a second into the cloud: MQTT in, committed, confirmed to the gateway; beside a bulk load of the same rows.

A row is a sample of eight quantities. Load generator, broker (Mosquitto), ingest and database share the machine.
"""

import asyncio
import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import psycopg
from sqlalchemy import create_engine, func, select

from bench.table import show
from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.telemetry.models import Chunk, Hot
from cloud.telemetry.sealing import Sealer
from gateway.uplink.messages import SCHEMA, blocks
from tests.cloud.servers import postgresql
from tests.mosquitto import mosquitto

GATEWAYS, NODES, ROWS_PER_NODE, MESSAGES = 40, 10, 10, 60
ROWS = GATEWAYS * MESSAGES * NODES * ROWS_PER_NODE
WINDOW = 8
QUANTITIES = (
    "do_mg_l", "do_sat", "temperature_c", "conductivity_ms_cm", "salinity_psu", "ph", "turbidity_ntu", "orp_mv",
)  # fmt: skip
BEGAN_S = float(int(time.time()) - 20 * 86400)


def values_of(chance: random.Random, level: list[float]) -> list[float]:
    """The next values, each near the one before."""
    for place, value in enumerate(level):
        level[place] = value + chance.gauss(0, 0.02)
    return [round(value, 2) for value in level]


def payloads(gateway: int) -> Iterator[bytes]:
    """A gateway's messages: ten minutes of ten nodes each."""
    chance = random.Random(gateway)
    levels = [[5.0, 95.0, 29.0, 30.0, 15.0, 8.0, 20.0, 120.0] for _ in range(NODES)]
    for message in range(MESSAGES):
        samples = []
        for node in range(NODES):
            for row in range(ROWS_PER_NODE):
                number = message * ROWS_PER_NODE + row
                readings = [
                    [name, value, 0, 0] for name, value in zip(QUANTITIES, values_of(chance, levels[node]), strict=True)
                ]
                samples.append(
                    {
                        "node": f"n{node}", "boot": 1, "sequence": number, "taken_at": BEGAN_S + 60 * number,
                        "wall_known": True, "late": False, "readings": readings,
                    }
                )  # fmt: skip
        body = {"schema": SCHEMA, "batch": f"b-{message}", "blocks": blocks(samples), "events": []}
        yield json.dumps(body, separators=(",", ":")).encode()


async def gateway(port: int, number: int, made: list[bytes]) -> None:
    """Sends its messages, a few on the way at a time, until each is confirmed."""
    name = f"g{number}"
    async with aiomqtt.Client("127.0.0.1", port, identifier=f"{name}-bench") as client:
        client.pending_calls_threshold = 1000
        await client.subscribe(f"farm/{name}/down/ack", qos=1)
        room = asyncio.Semaphore(WINDOW)

        async def confirmed() -> None:
            left = len(made)
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                assert json.loads(message.payload)["status"] == "stored"
                room.release()
                left -= 1
                if not left:
                    return

        listening = asyncio.create_task(confirmed())
        for payload in made:
            await room.acquire()
            await client.publish(f"farm/{name}/up/rows", payload, qos=1)
        await listening


async def ready(port: int) -> None:
    """Says nothing until the ingest answers."""
    empty = json.dumps({"schema": SCHEMA, "batch": "b-0", "blocks": [], "events": []})
    async with aiomqtt.Client("127.0.0.1", port, identifier="g0-ready") as client:
        await client.subscribe("farm/g0/down/ack", qos=1)
        answer = asyncio.ensure_future(anext(aiter(client.messages)))
        while not answer.done():
            await client.publish("farm/g0/up/rows", empty, qos=1)
            await asyncio.wait([answer], timeout=0.5)


async def load(port: int, made: list[list[bytes]]) -> float:
    """Seconds until every message of every gateway is confirmed."""
    await asyncio.wait_for(ready(port), 60)
    await asyncio.sleep(1)
    began_s = time.monotonic()
    await asyncio.gather(*(gateway(port, number, payload) for number, payload in enumerate(made)))
    return time.monotonic() - began_s


@contextlib.contextmanager
def ingest(folder: Path, port: int, url: str) -> Iterator[None]:
    """The ingest process as it is run."""
    environment = {**os.environ, "PONDKEEPER_DATABASE_URL": url, "PONDKEEPER_MQTT_URL": f"mqtt://127.0.0.1:{port}"}
    words = [sys.executable, "-m", "cloud", "ingest", "--data", str(folder / "data")]
    with (folder / "ingest.log").open("wb") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def end_to_end(folder: Path, url: str, made: list[list[bytes]]) -> tuple[float, float, float]:
    """Rows a second, bytes a hot row (with indexes and all tables), bytes a sealed row."""
    migrate(url)
    database = Database(url)
    with database.write() as session:
        for number in range(GATEWAYS):
            farms.add_gateway(session, f"g{number}", BEGAN_S)
    empty = size_of(database)
    lines = ("max_inflight_messages 1000", "max_queued_messages 100000")
    with mosquitto(folder, *lines) as port, ingest(folder, port, url):
        seconds = asyncio.run(load(port, made))
    hot = (size_of(database) - empty) / ROWS
    Sealer(database, time.time).seal()
    with database.read() as session:
        assert session.scalar(select(func.sum(Chunk.samples))) == ROWS
        assert session.scalar(select(func.count()).select_from(Hot)) == 0
    shrink(database)
    sealed = (size_of(database) - empty) / ROWS
    database.engine.dispose()
    return ROWS / seconds, hot, sealed


def size_of(database: Database) -> float:
    """Bytes of the database's pages."""
    with database.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            return float(
                session.connection().exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
            )
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        return float(pages * session.connection().exec_driver_sql("PRAGMA page_size").scalar_one())


def shrink(database: Database) -> None:
    """Give free pages back, so that what is left is what is stored."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM FULL")
    if database.engine.dialect.name == "sqlite":
        with contextlib.closing(sqlite3.connect(database.engine.url.database or "")) as plain:
            plain.execute("VACUUM")


def plain_rows() -> list[tuple[object, ...]]:
    """The same rows for a bulk load: node, time, sequence, eight values."""
    found: list[tuple[object, ...]] = []
    for number in range(GATEWAYS):
        for payload in payloads(number):
            for block in json.loads(payload)["blocks"]:
                node = number * NODES + int(block["node"][1:])
                columns = zip(block["taken_at"], block["sequence"], *block["values"], strict=True)
                found += [(node, *row) for row in columns]
    return found


COLUMNS = ", ".join(f"v{place} double precision" for place in range(8))
TABLE = f"CREATE TABLE m (node integer, ts double precision, seq integer, {COLUMNS}, PRIMARY KEY (ts, node))"


def bulk_sqlite(folder: Path, rows: list[tuple[object, ...]]) -> float:
    """Rows a second of executemany, 10,000 rows a commit."""
    with contextlib.closing(sqlite3.connect(folder / "bulk.sqlite", isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("PRAGMA synchronous = FULL")
        plain.execute(TABLE + " WITHOUT ROWID")
        began_s = time.monotonic()
        for begin in range(0, len(rows), 10_000):
            plain.execute("BEGIN")
            plain.executemany(f"INSERT INTO m VALUES ({', '.join('?' * 11)})", rows[begin : begin + 10_000])
            plain.execute("COMMIT")
        return len(rows) / (time.monotonic() - began_s)


def bulk_postgresql(url: str, rows: list[tuple[object, ...]]) -> float:
    """Rows a second of COPY, 10,000 rows a commit."""
    with contextlib.closing(create_engine(url).raw_connection()) as pooled:
        plain = pooled.driver_connection
        assert isinstance(plain, psycopg.Connection)
        plain.execute(TABLE)
        plain.commit()
        began_s = time.monotonic()
        for begin in range(0, len(rows), 10_000):
            with plain.cursor().copy("COPY m FROM STDIN") as copy:
                for row in rows[begin : begin + 10_000]:
                    copy.write_row(row)
            plain.commit()
        return len(rows) / (time.monotonic() - began_s)


def run() -> None:
    """Both databases, one ingest process each."""
    made = [list(payloads(number)) for number in range(GATEWAYS)]
    rows = plain_rows()
    wire = sum(len(payload) for several in made for payload in several) / ROWS
    text = json.dumps(dict(zip(QUANTITIES, rows[0][3:], strict=True)))
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'cloud.sqlite'}"
        rate, hot, sealed = end_to_end(folder, url, made)
        bulk = bulk_sqlite(folder, rows)
        table.append(["SQLite (WAL, FULL)", *_shown(rate, bulk, hot, sealed)])
    with tempfile.TemporaryDirectory() as name, postgresql() as server:
        rate, hot, sealed = end_to_end(Path(name), server.url, made)
        bulk = bulk_postgresql(server.url, rows)
        table.append(["PostgreSQL (fsync)", *_shown(rate, bulk, hot, sealed)])
    show(
        f"{ROWS:,} rows of 8 quantities, {GATEWAYS} gateways, {NODES * ROWS_PER_NODE} rows a message",
        ["database", "rows/s end to end", "bulk load rows/s", "ratio", "bytes a row, hot", "sealed"],
        table,
        f"on the wire {wire:.0f} bytes a row; as a JSON text of its values {len(text)} bytes",
    )


def _shown(rate: float, bulk: float, hot: float, sealed: float) -> list[str]:
    return [f"{rate:,.0f}", f"{bulk:,.0f}", f"{rate / bulk:.2f}", f"{hot:.0f}", f"{sealed:.1f}"]
