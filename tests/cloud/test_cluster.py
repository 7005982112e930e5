"""The cloud on many machines while they die: what was measured is stored once, what was confirmed is never lost.

Real servers on this machine, started from deploy/: three brokers, three databases with one etcd, a proxy, two workers.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from gateway.uplink import ledger, uplink
from tests.cloud.gateways import Sending, measuring
from tests.cloud.servers import Patroni, RabbitMQ, haproxy, patroni, rabbitmq
from tests.cloud.servers.process import ADDRESS, PASSWORD, Server

ROWS_PER_S = 400
NAMES = [f"trai-{number}" for number in range(1, 5)]


@dataclass(frozen=True)
class Cloud:
    """The servers, and where gateways connect."""

    databases: Patroni
    brokers: RabbitMQ
    url: str

    def gateways(self, folder: Path) -> list[Sending]:
        return [Sending(folder / name, name, self.url, self.brokers.authority, PASSWORD) for name in NAMES]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with contextlib.ExitStack() as running, ThreadPoolExecutor() as pool:
        contexts = (patroni(), rabbitmq())
        databases, brokers = pool.map(running.enter_context, contexts)
        assert isinstance(databases, Patroni)
        assert isinstance(brokers, RabbitMQ)
        proxy = running.enter_context(haproxy(databases, brokers))
        prepare(databases.url)
        list(pool.map(brokers.add_gateway, NAMES))
        yield Cloud(databases, brokers, f"mqtts://{ADDRESS}:{proxy.mqtts_port}")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateways that wait less before they try again: the same steps in less time."""
    monkeypatch.setattr(ledger, "CONFIRM_S", 4.0)
    monkeypatch.setattr(uplink, "LONGEST_WAIT_S", 2.0)


def prepare(url: str) -> None:
    migrate(url)
    database = Database(url)
    with database.write() as session:
        for name in NAMES:
            farms.add_gateway(session, name, 0.0)
    database.engine.dispose()


@contextlib.contextmanager
def workers(folder: Path, cloud: Cloud, url: str = "", module: Sequence[str] = ("cloud", "cloud")) -> Iterator[list[Server]]:
    """Run an ingest for each module, as systemd would."""
    environment = {
        "PONDKEEPER_DATABASE_URL": url or cloud.databases.url,
        "PONDKEEPER_MQTT_URL": cloud.brokers.url,
    }
    words = [sys.executable, "-m"]
    made = [
        Server([*words, name, "ingest", "--data", str(folder / "data")], folder / f"worker-{number}.log", environment=environment)
        for number, name in enumerate(module)
    ]
    for worker in made:
        worker.start()
    try:
        yield made
    finally:
        for worker in made:
            worker.stop()


async def test_the_broker_that_leads_the_queue_dies_and_returns(cloud: Cloud, tmp_path: Path) -> None:
    members = cloud.gateways(tmp_path / "g")
    with workers(tmp_path, cloud):
        async with measuring(members, cloud.databases.url, ROWS_PER_S) as gateways:
            await asyncio.sleep(2)
            died = await asyncio.to_thread(cloud.brokers.kill_leader)
            await asyncio.sleep(2)
            assert await asyncio.to_thread(gateways.lost_of_confirmed) == 0
            await asyncio.to_thread(cloud.brokers.restart, died)


async def test_a_worker_dies_between_commit_and_acknowledgement(cloud: Cloud, tmp_path: Path) -> None:
    members = cloud.gateways(tmp_path / "g")
    with workers(tmp_path, cloud, module=("tests.cloud.worker_cut_short", "cloud")) as (short, _):
        async with measuring(members, cloud.databases.url, ROWS_PER_S):
            async with asyncio.timeout(15):
                while short.running:
                    await asyncio.sleep(0.1)
