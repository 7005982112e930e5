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
from cloud.accounts.door_repository import asking_of
from cloud.accounts.models import Person
from cloud.alerts import repository as alerts
from cloud.alerts.models import SILENT
from cloud.commands import repository as commands
from cloud.crops.models import Crop
from cloud.farms import repository as farms
from cloud.reports.subscribing import ScheduleIn, subscribe
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.messages import parse_farm
from cloud.telemetry.source import Message
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser, grant, token
from tests.cloud.test_telemetry import FARM, rows, sample

COMMUNE = "30292"
OTHER = json.dumps(
    {**json.loads(FARM), "name": "Trại Kín", "ponds": [{**json.loads(FARM)["ponds"][0], "name": "Ao Kín"}]}
)
MARKS = ("Trại Kín", "Ao Kín", "strange", "Bà Kín")


@dataclass(frozen=True)
class Route:
    """What is sent along; `refuses` when the path or the body names the other farm, so that no answer may be good."""

    refuses: bool = False
    json: dict[str, Any] | None = None
    form: dict[str, Any] | None = None


FREE = Route()
NAMES = Route(refuses=True)
ABOUT = {"registration": "mine"}
TABLE: dict[tuple[str, str], Route] = {
    ("GET", "/"): FREE,
    ("GET", "/ponds"): FREE,
    ("GET", "/login"): FREE,
    ("POST", "/login"): Route(form={"address": "0908888888", "password": "guess it"}),
    ("POST", "/logout"): FREE,
    ("POST", "/language"): Route(form={"language": "en"}),
    ("GET", "/invitation"): FREE,
    ("POST", "/invitation"): Route(form={"address": "0908888888", "code": "22222222"}),
    ("GET", "/invitation/{secret}"): NAMES,
    ("POST", "/invitation/{secret}"): Route(refuses=True, form={"password": "long enough"}),
    ("GET", "/account"): FREE,
    ("POST", "/account"): Route(form={"name": "Lan"}),
    ("POST", "/account/password"): Route(form={"old": "guess", "new": "long enough"}),
    ("POST", "/account/sign-out"): FREE,
    ("POST", "/account/tokens"): Route(refuses=True, form={"name": "m", "role": "worker", "farm": "strange-1"}),
    ("POST", "/account/tokens/{token_id}/revoke"): NAMES,
    ("GET", "/people"): FREE,
    ("POST", "/people"): Route(
        refuses=True, form={"name": "x", "address": "0911", "role": "worker", "farm": "strange-1"}
    ),
    ("GET", "/people/{person_id}"): NAMES,
    ("POST", "/people/{person_id}/invite"): NAMES,
    ("POST", "/people/{person_id}/scope"): Route(refuses=True, form={"province": ["91"]}),
    ("POST", "/people/{person_id}/join"): Route(refuses=True, form={"farm": "strange-1"}),
    ("POST", "/people/{person_id}/leave"): Route(refuses=True, form={"farm": "strange-1"}),
    ("POST", "/people/{person_id}/close"): NAMES,
    ("GET", "/audit"): FREE,
    ("GET", "/areas"): FREE,
    ("POST", "/areas"): Route(form={"name": "mine"}),
    ("GET", "/farms/new"): FREE,
    ("POST", "/farms/new"): Route(form={"name": "mine"}),
    ("GET", "/farms/{farm_id}/about"): NAMES,
    ("POST", "/farms/{farm_id}/about"): Route(refuses=True, form=ABOUT),
    ("POST", "/farms/{farm_id}/ponds/{pond_key}"): Route(refuses=True, form=ABOUT),
    ("POST", "/farms/{farm_id}/claim"): NAMES,
    ("POST", "/farms/{farm_id}/revoke"): NAMES,
    ("GET", "/farms/{farm_id}/sharing"): NAMES,
    ("POST", "/farms/{farm_id}/sharing"): Route(refuses=True, form={"kind": "water", "granted": "yes"}),
    ("GET", "/farms/{farm_id}/export"): NAMES,
    ("POST", "/farms/{farm_id}/delete"): Route(refuses=True, form={"name": "Trại Kín"}),
    ("GET", "/api/farms"): FREE,
    ("GET", "/api/farms/{farm_id}"): NAMES,
    ("PATCH", "/api/farms/{farm_id}"): Route(refuses=True, json=ABOUT),
    ("GET", "/api/farms/{farm_id}/ponds"): NAMES,
    ("GET", "/api/farms/{farm_id}/samples/count"): NAMES,
    ("GET", "/api/ponds"): FREE,
    ("GET", "/api/ponds/{pond_id}"): NAMES,
    ("PATCH", "/api/ponds/{pond_id}"): Route(refuses=True, json=ABOUT),
    ("GET", "/api/ponds/{pond_id}/latest"): NAMES,
    ("GET", "/api/ponds/{pond_id}/series"): NAMES,
    ("GET", "/api/ponds/{pond_id}/commands"): NAMES,
    ("POST", "/api/ponds/{pond_id}/commands"): Route(refuses=True, json={"do": "release", "aerator": 1}),
    ("GET", "/api/commands/{command_id}"): NAMES,
    ("GET", "/api/alerts"): FREE,
    ("GET", "/api/units"): FREE,
    ("GET", "/api/areas"): FREE,
    ("POST", "/api/enrol"): Route(json={"code": "22222222", "public_key": "A" * 44, "signature": "A" * 88}),
}
CROP = {"species": "vannamei", "stocked_on": "2026-08-01"}
SENT = {"area": "province:91", "period": "month", "recipients": ["x@example.org"]}
TABLE |= {
    ("GET", "/ponds/{pond_id}/crops"): NAMES,
    ("POST", "/ponds/{pond_id}/crops"): Route(refuses=True, form=CROP),
    ("POST", "/crops/{crop_id}"): Route(refuses=True, form=CROP),
    ("POST", "/crops/{crop_id}/remove"): NAMES,
    ("GET", "/api/ponds/{pond_id}/crops"): NAMES,
    ("POST", "/api/ponds/{pond_id}/crops"): Route(refuses=True, json=CROP),
    ("PUT", "/api/crops/{crop_id}"): Route(refuses=True, json=CROP),
    ("DELETE", "/api/crops/{crop_id}"): NAMES,
    ("GET", "/reports"): FREE,
    ("GET", "/reports/schedules"): FREE,
    ("POST", "/reports/schedules"): Route(form={**SENT, "format": "pdf"}),
    ("POST", "/reports/schedules/{schedule_id}/remove"): NAMES,
    ("GET", "/api/reports/areas"): FREE,
    ("GET", "/api/reports"): FREE,
    ("GET", "/api/reports/file"): FREE,
    ("GET", "/api/reports/schedules"): FREE,
    ("POST", "/api/reports/schedules"): Route(json=SENT),
    ("DELETE", "/api/reports/schedules/{schedule_id}"): NAMES,
    ("GET", "/api/reports/schedules/{schedule_id}/sendings"): NAMES,
}
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
            crop = Crop(gateway_id="strange-1", pond="ao-1", species="other", stocked_on=date(2026, 8, 1))
            session.add(crop)
            audit.note(session, "Bà Kín", "farm_changed", "strange-1", {}, now_s)
        ingest.store([Message("farm/strange-1/up/rows", rows(sample(1)))])
        owner = add_person(database, "farmer", "0908888888", name="Bà Kín", farms=["strange-1"])
        worker = add_person(database, "worker", "0908888889", name="Bà Kín Hai", farms=["strange-1"])
        self.key = token(database, owner, "worker", "strange-1")
        self.ids = {"farm_id": "strange-1", "pond_id": pond, "pond_key": "ao-1", "command_id": command}
        self.ids |= {"person_id": worker, "token_id": 1, "secret": "wrong", "crop_id": crop.id}
        chief = add_person(database, "administrator", "chief@example.org")
        with database.write() as session:
            wish = ScheduleIn.model_validate(SENT)
            self.ids["schedule_id"] = subscribe(session, asking_of(session.get_one(Person, chief)), wish, now_s).id
        mine = add_person(database, "farmer", "0901111111", farms=["mine"])
        grant(database, "mine", mine)
        scope = [("commune", COMMUNE), ("province", "91")]
        self.people = {
            "farmer": mine,
            "worker": add_person(database, "worker", "0902222222", farms=["mine"]),
            "technician": add_person(database, "technician", "0903333333", farms=["mine"]),
            "officer": add_person(database, "officer", "0904444444", scope=scope),
        }

    def ask(self, client: TestClient, method: str, path: str, route: Route) -> tuple[int, str]:
        """The answer to a question for the other farm."""
        url = path.format(**self.ids)
        answer = client.request(method, url, json=route.json, data=route.form)
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


def test_a_stranger_gets_nothing_but_the_door(neighbours: Neighbours) -> None:
    client = TestClient(neighbours.cloud.app, follow_redirects=False)
    for (method, path), route in TABLE.items():
        status, text = neighbours.ask(client, method, path, route)
        public = path.startswith(("/login", "/invitation", "/language", "/api/enrol"))
        assert status in ((200, 303, 403, 404, 429) if public else (303, 401)), (method, path, status)
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
