"""A farm joins a cloud from its gateway's page, is sent away, and comes back with a new code: nothing lost or twice."""

import asyncio
import contextlib
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from cloud.accounts import door_repository as doors
from cloud.accounts.door import COOKIE
from cloud.database import Database
from cloud.telemetry.history import samples
from gateway.clock import Clock
from gateway.farm import Farm, read_farm
from gateway.journal.settings import StorageSettings
from gateway.journal.store import Journal
from gateway.uplink.uplink import Uplink
from tests.cloud.people import add_person
from tests.conftest import ROOT
from tests.gateway.farms import sample
from tests.gateway.offices import Office, office
from tests.gateway.test_tonight import pond, snapshot
from tests.ports import free_ports


@dataclass
class Running:
    """A cloud of three processes, and a farmer's browser."""

    url: str
    database: Database
    farmer: httpx.Client

    def code(self, path: str, **form: str) -> str:
        """The claim code that the farmer's page shows."""
        page = self.farmer.post(path, data=form)
        found = re.search(r"<code>([2-9A-Z]{8})</code>", page.text)
        assert found is not None, page.text
        assert self.url in page.text
        return found.group(1)

    def stored(self, gateway: str) -> list[int]:
        with self.database.read() as session:
            return [one.sequence for one in samples(session, gateway, "n1", 0, 1e11)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("cloud")
    web, broker = free_ports(2)
    environment = {
        **os.environ,
        "PONDKEEPER_WEB_PORT": str(web),
        "PONDKEEPER_MQTT_URL": f"mqtt://127.0.0.1:{broker}",
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen([sys.executable, "-m", "cloud", "run", "--data", str(data)], env=environment)
    url = f"http://127.0.0.1:{web}"
    try:
        with httpx.Client(base_url=url) as farmer:
            _wait(farmer)
            database = Database(f"sqlite:///{data / 'cloud.sqlite'}")
            person = add_person(database, "farmer", "0901234567", name="Tám")
            with database.write() as session:
                farmer.cookies.set(COOKIE, doors.begin(session, person, time.time()))
            yield Running(url, database, farmer)
            database.engine.dispose()
    finally:
        process.terminate()
        process.wait(20)


def _wait(browser: httpx.Client) -> None:
    ends_s = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.TransportError):
            if browser.get("/login").status_code == 200:
                return
        assert time.monotonic() < ends_s, "the cloud's pages did not come up"
        time.sleep(0.1)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, snapshot(pond())) as made:
        yield made.sign_in("tam")


class Sender:
    """What control runs of the farm: the journal and the uplink."""

    def __init__(self, farm: Farm) -> None:
        assert farm.uplink is not None
        clock = Clock()
        self._clock = clock
        self.journal = Journal(farm.data / "journal.sqlite", clock, "boot", settings=StorageSettings(), cloud=True)
        self.journal.open()
        self.uplink = Uplink(farm, farm.uplink, self.journal, clock, "boot")

    def measure(self, *numbers: int) -> None:
        for number in numbers:
            self.journal.put(sample(number, self._clock.monotonic()))


@contextlib.asynccontextmanager
async def sending(at: Office) -> AsyncIterator[Sender]:
    """Control as it starts with the farm.toml of now."""
    sender = Sender(read_farm(at.file))
    task = asyncio.create_task(sender.uplink.run())
    try:
        yield sender
    finally:
        task.cancel()
        await asyncio.wait([task])
        sender.journal.close()


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes have no event for it
            await asyncio.sleep(0.1)


async def test_a_farm_joins_sends_is_sent_away_and_comes_back(cloud: Running, at: Office) -> None:
    code = cloud.code("/farms/new", name="Trại Tám")
    assert join(at.client, cloud.url, code.lower()) == 303
    await until(lambda: at.asked("restart"))
    farm = read_farm(at.file)
    gateway = farm.cloud_id
    assert gateway.startswith("trai-tam-")
    assert farm.uplink is not None
    secrets = farm.uplink.password_file, farm.data / "cloud-key.pem"
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}
    assert gateway in at.client.get("/cloud").text
    async with sending(at) as sender:
        sender.measure(1, 2, 3)
        await until(lambda: cloud.stored(gateway) == [1, 2, 3])
        assert cloud.farmer.post(f"/farms/{gateway}/revoke").status_code == 303
        await until(lambda: sender.uplink.refused)
        sender.measure(4, 5)
    assert cloud.stored(gateway) == [1, 2, 3]
    again = cloud.code(f"/farms/{gateway}/claim")
    assert join(at.client, cloud.url, again) == 303
    assert read_farm(at.file).cloud_id == gateway
    async with sending(at) as sender:
        await until(lambda: cloud.stored(gateway) == [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("{url}", "22222222", "Mã sai, đã dùng"),
        ("http://127.0.0.1:{closed}", "22222222", "Không tới được địa chỉ này"),
        ("http://example.com", "22222222", "https://"),
        ("ao tom", "22222222", "Địa chỉ không đúng"),
        ("{url}/login?", "22222222", "Mã sai"),
    ],
)
def test_what_keeps_a_farm_from_joining_is_said_and_changes_nothing(
    cloud: Running, at: Office, address: str, code: str, said: str
) -> None:
    before = at.file.read_text()
    (closed,) = free_ports(1)
    reply = at.client.post("/cloud", data={"address": address.format(url=cloud.url, closed=closed), "code": code})
    assert reply.status_code == 422
    assert said in reply.text
    assert at.file.read_text() == before
    assert not at.asked("restart")


def join(client: TestClient, address: str, code: str) -> int:
    reply = client.post("/cloud", data={"address": address, "code": code}, follow_redirects=False)
    return reply.status_code
