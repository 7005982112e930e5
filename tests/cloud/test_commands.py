"""From the cloud's database to a gateway's machines and back."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cloud.commands import repository
from cloud.commands.sender import Sender
from cloud.commands.signing import public_text, signing_key
from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.settings import CloudSettings
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from cloud.web.server import make_app
from gateway.uplink.commands import RemoteCommands
from gateway.uplink.messages import SCHEMA
from tests.cloud.people import add_person, browser, token
from tests.cloud.test_telemetry import FARM, NOW_S
from tests.gateway.farms import FARM as FARM_TOML
from tests.gateway.farms import Steps, small_farm

ASKED = {"do": "override", "aerator": 2, "run": True, "minutes": 20.0}


class Cloud:
    """A cloud without processes, and one gateway whose journal's events come back to it."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'cloud.sqlite'}"
        migrate(url)
        self.settings = CloudSettings(data=folder, database_url=url, mqtt_url="", web_host="", web_port=0)
        self.database = Database(url)
        self.time = Steps()
        with self.database.write() as session:
            farms.add_gateway(session, "g1", NOW_S)
        self.ingest = Ingest(self.database, None, wall=lambda: NOW_S)  # type: ignore[arg-type]
        self.ingest.store([Message("farm/g1/up/farm", FARM)])
        self.app = make_app(self.settings)
        self.app.state.wall = lambda: self.time.wall_s
        self.http = browser(self.app, add_person(self.database, "farmer", "0901234567", name="Lan", farms=["g1"]))
        self.sent: list[tuple[str, bytes]] = []
        self.broker = True
        self.ordered: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        farm = small_farm(folder, FARM_TOML.replace('id = "test"', 'id = "g1"'))
        self.gateway = RemoteCommands(
            farm, public_text(self.key), self.time.clock(), self._order, self._event, folder / "commands.json"
        )

    @property
    def key(self) -> Any:
        return signing_key(self.settings.signing_key_file)

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        self.ordered.append(order)
        return {"refused": "unsafe" if order.get("run") is False else ""}

    def _event(self, kind: str, pond: str | None, **detail: Any) -> None:
        number = len(self.events) + 1
        self.events.append(
            {"number": number, "kind": kind, "pond": pond, "detail": detail, "at": NOW_S, "wall_known": True}
        )

    async def publish(self, topic: str, payload: bytes) -> bool:
        if self.broker:
            self.sent.append((topic, payload))
        return self.broker

    async def send(self) -> None:
        """Send what waits, and no more."""
        await Sender(self.database, self.settings.signing_key_file, self.publish, lambda: self.time.wall_s).send()

    async def deliver(self) -> None:
        """Send what waits, let the gateway act, and bring its journal to the cloud."""
        await self.send()
        for _, payload in self.sent:
            await self.gateway.take(payload)
        rows = {"schema": SCHEMA, "batch": "b", "blocks": [], "events": self.events}
        self.ingest.store([Message("farm/g1/up/rows", json.dumps(rows).encode())])


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path)
    yield made
    made.database.engine.dispose()


def ask(cloud: Cloud, **changes: Any) -> int:
    answer = cloud.http.post("/api/ponds/1/commands", json={**ASKED, **changes})
    assert answer.status_code == 202, answer.text
    assert answer.json()["fate"] is None
    return int(answer.json()["id"])


def fate(cloud: Cloud, command: int) -> tuple[str | None, str]:
    found = cloud.http.get(f"/api/commands/{command}").json()
    return found["fate"], found["reason"]


def press(cloud: Cloud, wish: str) -> str:
    """What the dialog of the pond's second machine says to a wish."""
    answer = cloud.http.post("/ponds/1/override/2", data={"wish": wish})
    assert answer.status_code == 200, answer.text
    return answer.text


def line(cloud: Cloud, http: TestClient | None = None) -> str:
    """What the page shows of the second machine, by now."""
    return str((http or cloud.http).get("/ponds/1/now").json()["pieces"]["1-m2"])


async def test_a_command_reaches_the_farm_and_its_fate_comes_back(cloud: Cloud) -> None:
    number = ask(cloud)
    await cloud.deliver()
    assert [topic for topic, _ in cloud.sent] == ["farm/g1/down/command"]
    assert cloud.ordered[0]["machine"] == 1
    assert fate(cloud, number) == ("done", "")
    listed = cloud.http.get("/api/ponds/1/commands").json()
    assert [(one["who"], one["fate"]) for one in listed] == [("Lan", "done")]


async def test_what_the_farms_guard_refuses_comes_back_as_refused(cloud: Cloud) -> None:
    number = ask(cloud, run=False)
    await cloud.deliver()
    assert fate(cloud, number) == ("refused", "unsafe")


async def test_a_message_that_comes_twice_is_done_once(cloud: Cloud) -> None:
    number = ask(cloud)
    await cloud.deliver()
    await cloud.deliver()
    assert len(cloud.ordered) == 1
    assert fate(cloud, number) == ("done", "")


async def test_what_cannot_be_sent_in_a_minute_is_never_sent(cloud: Cloud) -> None:
    cloud.broker = False
    number = ask(cloud)
    await cloud.deliver()
    assert fate(cloud, number)[0] is None
    cloud.time.forward(61)
    cloud.broker = True
    await cloud.deliver()
    assert cloud.sent == []
    assert fate(cloud, number) == ("expired", "not_sent")


