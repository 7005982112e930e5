"""A farmer owns the farm's data: what officers see, what is taken along, what is deleted; and how a gateway comes in."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from typer.testing import CliRunner

from cloud.command import app as console
from cloud.farms import belongings
from cloud.farms import repository as farms
from cloud.incidents.models import Incident
from cloud.incidents.photos import photo_path
from cloud.models import Base
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from gateway.uplink.enrolment import claim_of
from gateway.uplink.messages import describe
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser
from tests.cloud.test_telemetry import rows, sample
from tests.gateway.farms import FARM as FARM_TOML
from tests.gateway.farms import small_farm

SHARED = {
    "advice": {"advisories", "advisory_units", "deliveries", "answers"},
    "public": {"stations", "station_values", "station_latest", "station_flags", "boards", "board_stations"},
    "officers": {"report_schedules", "report_sendings"},
    "areas": {"units", "successions", "extension_areas", "extension_area_units"},
    "people": {"people", "sessions", "invitations", "scopes", "push_browsers", "push_told", "door_tries"},
    "kept": {"audit", "layouts", "push_key"},
}
COMMUNE = "30292"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path, "g1", "g2") as made:
        ingest = Ingest(made.database, None, wall=lambda: made.time.wall_s)  # type: ignore[arg-type]
        event = {"number": 1, "kind": "do_low", "pond": "ao-1", "detail": {}, "at": 1.0, "wall_known": True}
        ingest.store([Message(f"farm/{gateway}/up/rows", rows(sample(1), events=[event])) for gateway in ("g1", "g2")])
        ingest.store([Message("farm/g1/up/rows", b"what is this")])
        yield made


@pytest.fixture
def photo(cloud: Cloud) -> Path:
    """A photo that was sent with a report of the farm."""
    path = photo_path(cloud.settings.photos, "abcd.png")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a picture")
    sent_by = add_person(cloud.database, "worker", "0900000001", farms=["g1"])
    with cloud.database.write() as session:
        session.add(
            Incident(
                gateway_id="g1",
                pond="ao-1",
                pond_name="Ao 1",
                kind="other",
                text="",
                photo=path.name,
                reported_at=1.0,
                reporter_id=sent_by,
                reporter="Tú",
                state="open",
                officer_id=None,
                officer="",
            )
        )
    return path


@pytest.fixture
def farmer(cloud: Cloud) -> TestClient:
    return browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"]))


@pytest.fixture
def officer(cloud: Cloud) -> TestClient:
    return browser(cloud.app, add_person(cloud.database, "officer", "0907654321", scope=[("province", "91")]))


def ids(client: TestClient, path: str = "/api/farms", key: str = "id") -> list[Any]:
    return [row[key] for row in client.get(path).json()]


def share(farmer: TestClient, kind: str, granted: str = "yes") -> None:
    assert farmer.post("/farms/g1/sharing", data={"kind": kind, "granted": granted}).status_code == 303


def test_an_officer_sees_what_was_granted_in_the_own_communes_until_it_is_withdrawn(
    farmer: TestClient, officer: TestClient
) -> None:
    assert farmer.patch("/api/farms/g1", json={"commune": COMMUNE}).status_code == 200
    assert ids(officer) == []
    share(farmer, "water")
    assert ids(officer) == ["g1"]
    assert ids(officer, "/api/ponds", "key") == ["ao-1"]
    assert officer.get("/api/ponds/1/latest").status_code == 200
    assert officer.get("/api/ponds/1/commands").status_code == 403
    share(farmer, "alarms")
    share(farmer, "water", "no")
    assert officer.get("/api/ponds/1/latest").status_code == 404
    assert ids(officer) == ["g1"]
    share(farmer, "alarms", "no")
    assert ids(officer) == []


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        (("commune", COMMUNE), True),
        (("commune", "30301"), False),
        (("province", "91"), True),
        (("province", "96"), False),
        (("area", "1"), False),
    ],
)
def test_an_officers_scope_decides(cloud: Cloud, farmer: TestClient, scope: tuple[str, str], sees: bool) -> None:
    farmer.patch("/api/farms/g1", json={"commune": COMMUNE})
    share(farmer, "water")
    officer = browser(cloud.app, add_person(cloud.database, "officer", "0907654321", scope=[scope]))
    assert ids(officer) == (["g1"] if sees else [])


def test_nobody_shares_exports_or_deletes_in_the_farmers_place(cloud: Cloud, officer: TestClient) -> None:
    others = [
        (officer, 403),
        (browser(cloud.app, add_person(cloud.database, "administrator", "a@example.org")), 403),
        (browser(cloud.app, add_person(cloud.database, "worker", "0901", farms=["g1"])), 403),
        (browser(cloud.app, add_person(cloud.database, "farmer", "0902", farms=["g2"])), 404),
    ]
    for client, answer in others:
        assert client.post("/farms/g1/sharing", data={"kind": "water", "granted": "yes"}).status_code == answer
        assert client.get("/farms/g1/export").status_code == answer
        assert client.post("/farms/g1/delete", data={"name": "Trại Một"}).status_code == answer


def opened(answer: bytes) -> dict[str, list[dict[str, Any]]]:
    with zipfile.ZipFile(io.BytesIO(answer)) as archive:
        return {
            name.removesuffix(".jsonl"): [json.loads(line) for line in archive.read(name).splitlines()]
            for name in archive.namelist()
            if name.endswith(".jsonl")
        }


def test_the_export_has_everything_of_the_farm_and_nothing_of_another(farmer: TestClient, photo: Path) -> None:
    answer = farmer.get("/farms/g1/export")
    assert answer.headers["content-type"] == "application/zip"
    found = opened(answer.content)
    assert [(row["node"], row["sequence"], row["readings"][0][:2]) for row in found["samples"]] == [
        ("n1", 1, ["do_mg_l", pytest.approx(4.1)])
    ]
    assert [row["id"] for row in found["gateways"]] == ["g1"]
    assert [row["name"] for row in found["ponds"]] == ["Ao 1"]
    assert [row["kind"] for row in found["events"]] == ["do_low"]
    assert photo.exists()
    assert "photos/abcd.png" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert not [row for rows in found.values() for row in rows if "g2" in row.values()]
    assert not {"tokens", "claim_codes", "hot", "chunks"} & found.keys()


def test_a_farm_is_deleted_whole_once_its_name_is_typed(cloud: Cloud, farmer: TestClient, photo: Path) -> None:
    share(farmer, "water")
    farmer.post("/account/tokens", data={"name": "bảng", "role": "worker", "farm": "g1"})
    assert farmer.post("/farms/g1/delete", data={"name": "Trại Hai"}).status_code == 422
    assert ids(farmer) == ["g1"]
    assert farmer.post("/farms/g1/delete", data={"name": "Trại Một"}).status_code == 303
    with cloud.database.read() as session:
        for table in belongings.tables():
            kept = select(func.count()).select_from(table)
            assert session.scalar(kept.where(belongings.of_farm(table, "g1"))) == 0, table.name
        left = [
            session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name in ("hot", "ponds")
        ]
        assert left == [1, 1]
    assert not photo.exists()
    with cloud.database.read() as session:
        assert farms.known(session, {"g1", "g2"}) == {"g2"}
    admin = browser(cloud.app, add_person(cloud.database, "administrator", "a@example.org"))
    assert "Xóa cơ sở nuôi" in admin.get("/audit").text


def test_every_table_is_a_farms_or_known_to_be_shared() -> None:
    shared = set().union(*SHARED.values())
    of_farms = {table.name for table in belongings.tables()}
    assert set(Base.metadata.tables) - shared - of_farms == set()
    assert shared & of_farms == set()


def test_a_farm_says_where_it_lies(farmer: TestClient) -> None:
    told = {"commune": COMMUNE, "latitude": 10.1, "longitude": 105.0, "registration": "91-01", "phone": "090 123"}
    answer = farmer.patch("/api/farms/g1", json=told).json()
    assert answer == {"id": "g1", "name": "Trại Một", "owner_name": "", "revoked": False, **told, "phone": "+8490123"}
    assert farmer.patch("/api/farms/g1", json={"commune": "899"}).status_code == 422
    assert farmer.patch("/api/farms/g1", json={"latitude": 91}).status_code == 422
    form = {"commune": COMMUNE, "latitude": "10,25", "longitude": "105,1", "owner_name": "Bà Sáu"}
    assert farmer.post("/farms/g1/about", data=form).status_code == 303
    assert farmer.get("/api/farms/g1").json()["latitude"] == pytest.approx(10.25)
    assert farmer.post("/farms/g1/about", data={"latitude": "mười"}).status_code == 422
    assert "Bà Sáu" in farmer.get("/farms/g1/about").text
    assert farmer.post("/farms/g1/ponds/ao-1", data={"area_m2": "2500", "kind": "intensive"}).status_code == 303
    assert farmer.post("/farms/g1/ponds/ao-1", data={"kind": "carp"}).status_code == 422
    assert farmer.patch("/api/ponds/1", json={"registration": "x"}).json()["area_m2"] == 2500


def test_a_ponds_aerators_have_the_numbers_of_their_panel(cloud: Cloud, farmer: TestClient, tmp_path: Path) -> None:
    assert farmer.get("/api/ponds/1").json()["aerator_numbers"] == [1, 2, 3, 4]
    beside = small_farm(tmp_path, FARM_TOML.replace("aerators = [1, 2, 3, 4]", "aerators = [5, 6, 8]"))
    ingest = Ingest(cloud.database, None, wall=lambda: cloud.time.wall_s)  # type: ignore[arg-type]
    ingest.store([Message("farm/g1/up/farm", describe(beside, {}))])
    pond = farmer.get("/api/ponds/1").json()
    assert (pond["aerators"], pond["aerator_numbers"]) == (3, [5, 6, 8])


def test_a_registration_of_another_form_is_refused_where_the_form_is_known(cloud: Cloud, farmer: TestClient) -> None:
    object.__setattr__(cloud.settings, "registration", r"\d\d-\d\d-\d{4}")
    refused = farmer.patch("/api/farms/g1", json={"registration": "none"})
    assert refused.status_code == 422
    assert "is not of the form" in refused.json()["detail"]
    assert farmer.patch("/api/farms/g1", json={"registration": "91-01-0007"}).status_code == 200


def code_of(page: str) -> str:
    found = re.search(r"<code>([2-9A-Z]{8})</code>", page)
    assert found is not None
    return found.group(1)


def users(cloud: Cloud) -> set[str]:
    file = cloud.settings.users_file
    return set(json.loads(file.read_text())) if file.exists() else set()


def test_a_gateway_comes_in_once_by_its_code_and_its_own_key(cloud: Cloud, farmer: TestClient) -> None:
    code, key = code_of(farmer.post("/farms/new", data={"name": "Trại Mới"}).text), Ed25519PrivateKey.generate()
    gateway = TestClient(cloud.app)
    forged = {**claim_of(key, code), "public_key": claim_of(Ed25519PrivateKey.generate(), code)["public_key"]}
    assert gateway.post("/api/enrol", json=forged).status_code == 403
    answer = gateway.post("/api/enrol", json=claim_of(key, code)).json()
    assert answer["gateway"].startswith("trai-moi-")
    assert answer["mqtt_url"] == "mqtt://broker"
    assert users(cloud) == {answer["gateway"]}
    assert answer["gateway"] in ids(farmer)
    assert gateway.post("/api/enrol", json=claim_of(Ed25519PrivateKey.generate(), code)).status_code == 403


def test_a_farmer_finds_the_way_to_a_code_and_back(farmer: TestClient) -> None:
    assert 'action="/farms/new"' in farmer.get("/account").text
    page = farmer.post("/farms/new", data={"name": "Trại"}).text
    back = re.search(r'method="get" action="([^"]+)"', page)
    assert back is not None
    assert farmer.get(back.group(1)).status_code == 200


def test_a_gateway_that_did_not_hear_the_answer_asks_again_with_its_key(cloud: Cloud, farmer: TestClient) -> None:
    code, key = code_of(farmer.post("/farms/new", data={"name": "Trại Mới"}).text), Ed25519PrivateKey.generate()
    gateway = TestClient(cloud.app)
    first, second = (gateway.post("/api/enrol", json=claim_of(key, code)).json() for _ in range(2))
    assert first["gateway"] == second["gateway"]
    assert first["password"] != second["password"]
    assert farmer.post(f"/farms/{first['gateway']}/revoke").status_code == 303
    assert gateway.post("/api/enrol", json=claim_of(key, code)).status_code == 403


def test_a_cloud_that_gateways_could_not_reach_spends_no_code(cloud: Cloud, farmer: TestClient, tmp_path: Path) -> None:
    code, key = code_of(farmer.post("/farms/new", data={"name": "Trại"}).text), Ed25519PrivateKey.generate()
    gateway, settings = TestClient(cloud.app), cloud.settings
    for wrong in (replace(settings, mqtt_url="amqps://x@y"), replace(settings, public_ca_file=tmp_path / "none.pem")):
        cloud.app.state.settings = wrong
        assert gateway.post("/api/enrol", json=claim_of(key, code)).status_code == 503
    cloud.app.state.settings = settings
    assert gateway.post("/api/enrol", json=claim_of(key, code)).status_code == 200


def test_guessing_codes_has_to_wait(cloud: Cloud, farmer: TestClient) -> None:
    code, key = code_of(farmer.post("/farms/new", data={"name": "Trại"}).text), Ed25519PrivateKey.generate()
    gateway = TestClient(cloud.app)
    tries = [gateway.post("/api/enrol", json=claim_of(key, f"2222222{sign}")).status_code for sign in "345678"]
    assert tries == [403] * 5 + [429]
    assert gateway.post("/api/enrol", json=claim_of(key, code)).status_code == 429
    cloud.time.forward(901)
    assert gateway.post("/api/enrol", json=claim_of(key, code)).status_code == 200


def test_a_code_is_void_after_seven_days(cloud: Cloud, farmer: TestClient) -> None:
    code = code_of(farmer.post("/farms/new", data={"name": "Trại"}).text)
    cloud.time.forward(7 * 86400 + 1)
    claim = claim_of(Ed25519PrivateKey.generate(), code)
    assert TestClient(cloud.app).post("/api/enrol", json=claim).status_code == 403


def test_a_revoked_gateway_sends_no_more_and_another_takes_its_place(cloud: Cloud, farmer: TestClient) -> None:
    CliRunner().invoke(console, ["add-gateway", "g1", "--data", str(cloud.folder)])
    assert "g1" in users(cloud)
    assert farmer.post("/farms/g1/revoke").status_code == 303
    assert "g1" not in users(cloud)
    with cloud.database.read() as session:
        assert not farms.knows(session, "g1")
        assert farms.known(session, {"g1", "g2"}) == {"g2"}
    assert ids(farmer) == ["g1"]
    code = code_of(farmer.post("/farms/g1/claim").text)
    answer = TestClient(cloud.app).post("/api/enrol", json=claim_of(Ed25519PrivateKey.generate(), code)).json()
    assert answer["gateway"] == "g1"
    with cloud.database.read() as session:
        assert farms.knows(session, "g1")
    assert CliRunner().invoke(console, ["revoke-gateway", "g1", "--data", str(cloud.folder)]).exit_code == 0
    assert "g1" not in users(cloud)
