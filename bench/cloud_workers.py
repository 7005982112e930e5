"""One, two and four ingest workers empty the queue of three brokers into one PostgreSQL; do they wait for each other?

Brokers, database and workers share the machine: beyond its cores more workers gain nothing here.
"""

import asyncio
import contextlib
import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aio_pika

from bench.cloud_rows import BEGAN_S, GATEWAYS, NODES, ROWS_PER_NODE, payloads
from bench.table import show
from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.telemetry.amqp import EXCHANGE, Brokers
from tests.cloud.servers import PostgreSQL, RabbitMQ, postgresql, rabbitmq
from tests.cloud.servers.process import wait_until
from tests.cloud.servers.worker import workers

WORKERS = (1, 2, 4)
MESSAGES_EACH = 30
ROWS = GATEWAYS * MESSAGES_EACH * NODES * ROWS_PER_NODE
LOOK_S = 0.02
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def run() -> None:
    """The same messages for each number of workers, into an empty database."""
    rows = []
    with rabbitmq() as brokers:
        brokers.add_gateways(*(f"g{number}" for number in range(GATEWAYS)))
        for count in WORKERS:
            with postgresql() as server:
                prepare(server.url)
                asyncio.run(fill(brokers))
                rows.append([str(count), *emptied(brokers, server, count)])
    show(
        f"{ROWS:,} rows of 8 quantities from a queue of 3 brokers into PostgreSQL",
        ["workers", "rows/s", "looks", "looks that saw a wait for a lock"],
        rows,
        "brokers, database and workers on the same cores",
    )


def prepare(url: str) -> None:
    """Tables, and gateways that may send."""
    migrate(url)
    database = Database(url)
    with database.write() as session:
        for number in range(GATEWAYS):
            farms.add_gateway(session, f"g{number}", BEGAN_S)
    database.engine.dispose()


async def fill(brokers: RabbitMQ) -> None:
    """Put the messages of all gateways into the queue, as if they had waited there."""
    known = Brokers.of(brokers.url)
    await asyncio.gather(*(send(replace(known, user=f"g{number}"), number) for number in range(GATEWAYS)))


async def send(broker: Brokers, number: int) -> None:
    """The first messages of a gateway, each confirmed before the next."""
    async with await broker.connect(broker.hosts[0]) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        for payload in itertools.islice(payloads(number), MESSAGES_EACH):
            await exchange.publish(aio_pika.Message(payload), f"farm.g{number}.up.rows")


def emptied(brokers: RabbitMQ, server: PostgreSQL, count: int) -> list[str]:
    """Rows a second from the first rows to the last, looks at the database, and how many saw a wait for a lock."""
    database = Database(server.url)
    with (
        tempfile.TemporaryDirectory() as name,
        workers(Path(name), server.url, brokers.url, *["cloud"] * count),
        waits(server.url) as seen,
    ):
        wait_until(lambda: stored(database) > 0, "the first rows", 60)
        began_s, before = time.monotonic(), stored(database)
        wait_until(lambda: stored(database) == ROWS, "the last rows", 300)
        took_s = time.monotonic() - began_s
    database.engine.dispose()
    return [f"{(ROWS - before) / took_s:,.0f}", str(len(seen)), str(sum(seen))]


@contextlib.contextmanager
def waits(url: str) -> Iterator[list[bool]]:
    """Looks all the time whether some session of the database waits for a lock of another."""
    seen: list[bool] = []
    ended = threading.Event()

    def look() -> None:
        database = Database(url)
        while not ended.wait(LOOK_S):
            with database.engine.connect() as connection:
                seen.append(bool(connection.exec_driver_sql(WAITING).scalar_one()))
        database.engine.dispose()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


def stored(database: Database) -> int:
    """How many samples the database holds."""
    with database.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT coalesce(sum(samples), 0) FROM hot").scalar_one())