async def test_the_page_shows_the_whole_way_of_a_wish(cloud: Cloud) -> None:
    page, dialog = cloud.http.get("/ponds/1").text, cloud.http.get("/ponds/1/override/2").text
    assert 'hx-get="/ponds/1/override/2"' in page
    assert "Ao 1, Quạt 2: muốn làm gì?" in dialog
    assert "Không rõ" in line(cloud)
    assert "60 giây" in press(cloud, "on")
    assert "Đang gửi" in line(cloud)
    await cloud.send()
    assert "chờ trại trả lời" in line(cloud)
    await cloud.deliver()
    assert cloud.ordered == [
        {"do": "override", "pond": "ao-1", "machine": 1, "run": True, "minutes": 30.0, "who": "Lan (cloud)"}
    ]
    shown = line(cloud)
    assert "Trại đã làm" in shown
    assert "Bật 30 phút, Lan," in shown
    assert shown in cloud.http.get("/ponds/1").text
    press(cloud, "release")
    await cloud.deliver()
    assert cloud.ordered[-1]["do"] == "release"
    assert "Trả về tự động" in line(cloud)


async def test_the_page_shows_why_the_guard_refused(cloud: Cloud) -> None:
    press(cloud, "off")
    await cloud.deliver()
    assert "Trại từ chối" in line(cloud)
    assert "Không tắt được: oxy thấp" in line(cloud)


@pytest.mark.parametrize(("broker", "said"), [(False, "Không gửi được"), (True, "Trại không trả lời")])
async def test_after_a_minute_the_page_says_what_went_wrong(cloud: Cloud, broker: bool, said: str) -> None:
    cloud.broker = broker
    press(cloud, "on")
    await cloud.send()
    cloud.time.forward(61)
    assert said in line(cloud)
    assert cloud.ordered == []


def test_closing_the_question_asks_for_nothing(cloud: Cloud) -> None:
    assert press(cloud, "close") == ""
    assert cloud.http.post("/ponds/1/override/5", data={"wish": "on"}).status_code == 404
    assert cloud.http.get("/api/ponds/1/commands").json() == []


def test_who_may_not_order_sees_no_button_and_officers_not_what_was_asked(cloud: Cloud) -> None:
    press(cloud, "on")
    worker = browser(cloud.app, add_person(cloud.database, "worker", "0901234568", farms=["g1"]))
    admin = browser(cloud.app, add_person(cloud.database, "administrator", "a@example.org"))
    for http, asked in ((worker, True), (admin, False)):
        page = http.get("/ponds/1").text
        assert "Quạt 2" in page
        assert "/override/" not in page
        assert ("Bật 30 phút" in page) is asked
        assert ("Bật 30 phút" in line(cloud, http)) is asked
        assert http.get("/ponds/1/override/2").status_code == 403
        assert http.post("/ponds/1/override/2", data={"wish": "off"}).status_code == 403
    other = browser(cloud.app, add_person(cloud.database, "farmer", "0901234569"))
    assert other.get("/ponds/1/override/2").status_code == 404
    assert other.post("/ponds/1/override/2", data={"wish": "off"}).status_code == 404


def test_only_farmers_and_technicians_of_the_farm_command_it(cloud: Cloud) -> None:
    def asked(headers: dict[str, str]) -> int:
        return TestClient(cloud.app).post("/api/ponds/1/commands", json=ASKED, headers=headers).status_code

    assert asked({}) == 401
    assert asked({"Authorization": "Bearer wrong"}) == 401
    assert asked({"Authorization": "Basic x"}) == 401
    worker = add_person(cloud.database, "worker", "0901234568", farms=["g1"])
    other = add_person(cloud.database, "farmer", "0901234569")
    admin = add_person(cloud.database, "administrator", "a@example.org")
    assert asked(token(cloud.database, worker, "worker")) == 403
    assert asked(token(cloud.database, other, "technician")) == 404
    assert asked(token(cloud.database, admin, "administrator")) == 403
    technician = add_person(cloud.database, "technician", "0901234570", farms=["g1"])
    assert asked(token(cloud.database, technician, "technician")) == 202


@pytest.mark.parametrize("changes", [{"do": "restart"}, {"minutes": 61}, {"run": "yes"}, {"more": 1}, {"aerator": 9}])
def test_what_no_gateway_would_take_is_not_asked_for(cloud: Cloud, changes: dict[str, Any]) -> None:
    assert cloud.http.post("/api/ponds/1/commands", json={**ASKED, **changes}).status_code == 422


def test_numbers_rise_even_when_the_clock_goes_back(cloud: Cloud) -> None:
    numbers = []
    for now_s in (NOW_S, NOW_S, NOW_S - 1000):
        with cloud.database.write() as session:
            numbers.append(repository.issue(session, "g1", "release", {}, "Lan", now_s).number)
    assert numbers == sorted(set(numbers))


def test_the_key_is_made_once_for_this_user_only(cloud: Cloud) -> None:
    path = cloud.settings.signing_key_file
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_text(cloud.key) == public_text(signing_key(path))
    assert len(base64.b64decode(public_text(cloud.key))) == 32
