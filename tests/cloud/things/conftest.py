"""Two farms with ponds whose water was measured, and the interface as a farm's owner and an administrator see it."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.accounts.access import Asking, signed
from cloud.accounts.models import FarmPerson, Person
from cloud.database import Database
from cloud.farms.models import Gateway, Pond
from cloud.models import Base
from cloud.settings import CloudSettings
from cloud.telemetry import store
from cloud.telemetry.messages import parse_rows
from cloud.web.server import make_app
from tests.cloud.things.farm import NOW_S, POND, rows

FARMER = Asking(id=1, name="Nguyễn Văn Bảy", role="farmer", phone="0900000001", language="vi")
ADMINISTRATOR = Asking(id=2, name="Sở", role="administrator", phone="0900000002", language="vi")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application on a database with two farms; the first has a pond without coordinates and one without a node."""
    folder = tmp_path_factory.mktemp("things")
    url = f"sqlite:///{folder / 'cloud.sqlite'}"
    database = Database(url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        session.add_all([Person(**person(FARMER)), Person(**person(ADMINISTRATOR))])
        for number, farm in enumerate(("g1", "g2")):
            session.add(Gateway(id=farm, created_at=NOW_S - 9e6, farm_name=f"Trại {number + 1}", described_at=NOW_S))
        session.flush()
        session.add(FarmPerson(person_id=FARMER.id, gateway_id="g1"))
        session.add_all(Pond(**POND | pond) for pond in PONDS)
    with database.write() as session:
        for farm, node in (("g1", "n1"), ("g1", "n'2/a"), ("g2", "n3")):
            store.store(session, farm, parse_rows(rows(node)), NOW_S)
    app = make_app(CloudSettings(data=folder, database_url=url, mqtt_url="", web_host="", web_port=0))
    app.state.wall = lambda: NOW_S
    return app


PONDS: tuple[dict[str, Any], ...] = (
    {"id": 1, "gateway_id": "g1", "key": "ao-1", "name": "Ao 1", "node": "n1", "longitude": 105.1, "latitude": 9.8},
    {"id": 2, "gateway_id": "g1", "key": "ao-2", "name": "Ao 2", "node": "n'2/a"},
    {"id": 3, "gateway_id": "g1", "key": "ao-3", "name": "Ao 3", "node": None},
    {"id": 4, "gateway_id": "g2", "key": "ao-1", "name": "Ao xa", "node": "n3", "longitude": 104.9, "latitude": 9.2},
)


def person(asking: Asking) -> dict[str, Any]:
    """A row of the people's table."""
    return {
        "id": asking.id,
        "name": asking.name,
        "role": asking.role,
        "phone": asking.phone,
        "language": "vi",
        "created_at": NOW_S,
    }


def seen_by(cloud: FastAPI, asking: Asking) -> Iterator[TestClient]:
    cloud.dependency_overrides[signed] = lambda: asking
    yield TestClient(cloud, base_url="http://cloud.test")
    cloud.dependency_overrides.clear()


@pytest.fixture
def farmer(cloud: FastAPI) -> Iterator[TestClient]:
    """What the first farm's owner sees."""
    yield from seen_by(cloud, FARMER)


@pytest.fixture
def everything(cloud: FastAPI) -> Iterator[TestClient]:
    """What an administrator sees."""
    yield from seen_by(cloud, ADMINISTRATOR)
