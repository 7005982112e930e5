"""Whose water one sees."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.accounts import consent_repository as consent
from cloud.database import Database
from tests.cloud.things.farm import NOW_S, RELATIONS, SETS, follow, get

OWN = {"Things": 3, "Locations": 1, "HistoricalLocations": 1, "Datastreams": 4, "Sensors": 2, "FeaturesOfInterest": 3}
FOREIGN = (
    "Things('pond-4')",
    "Locations('pond-4')",
    "HistoricalLocations('pond-4')",
    "Datastreams('pond-4.do_mg_l')",
    "Sensors('g2.n3')",
    "FeaturesOfInterest('pond-4')",
)


@pytest.mark.parametrize("plural", SETS)
def test_a_farmer_finds_nothing_of_another_farm_in_any_set(plural: str, farmer: TestClient) -> None:
    found = get(farmer, plural, top=1000, count="true")
    assert found["@iot.count"] == len(found["value"]) == OWN.get(plural, found["@iot.count"])
    assert not [entity for entity in found["value"] if "pond-4" in entity["@iot.id"] or "g2" in entity["@iot.id"]]
    for relation in RELATIONS[plural]:
        assert "Ao xa" not in str(get(farmer, plural, expand=relation, top=1000))


@pytest.mark.parametrize("path", FOREIGN)
def test_another_farms_ids_are_404_for_a_farmer_and_not_for_the_province(
    path: str, cloud: FastAPI, everything: TestClient
) -> None:
    assert get(everything, path)


@pytest.mark.parametrize("path", FOREIGN)
def test_another_farms_ids_do_not_exist(path: str, farmer: TestClient) -> None:
    nobodys = get(farmer, path.replace("pond-4", "pond-5").replace("g2", "g5"), 404)
    told = get(farmer, path, 404)
    assert told["message"] == nobodys["message"]
    for relation in RELATIONS[path.split("(", maxsplit=1)[0]]:
        assert get(farmer, f"{path}/{relation}", 404)


def test_another_farms_observations_do_not_exist(farmer: TestClient) -> None:
    own = get(farmer, "Observations", top=1)["value"][0]
    assert get(farmer, f"Observations('{own['@iot.id'].replace('pond-1', 'pond-4')}')", 404)
    assert get(farmer, "ObservedProperties('do_mg_l')/Datastreams('pond-4.do_mg_l')", 404)
    assert len(get(farmer, "ObservedProperties('do_mg_l')/Datastreams")["value"]) == 2
    assert get(farmer, "Observations", filter="Datastream/@iot.id eq 'pond-4.do_mg_l'")["value"] == []
    assert follow(farmer, own["@iot.selfLink"]) == own


def test_a_link_to_the_next_page_shows_its_reader_only_what_they_may_see(farmer: TestClient) -> None:
    assert get(farmer, "Observations", skiptoken="3:0.0:-1")["value"] == []


def test_an_officer_sees_the_water_of_a_farm_while_its_farmer_grants_it(cloud: FastAPI, officer: TestClient) -> None:
    database: Database = cloud.state.database
    path = "Datastreams('pond-4.do_mg_l')/Observations"
    for granted, kind in ((False, "alarms"), (True, "water")):
        with database.write() as session:
            consent.grant(session, "g2", kind, 1, NOW_S - 60)
        assert len(get(officer, "Things")["value"]) == granted
        assert get(officer, path, 200 if granted else 404)
        assert bool(get(officer, "Observations")["value"]) == granted
    with database.write() as session:
        consent.withdraw(session, "g2", "water", NOW_S - 1)
    assert get(officer, path, 404) and get(officer, "Observations", count="true")["@iot.count"] == 0


def test_nobody_without_a_session_or_a_token_reads_anything(cloud: FastAPI) -> None:
    stranger = TestClient(cloud, follow_redirects=False)
    for path in ("", "/Things", "/Observations", "/nothing"):
        for headers in ({}, {"Authorization": "Bearer x"}):
            answer = stranger.get(f"/sta/v1.1{path}", headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
