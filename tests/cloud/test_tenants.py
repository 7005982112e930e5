"""Nobody sees or changes another farm: every route of the cloud is asked with another farm's ids.

A route that is not in the table fails the test: say there what it does when it is asked for somebody else's.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from cloud.accounts import audit
from cloud.accounts.door import is_public
from cloud.advisories.models import Advisory, AdvisoryUnit
from cloud.alerts import repository as alerts
from cloud.alerts.models import SILENT
from cloud.boards import repository as boards
from cloud.commands import repository as commands
from cloud.crops.models import Crop
from cloud.farms import repository as farms
from cloud.incidents.models import Incident
from cloud.reports.models import Schedule
from cloud.stations.models import Station
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.messages import parse_farm
from cloud.telemetry.source import Message
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser, grant, token
from tests.cloud.tenant_routes import TABLE, Route
from tests.cloud.test_telemetry import FARM, rows, sample

COMMUNE, FAR = "30292", "31825"
OTHER = json.dumps(
    {**json.loads(FARM), "name": "Trại Kín", "ponds": [{**json.loads(FARM)["ponds"][0], "name": "Ao Kín"}]}
)
MARKS = ("Trại Kín", "Ao Kín", "strange", "Bà Kín")


OF_FASTAPI = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}


@dataclass
class Neighbours:
    """A cloud with my farm and another's in the same commune, whose farmer has granted nothing."""

    cloud: Cloud
    ids: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        database, now_s = self.cloud.database, self.cloud.time.wall_s
        ingest = Ingest(database, None, wall=lambda: now_s)  # type: ignore[arg-type]
        with database.write() as session:
            farms.add_gateway(session, "strange-1", now_s)
            farms.describe(session, "strange-1", parse_farm(OTHER.encode()), now_s)
            for gateway in ("mine", "strange-1"):
                session.get_one(farms.Gateway, gateway).commune = COMMUNE
            command = commands.issue(session, "strange-1", "release", {}, "Bà Kín", now_s).id
            pond = farms.ponds_of(session, "strange-1")[0].id
            alerts.open_one(session, "strange-1", SILENT, now_s)
            audit.note(session, "Bà Kín", "farm_changed", "strange-1", {}, now_s)
        ingest.store([Message("farm/strange-1/up/rows", rows(sample(1)))])
        others = add_person(database, "officer", "0908888880", name="Cán Bộ Kín", scope=[("province", "96")])
        owner = add_person(database, "farmer", "0908888888", name="Bà Kín", farms=["strange-1"])
        worker = add_person(database, "worker", "0908888889", name="Bà Kín Hai", farms=["strange-1"])
        self.key = token(database, owner, "worker", "strange-1")
        self.ids = {"farm_id": "strange-1", "pond_id": pond, "pond_key": "ao-1", "command_id": command}
        self.ids |= self._in_another_province(others, owner)
        self.ids |= {"number": 1, "name": "board.css", "token": "wrong", "path": f"Things('pond-{pond}')"}
        self.ids |= {"person_id": worker, "token_id": 1, "secret": "wrong"}
        mine = add_person(database, "farmer", "0901111111", farms=["mine"])
        grant(database, "mine", mine)
        scope = [("commune", COMMUNE), ("province", "91")]
        self.people = {
            "farmer": mine,
            "worker": add_person(database, "worker", "0902222222", farms=["mine"]),
            "technician": add_person(database, "technician", "0903333333", farms=["mine"]),
            "officer": add_person(database, "officer", "0904444444", scope=scope),
        }

    def _in_another_province(self, officer: int, farmer: int) -> dict[str, int]:
        """What another officer keeps, and what the other farm's people wrote."""
        database, now_s = self.cloud.database, self.cloud.time.wall_s
        made = {
            "incident_id": Incident(
                gateway_id="strange-1", pond="ao-1", pond_name="Ao Kín", kind="other", text="", photo="", state="open",
                reported_at=now_s, reporter_id=farmer, reporter="Bà Kín", officer_id=None, officer="",
            ),
            "crop_id": Crop(gateway_id="strange-1", pond="ao-1", species="other", stocked_on=date(2026, 10, 1)),
            "schedule_id": Schedule(
                person_id=officer, area="96", area_name="Cà Mau", period="month", format="pdf", language="vi",
                recipients="strange@example.org", made_at=now_s, next_at=now_s,
            ),
            "advisory_id": Advisory(
                kind="heat", severity="minor", certainty="likely", title_vi="Tin của Bà Kín", body_vi="x", title_en="",
                body_en="", place="x", pond_kinds="", phase="", valid_from=now_s, valid_until=now_s + 1e6,
                state="draft", author_id=officer, author="Cán Bộ Kín", created_at=now_s,
            ),
            "station_id": Station(
                code="CM-1", name="Trạm", kind="river", commune=FAR, interval_s=300, preset="", created_at=now_s
            ),
        }  # fmt: skip
        with database.write() as session:
            session.add_all(made.values())
            session.flush()
            found = {name: int(row.id) for name, row in made.items()}
            session.add(AdvisoryUnit(advisory_id=found["advisory_id"], code=FAR))
            board, _ = boards.make(session, "Bảng", FAR, [found["station_id"]], "x", now_s)
            session.flush()
            return found | {"board_id": board.id}

    def ask(self, client: TestClient, method: str, path: str, route: Route) -> tuple[int, str]:
        """The answer to a question for the other farm."""
        url = path.replace(":path", "").format(**self.ids)
        answer = client.request(method, url, json=route.json, data=route.form, params=route.query, files=route.files)
        return answer.status_code, answer.text


