"""Two farms with ponds whose water was measured, and the interface as a farm's owner and an administrator see it."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.accounts.access import Role
from cloud.database import Database, migrate
from cloud.farms.models import Gateway, Pond
from cloud.settings import CloudSettings
from cloud.telemetry import store
from cloud.telemetry.messages import parse_rows
from cloud.web.server import make_app
from tests.cloud.people import add_person, token
from tests.cloud.things.farm import NOW_S, rows

COMMUNE = "30001"
POND: dict[str, Any] = {"aerators": 4, "alarm_low": 4.0, "danger_low": 3.0, "kind": "intensive"}
PONDS: tuple[dict[str, Any], ...] = (
    {"id": 1, "gateway_id": "g1", "key": "ao-1", "name": "Ao 1", "node": "n1", "longitude": 105.1, "latitude": 9.8},
    {"id": 2, "gateway_id": "g1", "key": "ao-2", "name": "Ao 2", "node": "n'2/a"},
    {"id": 3, "gateway_id": "g1", "key": "ao-3", "name": "Ao 3", "node": None},
    {"id": 4, "gateway_id": "g2", "key": "ao-1", "name": "Ao xa", "node": "n3", "longitude": 104.9, "latitude": 9.2},
)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application on a database with two farms; the first has ponds without coordinates and one without a node."""
    folder = tmp_path_factory.mktemp("things")
    url = f"sqlite:///{folder / 'cloud.sqlite'}"
    migrate(url)
    app = make_app(CloudSettings(data=folder, database_url=url, mqtt_url="", web_host="", web_port=0))
    app.state.wall = lambda: NOW_S
    database: Database = app.state.database
    with database.write() as session:
        for farm, name in (("g1", "Trại Một"), ("g2", "Trại Hai")):
            session.add(Gateway(id=farm, created_at=NOW_S - 9e6, farm_name=name, described_at=NOW_S, commune=COMMUNE))
        session.flush()
        session.add_all(Pond(**POND | pond) for pond in PONDS)
        for farm, node in (("g1", "n1"), ("g1", "n'2/a"), ("g2", "n3")):
            store.store(session, farm, parse_rows(rows(node)), NOW_S)
    return app


def machine(cloud: FastAPI, role: Role, *farms: str, communes: tuple[str, ...] = ()) -> TestClient:
    """A machine with a token of a new person's."""
    database: Database = cloud.state.database
    scope = [("commune", commune) for commune in communes]
    person = add_person(database, role, f"{role}@example.org", farms=farms, scope=scope)
    return TestClient(cloud, base_url="http://cloud.test", headers=token(database, person, role))


@pytest.fixture(scope="session")
def farmer(cloud: FastAPI) -> Iterator[TestClient]:
    """What the first farm's owner sees."""
    with machine(cloud, "farmer", "g1") as client:
        yield client


@pytest.fixture(scope="session")
def officer(cloud: FastAPI) -> Iterator[TestClient]:
    """What the officer of both farms' commune sees."""
    with machine(cloud, "officer", communes=(COMMUNE,)) as client:
        yield client


@pytest.fixture(scope="session")
def everything(cloud: FastAPI) -> Iterator[TestClient]:
    """What an administrator sees."""
    with machine(cloud, "administrator") as client:
        yield client
