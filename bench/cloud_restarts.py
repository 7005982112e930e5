"""Every process of a cloud on many machines is killed and started again in turn, while gateways measure and send.

The gateways are the real uplink and journal. A pause lasts until a sample that was measured after the kill is confirmed to
its gateway.
"""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.table import show
from tests.cloud.gateways import Gateways, measuring
from tests.cloud.servers.process import Server
from tests.cloud.servers.whole import Cloud, whole_cloud
from tests.cloud.servers.worker import workers

ROWS_PER_S = 400
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Victim:
    """One process, or what stands on one machine."""

    name: str
    kill: Callable[[], object]
    start: Callable[[], object]
    wait: Callable[[], object]


def victims(cloud: Cloud, ingests: list[Server]) -> list[Victim]:
    """All of them; roles are those that they have when their turn comes."""
    found = [Victim(f"worker {number}", one.kill, one.start, nothing) for number, one in enumerate(ingests, 1)]
    for name, node in cloud.brokers.nodes.items():
        role = "leads the queue" if name == cloud.brokers.leader else "follows"
        found.append(Victim(f"broker, {role}", node.server.kill, node.server.start, cloud.brokers.wait))
    roles = cloud.databases.roles()
    for name, member in cloud.databases.members.items():
        found.append(Victim(f"database, {roles[name]}", member.kill, member.server.start, cloud.databases.wait))
    found.append(server("etcd", cloud.databases.etcd, cloud.databases.wait))
    found.append(server("proxy", cloud.proxy.server, nothing))
    return found


def server(name: str, process: Server, wait: Callable[[], object]) -> Victim:
    """A process that stands for itself."""
    return Victim(name, process.kill, process.start, wait)


def nothing() -> None:
    """What has no followers is back when it runs."""


async def one(victim: Victim, gateways: Gateways) -> list[str]:
    """Kill and start it; the rows of the table."""
    await gateways.some_stored(PATIENCE_S)
    await asyncio.to_thread(victim.kill)
    starting = asyncio.create_task(asyncio.to_thread(victim.start))
    pause_s = await gateways.some_stored(PATIENCE_S)
    await starting
    lost = await asyncio.to_thread(gateways.lost_of_confirmed)
    await asyncio.to_thread(victim.wait)
    return [victim.name, f"{pause_s:.1f}", str(lost)]


async def all_in_turn(folder: Path, cloud: Cloud, ingests: list[Server]) -> tuple[list[list[str]], int]:
    """The table, and how many samples were measured; AssertionError when one is missing at the end or is there twice."""
    members = cloud.gateways(folder / "gateways")
    async with measuring(members, cloud.databases.url, ROWS_PER_S) as gateways:
        rows = [await one(victim, gateways) for victim in victims(cloud, ingests)]
    return rows, gateways.made


def run() -> None:
    """Two workers, three brokers, three databases, etcd, the proxy."""
    with (
        tempfile.TemporaryDirectory() as name,
        whole_cloud() as cloud,
        workers(Path(name), cloud.databases.url, cloud.brokers.url, "cloud", "cloud") as ingests,
    ):
        rows, made = asyncio.run(all_in_turn(Path(name), cloud, ingests))
    show(
        f"Killed and started again at {ROWS_PER_S} rows/s",
        ["process", "s until confirmed again", "confirmed and lost"],
        rows,
        f"at the end {made:,} samples were measured and are stored, each once",
    )
