"""The farm's pages in this process, with a real link to a control that says what it is told."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from gateway.farm import Farm
from gateway.link import LinkServer
from gateway.people.store import PeopleStore
from gateway.web.server import make_app
from tests.gateway.farms import FARM, Steps, small_farm

PEOPLE = """
[[person]]
id = "tam"
name = "Anh Tám"
role = "owner"
phone = "+84912345678"

[[person]]
id = "bay"
name = "Bảy"
role = "worker"

[[person]]
id = "nam"
name = "Năm"
role = "technician"

[[person]]
id = "sau"
name = "Bác Sáu"
role = "neighbour"
"""
PASSWORDS = {"tam": "owner's secret", "bay": "worker's secret", "nam": "technician's"}


@dataclass
class Office:
    """One farm's pages; `orders` is what control was asked for."""

    folder: Path
    client: TestClient
    people: PeopleStore
    orders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """farm.toml."""
        return self.folder / "farm.toml"

    def sign_in(self, who: str) -> "Office":
        """As this person, in a fresh browser."""
        self.client.cookies.clear()
        reply = self.client.post("/login", data={"name": who, "password": PASSWORDS[who]}, follow_redirects=False)
        assert reply.status_code == 303, reply.text
        return self

    def asked(self, do: str, **values: Any) -> bool:
        """True when control was asked for this."""
        wanted = {"do": do, **values}
        return any(wanted.items() <= order.items() for order in self.orders)


class Control:
    """Control's end of the link in a thread: a snapshot ten times a second, every order noted."""

    def __init__(self, path: Path, snapshot: dict[str, Any], orders: list[dict[str, Any]]) -> None:
        self._path = path
        self._snapshot = snapshot
        self._orders = orders
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._speak()), daemon=True)

    def __enter__(self) -> "Control":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    async def _speak(self) -> None:
        server = LinkServer(self._path, self._take)
        await server.start()
        while not self._stop.is_set():
            server.publish(self._snapshot)
            await asyncio.sleep(0.1)
        await server.stop()

    def _take(self, order: dict[str, Any]) -> dict[str, Any]:
        self._orders.append(order)
        return {"refused": ""}


def farm_with_people(folder: Path, more: str = "") -> tuple[Farm, PeopleStore]:
    """A farm whose people have accounts."""
    farm = small_farm(folder, f"{FARM}{PEOPLE}{more}")
    people = PeopleStore(farm.data / "people.sqlite", Steps().clock().wall)
    for person, password in PASSWORDS.items():
        people.set_password(person, password)
    return farm, people


@contextlib.contextmanager
def office(folder: Path, snapshot: dict[str, Any], more: str = "") -> Iterator[Office]:
    """A farm with people, open."""
    farm, people = farm_with_people(folder, more)
    orders: list[dict[str, Any]] = []
    with Control(farm.socket, snapshot, orders), TestClient(make_app(farm, folder / "farm.toml")) as client:
        desk, ends_s = client.app.state.desk, time.monotonic() + 5  # type: ignore[attr-defined]
        while desk.link.snapshot is None and time.monotonic() < ends_s:
            time.sleep(0.01)
        yield Office(folder, client, people, orders)