@pytest.fixture
def neighbours(tmp_path: Path) -> Iterator[Neighbours]:
    with make_cloud(tmp_path, "mine") as cloud:
        yield Neighbours(cloud)


def routes(cloud: Cloud) -> set[tuple[str, str]]:
    """Every method and path that the application answers."""
    return {
        (method, str(context.path))
        for context in iter_route_contexts(cloud.app.routes)
        for method in context.methods or ()
        if method != "HEAD" and context.path not in OF_FASTAPI
    }


def test_every_route_stands_in_the_table(neighbours: Neighbours) -> None:
    assert routes(neighbours.cloud) == set(TABLE)


@pytest.mark.parametrize("role", ["farmer", "worker", "technician", "officer"])
def test_no_route_shows_or_changes_another_farm(neighbours: Neighbours, role: str) -> None:
    for (method, path), route in TABLE.items():
        client = browser(neighbours.cloud.app, neighbours.people[role])
        status, text = neighbours.ask(client, method, path, route)
        assert status < 500, (method, path, text)
        if route.refuses:
            assert status in (403, 404), (method, path, status)
        if status < 300:
            assert not [mark for mark in MARKS if mark in text], (method, path)
    untouched(neighbours)


@pytest.mark.parametrize("role", ["farmer", "officer"])
def test_researchers_read_no_other_farm(neighbours: Neighbours, role: str) -> None:
    client = browser(neighbours.cloud.app, neighbours.people[role])
    for entities in ("Things", "Locations", "Datastreams", "Sensors", "ObservedProperties", "Observations"):
        answer = client.get(f"/sta/v1.1/{entities}")
        assert answer.status_code == 200, entities
        assert not [mark for mark in MARKS if mark in answer.text], entities


def test_a_stranger_gets_nothing_but_the_door(neighbours: Neighbours) -> None:
    client = TestClient(neighbours.cloud.app, follow_redirects=False)
    for (method, path), route in TABLE.items():
        status, text = neighbours.ask(client, method, path, route)
        public = (200, 303, 401, 403, 404, 429) if is_public(path) else (303, 401)
        assert status in public, (method, path, status)
        assert not [mark for mark in MARKS if status == 200 and mark in text], (method, path)
    untouched(neighbours)


def untouched(neighbours: Neighbours) -> None:
    """The other farm is as it was, and its machine still comes in."""
    client = TestClient(neighbours.cloud.app)
    answer = client.get("/api/farms/strange-1", headers=neighbours.key).json()
    assert (answer["name"], answer["registration"], answer["revoked"]) == ("Trại Kín", "", False)
    assert client.get("/api/farms/strange-1/samples/count", headers=neighbours.key).json() == 1
    with neighbours.cloud.database.read() as session:
        assert len(commands.newest(session, "strange-1", 10)) == 1
