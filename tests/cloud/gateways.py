"""Gateways that measure and send: the real journal and the real uplink, many of them in one process."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

from cloud.database import Database
from cloud.telemetry.history import samples
from gateway.clock import Clock
from gateway.journal.reader import JournalReader
from gateway.journal.settings import StorageSettings
from gateway.journal.store import Journal
from gateway.uplink.uplink import Uplink
from tests.gateway.farms import FARM, sample, small_farm

UPLINK = """
[uplink]
url = "{url}"
password_file = "password"
ca_file = "{authority}"
backlog_rows_per_s = 10000
"""


class Sending:
    """One gateway and its only node; `made` is the sequence of the newest sample of this boot."""

    def __init__(self, folder: Path, name: str, url: str, authority: Path, password: str) -> None:
        folder.mkdir(parents=True)
        (folder / "password").write_text(password)
        lines = UPLINK.format(url=url, authority=authority)
        farm = small_farm(folder, FARM.replace('id = "test"', f'id = "{name}"') + lines)
        assert farm.uplink is not None
        self.name = name
        self.made = 0
        self.boot = secrets.randbits(31)
        self._clock = Clock()
        self._journal = Journal(
            farm.data / "journal.sqlite", self._clock, "boot", settings=StorageSettings(), cloud=True
        )
        self._journal.open()
        self._uplink = Uplink(farm, farm.uplink, self._journal, self._clock, "boot")
        self._reader = JournalReader(self._journal.path)

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            await self._uplink.run()
        finally:
            self._reader.close()
            self._journal.close()

    def measure(self, count: int) -> None:
        """So many samples more."""
        for _ in range(count):
            self.made += 1
            self._journal.put(sample(self.made, self._clock.monotonic(), boot=self.boot))

    def waiting(self) -> set[int]:
        """The sequences that the cloud has not confirmed."""
        self._journal.flush()
        return {row["sequence"] for row in self._reader.unsent("sample", 1_000_000)}


class Gateways:
    """Several gateways of one cloud."""

    def __init__(self, members: list[Sending], database: Database) -> None:
        self.members = members
        self._database = database

    @property
    def made(self) -> int:
        """How many samples all have made."""
        return sum(gateway.made for gateway in self.members)

    def stored(self, gateway: Sending) -> list[int]:
        """The sequences that the cloud's database has, each as often as it has it."""
        with self._database.read() as session:
            found = samples(session, gateway.name, "n1", 0, 1e11)
            return sorted(one.sequence for one in found if one.boot == gateway.boot)

    def lost_of_confirmed(self) -> int:
        """How many samples were confirmed to their gateway and are not in the database: never one."""
        lost = 0
        for gateway in self.members:
            confirmed = set(range(1, gateway.made + 1)) - gateway.waiting()
            lost += len(confirmed - set(self.stored(gateway)))
        return lost

    async def some_stored(self, seconds: float = 60.0) -> float:
        """Wait until something that is measured from now on is confirmed; returns how long that took."""
        began = time.monotonic()
        gateway = self.members[0]
        now = gateway.made
        while set(range(now + 1, gateway.made + 1)) <= await asyncio.to_thread(gateway.waiting):
            assert time.monotonic() < began + seconds, f"nothing is confirmed for {seconds} s"
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def all_confirmed(self, seconds: float) -> None:
        """Wait until nothing waits any more."""
        ends = time.monotonic() + seconds
        while waiting := [await asyncio.to_thread(gateway.waiting) for gateway in self.members if gateway.waiting()]:
            assert time.monotonic() < ends, f"not confirmed: {[len(numbers) for numbers in waiting]}"
            await asyncio.sleep(0.1)

    def assert_each_stored_once(self) -> None:
        """What was measured is in the database, all of it and none of it twice."""
        for gateway in self.members:
            assert self.stored(gateway) == list(range(1, gateway.made + 1)), gateway.name


@contextlib.asynccontextmanager
async def measuring(members: list[Sending], url: str, rows_per_s: int) -> AsyncIterator[Gateways]:
    """Let the gateways measure and send; at the end of the block they measure no more, until then they never pause."""
    database = Database(url)
    gateways = Gateways(members, database)
    sending = [asyncio.create_task(gateway.run()) for gateway in members]
    work = asyncio.create_task(_measure(members, rows_per_s))
    try:
        yield gateways
        work.cancel()
        await asyncio.wait([work])
        await gateways.all_confirmed(60)
        await asyncio.to_thread(gateways.assert_each_stored_once)
    finally:
        for task in (work, *sending):
            task.cancel()
        await asyncio.wait([work, *sending])
        database.engine.dispose()


async def _measure(members: list[Sending], rows_per_s: int) -> None:
    while True:
        for gateway in members:
            gateway.measure(rows_per_s // (5 * len(members)))
        await asyncio.sleep(0.2)
