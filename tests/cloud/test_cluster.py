"""The cloud on many machines while they die: what was measured is stored once, what was confirmed is never lost.

Real servers on this machine, started from deploy/: three brokers, three databases with one etcd, a proxy, two workers.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from gateway.uplink import ledger, uplink
from gateway.uplink.tls import tls_context
from tests.cloud.gateways import measuring
from tests.cloud.servers import postgresql
from tests.cloud.servers.disk import small_disk
from tests.cloud.servers.process import ADDRESS, PASSWORD, wait_until
from tests.cloud.servers.whole import Cloud, prepare, whole_cloud
from tests.cloud.servers.worker import workers
from tests.faults import Fault

ROWS_PER_S = 400
NOT_CONCERNED = "not concerned (the cloud alone)"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with whole_cloud() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateways that wait less before they try again: the same steps in less time."""
    monkeypatch.setattr(ledger, "CONFIRM_S", 4.0)
    monkeypatch.setattr(uplink, "LONGEST_WAIT_S", 2.0)


@pytest.mark.fault("33c", "the database that takes writes dies and returns")
async def test_the_database_that_takes_writes_dies_and_returns(cloud: Cloud, tmp_path: Path, fault: Fault) -> None:
    members = cloud.gateways(tmp_path / "g")
    with workers(tmp_path, cloud.databases.url, cloud.brokers.url, "cloud", "cloud"):
        async with measuring(members, cloud.databases.url, ROWS_PER_S) as gateways:
            await gateways.some_stored()
            died = await asyncio.to_thread(cloud.databases.kill_leader)
            stall_s = await gateways.some_stored()
            assert await asyncio.to_thread(gateways.lost_of_confirmed) == 0
            cloud.databases.restart(died)
        fault.measured(
            aerators=NOT_CONCERNED,
            lost=f"nothing of {gateways.made} samples, none twice; confirmations paused {stall_s:.0f} s",
            told="the log",
        )


@pytest.mark.fault("33a", "the broker that leads the cloud's queue dies and returns")
async def test_the_broker_that_leads_the_queue_dies_and_returns(cloud: Cloud, tmp_path: Path, fault: Fault) -> None:
    members = cloud.gateways(tmp_path / "g")
    with workers(tmp_path, cloud.databases.url, cloud.brokers.url, "cloud", "cloud"):
        async with measuring(members, cloud.databases.url, ROWS_PER_S) as gateways:
            await gateways.some_stored()
            died = await asyncio.to_thread(cloud.brokers.kill_leader)
            stall_s = await gateways.some_stored()
            cloud.brokers.restart(died)
        fault.measured(
            aerators=NOT_CONCERNED,
            lost=f"nothing of {gateways.made} samples, none twice; confirmations paused {stall_s:.0f} s",
            told="the log",
        )


@pytest.mark.fault("33b", "a worker of the cloud dies between commit and acknowledgement")
async def test_a_worker_dies_between_commit_and_acknowledgement(cloud: Cloud, tmp_path: Path, fault: Fault) -> None:
    members = cloud.gateways(tmp_path / "g")
    with workers(tmp_path, cloud.databases.url, cloud.brokers.url, "tests.cloud.worker_cut_short", "cloud") as (
        short,
        _,
    ):
        async with measuring(members, cloud.databases.url, ROWS_PER_S) as gateways:
            await asyncio.to_thread(wait_until, lambda: not short.running, "the worker's end", 30)
        fault.measured(
            aerators=NOT_CONCERNED, lost=f"nothing of {gateways.made} samples, none twice", told="systemd's journal"
        )


@pytest.mark.fault("33d", "the disk of the cloud's database is full, and later has room")
async def test_the_databases_disk_fills_and_is_emptied(cloud: Cloud, tmp_path: Path, fault: Fault) -> None:
    members = cloud.gateways(tmp_path / "g")
    with small_disk(megabytes=100) as disk, postgresql(disk.path / "data") as database:
        prepare(database.url)
        with workers(tmp_path, database.url, cloud.brokers.url, "cloud") as (only,):
            async with measuring(members, database.url, ROWS_PER_S) as gateways:
                await gateways.some_stored()
                disk.fill()
                await asyncio.to_thread(
                    wait_until, lambda: "the database refuses" in only.complaint(), "the worker notices", 20
                )
                disk.free()
                if not database.running:
                    database.start()
        fault.measured(
            aerators=NOT_CONCERNED,
            lost=f"nothing of {gateways.made} samples, none twice: rows wait in the queue and with the gateways",
            told="the log",
        )


async def test_a_gateway_writes_and_hears_only_what_is_its_own(cloud: Cloud) -> None:
    own, other = "farm/trai-1/{}", "farm/trai-2/{}"
    allowed = [("trai-1-a", own.format("up/rows"), ""), ("trai-1-b", "", own.format("down/ack"))]
    forbidden = [
        ("trai-1-c", other.format("up/rows"), ""),
        ("trai-1-d", own.format("down/ack"), ""),
        ("trai-1-e", "", other.format("down/ack")),
        ("trai-1-f", "", "farm/#"),
        ("trai-2-a", "", own.format("down/ack")),
    ]
    answers = await asyncio.gather(*(may(cloud, *asked) for asked in (*allowed, *forbidden)))
    assert answers == [True, True, False, False, False, False, False]


async def may(cloud: Cloud, client_id: str, write: str, hear: str) -> bool:
    """Whether gateway trai-1 may write or hear this under this client id; RabbitMQ hangs up on whoever may not."""
    tls = tls_context(cloud.brokers.authority)
    port = next(iter(cloud.brokers.nodes.values())).mqtts_port
    gateway = {"username": "trai-1", "password": PASSWORD, "identifier": client_id}
    try:
        async with aiomqtt.Client(ADDRESS, port, tls_context=tls, timeout=5, **gateway) as client:
            if write:
                await client.publish(write, b"{}", qos=1)
                return True
            granted = await client.subscribe(hear, qos=1)
            return all(getattr(code, "value", code) < 128 for code in granted)
    except aiomqtt.MqttError:
        return False


def test_who_died_is_back_beside_the_others(cloud: Cloud) -> None:
    cloud.databases.wait()
    cloud.brokers.wait()
