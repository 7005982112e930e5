"""The living chain: real firmware, real lines, real processes; broken through the console's own API."""

import os
import shutil
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.accounts import door_repository as doors
from cloud.accounts import repository as people
from cloud.database import Database
from hardware.twin.demo import OWNER, Demo, DemoPlan
from hardware.twin.farm import FarmPlan
from tests.ports import free_ports

LEASE_S = 8
STAGGER_S = 0.5
EVENING = 18.0  # twelve hours of night last six minutes


def drop_old_bytes(port: Path) -> None:
    """What waits at a port that nobody holds; a real port forgets it when it is closed, a pty does not."""
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    termios.tcflush(descriptor, termios.TCIFLUSH)
    os.close(descriptor)


def make_plan(folder: Path, firmware: Path, **changes: Any) -> DemoPlan:
    """A demo farm with a sample every second, on ports of its own."""
    gateway, cloud, broker, console = free_ports(4)
    farm = FarmPlan(
        folder=folder / "twin",
        firmware=firmware,
        speed=120,
        sample_period_ms=1000,
        lease_s=LEASE_S,
        stagger_ms=int(STAGGER_S * 1000),
        start_hour=EVENING,
    )
    return DemoPlan(
        folder=folder,
        farm=farm,
        gateway_port=gateway,
        cloud_port=cloud,
        broker_port=broker,
        console_port=console,
        **changes,
    )


@dataclass
class Chain:
    """One demo farm and the ways to look at it."""

    demo: Demo
    http: httpx.Client
    _session: str | None = None
    _cloud_session: str | None = None

    def truth(self) -> dict[str, Any]:
        """What is true."""
        found: dict[str, Any] = self.http.get(f"{self.demo.plan.console_url}/api/truth").raise_for_status().json()
        return found

    def belief(self) -> dict[str, Any]:
        """What the gateway shows."""
        found: dict[str, Any] = self.http.get(f"{self.demo.plan.gateway_url}/api/farm").raise_for_status().json()
        return found

    def pond(self, name: str) -> dict[str, Any]:
        """What the gateway shows of one pond."""
        return next(pond for pond in self.belief()["ponds"] if pond["id"] == name)

    def device(self, name: str) -> dict[str, Any]:
        """What the gateway shows of one device."""
        return next(device for device in self.belief()["devices"] if device["name"] == name)

    def break_it(self, path: str, **body: Any) -> None:
        """One call of the console's API."""
        self.http.post(f"{self.demo.plan.console_url}/api/{path}", json=body).raise_for_status()

    def running(self, pond: str) -> list[bool]:
        """Which machines of a pond truly run."""
        return [machine["running"] for machine in self.truth()["ponds"][pond]["machines"]]

    def alarm(self, *kinds: str) -> dict[str, Any]:
        """The alarm of one of these kinds that the gateway tells of; StopIteration while there is none."""
        listed = self.belief()["alarms"]["list"]
        return next(alarm for alarm in listed if alarm["kind"] in kinds and alarm["state"] in ("unack", "acked"))

    def told(self, seconds: float, *kinds: str) -> str:
        """Wait for the alarm; how long it took from now, in words for the table of faults."""
        took_s = eventually(lambda: self.alarm(*kinds), seconds, f"alarm {kinds}")
        siren = ", siren" if self.belief()["alarms"]["siren"] else ""
        return f"alarm `{self.alarm(*kinds)['kind']}`{siren} ({took_s:.0f} s later)"

    def session(self) -> str:
        """The owner's session, made at first use."""
        if self._session is None:
            owner = {"name": OWNER, "password": self.demo.owner_password()}
            reply = self.http.post(f"{self.demo.plan.gateway_url}/login", data=owner, follow_redirects=False)
            self._session = reply.cookies["session"]
            self.http.cookies.clear()
        return self._session

    def events(self) -> str:
        """The newest events of the farm's page, in English."""
        return self.http.get(f"{self.demo.plan.gateway_url}/events", headers={"Cookie": "language=en"}).text

    def cloud(self, path: str) -> Any:
        """The cloud's REST interface."""
        bearer = {"Authorization": f"Bearer {self.demo.plan.cloud_token_file.read_text()}"}
        return self.http.get(f"{self.demo.plan.cloud_url}/api/{path}", headers=bearer).raise_for_status().json()

    def cloud_session(self) -> str:
        """The session of a farmer of the farm in the cloud, let in at first use."""
        if self._cloud_session is None:
            database = self.database()
            with database.write() as session:
                farmer = people.add(session, "Demo", "farmer", "0901234567", "vi", time.time())
                people.join(session, farmer.id, "demo")
                self._cloud_session = doors.begin(session, farmer.id, time.time())
            database.engine.dispose()
        return self._cloud_session

    def database(self) -> Database:
        """The cloud's own tables."""
        return Database(f"sqlite:///{self.demo.plan.cloud_folder / 'cloud.sqlite'}")

    def heal(self) -> None:
        """Everything whole again, and the farm calm."""
        for name, service in self.truth()["services"].items():
            if not service:
                self.break_it(f"service/{name}/start")
        for line in ("ponds", "panels"):
            self.break_it(f"line/{line}", do="heal")
            self.break_it(f"line/{line}", do="plug", member="gateway")
        for node in ("node-1", "node-2", "node-3"):
            self.break_it(f"probe/{node}", heal=True)
        for panel, count in (("panel-1", 8), ("panel-2", 6)):
            for number in range(1, count + 1):
                self.break_it(f"aerator/{panel}/{number}", welded=False, tripped=False, switch="auto")
        self.break_it("mains", on=True)
        self.break_it("pond/ao-1", do_mg_l=5.5)
        self.break_it("pond/ao-2", do_mg_l=7.0)


def eventually(condition: Callable[[], object], seconds: float, what: str = "") -> float:
    """Wait until the condition holds; returns how long it took."""
    started = time.monotonic()
    last: object = None
    while time.monotonic() - started < seconds:
        try:
            last = condition()
        except (httpx.HTTPError, StopIteration) as error:
            last = error
        else:
            if last:
                return time.monotonic() - started
        time.sleep(0.1)
    pytest.fail(f"{what or 'condition'} not met in {seconds} s; last: {last!r}")


@pytest.fixture(scope="session")
def let_in(tmp_path_factory: pytest.TempPathFactory, firmware: Path) -> Path:
    """The folder of a demo where everybody has an account and nothing has run yet; each chain begins with a copy."""
    folder = tmp_path_factory.mktemp("let-in")
    demo = Demo(make_plan(folder, firmware))
    demo.write_farm()
    demo.make_administrator()
    return folder


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, firmware: Path, let_in: Path) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("chain")
    shutil.copytree(let_in, folder, dirs_exist_ok=True)
    with Demo(make_plan(folder, firmware)) as demo, httpx.Client(timeout=5) as http:
        demo.wait_until_live()
        yield Chain(demo, http)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def chain(living: Chain) -> Chain:
    """The chain, healed and calm: oxygen believed everywhere, machines of Ao 2 at rest."""
    living.heal()
    eventually(
        lambda: (
            all(pond["do_state"] == "good" for pond in living.belief()["ponds"])
            and not any(device["error"] for device in living.belief()["devices"])
            and sum(living.running("ao-2")) <= 2
        ),
        90,
        "a calm farm",
    )
    return living
