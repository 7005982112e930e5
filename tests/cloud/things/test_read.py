"""Reading entities, as OGC 18-088 requires it: the model, paths, status codes. Each test names its requirement."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.cloud.things.farm import PROPERTIES, RELATIONS, SET_OF, SETS, first, follow, get

LEVELS = 4


def test_service_root_lists_all_sets_and_the_requirements_that_are_met(everything: TestClient) -> None:
    """/req/resource-path/resource-path-to-entities, and serverSettings of section 9.2.1"""
    root = get(everything, "")
    assert {found["name"] for found in root["value"]} == set(SETS)
    for found in root["value"]:
        assert follow(everything, found["url"])["value"]
    assert (
        "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/filter" in root["serverSettings"]["conformance"]
    )


@pytest.mark.parametrize("plural", SETS)
def test_every_set_gives_entities_with_all_that_is_mandatory(plural: str, everything: TestClient) -> None:
    """/req/datamodel/*/properties, /req/datamodel/*/relations, /req/datamodel/entity-control-information/common-..."""
    found = get(everything, plural)["value"]
    assert found
    for entity in found:
        check(plural, entity)


@pytest.mark.parametrize("plural", SETS)
def test_an_entity_by_its_own_link_is_the_one_of_the_set(plural: str, everything: TestClient) -> None:
    """/req/resource-path/resource-path-to-entities: an entity by its id"""
    entity = first(everything, plural)
    assert follow(everything, entity["@iot.selfLink"]) == entity
    check(plural, entity)


def check(plural: str, entity: dict[str, Any]) -> None:
    """Control information, mandatory properties, and a link for each relation."""
    key = entity["@iot.id"].replace("'", "''")
    assert entity["@iot.selfLink"].startswith(f"http://cloud.test/sta/v1.1/{plural}('{key[:3]}")
    for name in PROPERTIES[plural]:
        assert name in entity
    for name in RELATIONS[plural]:
        assert entity[f"{name}@iot.navigationLink"] == f"{entity['@iot.selfLink']}/{name}"


@pytest.mark.parametrize("plural", SETS)
@pytest.mark.parametrize("key", ["('nothing')", "(2147483647)", "('pond-999999')", "('pond-1.ph.1.2.3')", "('')"])
def test_an_entity_that_is_not_there_is_404_and_says_why(plural: str, key: str, everything: TestClient) -> None:
    """/req/request-data/status-code: 404"""
    told = get(everything, plural + key, 404)
    assert told["code"] == 404 and told["place"] and told["message"]


@pytest.mark.parametrize("plural", SETS)
def test_each_property_is_read_alone_and_as_bare_value(plural: str, everything: TestClient) -> None:
    """/req/resource-path/resource-path-to-entities: a property, and its $value"""
    entity = first(everything, plural)
    for name in PROPERTIES[plural]:
        assert follow(everything, f"{entity['@iot.selfLink']}/{name}") == {name: entity[name]}
        raw = everything.get(f"{entity['@iot.selfLink']}/{name}/$value")
        assert raw.status_code == 200
        assert raw.text == entity[name] if isinstance(entity[name], str) else raw.json() == entity[name]


def test_a_part_of_a_property_is_read_alone(everything: TestClient) -> None:
    """/req/resource-path/resource-path-to-entities: a property of a property"""
    assert get(everything, "Things('pond-1')/properties/farm") == {"farm": "g1"}
    assert everything.get("/sta/v1.1/Datastreams('pond-1.do_mg_l')/unitOfMeasurement/symbol/$value").text == "mg/L"
    assert get(everything, "Things('pond-1')/properties/nothing", 404)["place"] == "nothing"


def test_a_property_that_is_null_has_no_content(everything: TestClient) -> None:
    """/req/request-data/status-code: what is there without a value"""
    found = get(everything, "Observations", filter="result eq null", top=1)["value"][0]
    assert found["result"] is None and found["resultQuality"] == "bad"
    assert everything.get(f"{found['@iot.selfLink']}/result/$value").status_code == 204


@pytest.mark.parametrize("plural", SETS)
def test_paths_lead_through_relations_and_give_addresses(plural: str, everything: TestClient) -> None:
    """/req/resource-path/resource-path-to-entities: nested paths to four sets deep, and $ref"""
    seen = list(walked(everything, plural, plural, LEVELS))
    assert len(seen) >= 2


def walked(client: TestClient, path: str, plural: str, levels: int) -> Iterator[str]:
    """Every path from here, one entity of each set."""
    found = get(client, path, top=1)["value"]
    assert found, f"{path} is empty"
    addresses = get(client, f"{path}/$ref", top=1)["value"]
    assert addresses == [{"@iot.selfLink": found[0]["@iot.selfLink"]}]
    yield path
    if levels == 1:
        return
    inside = f"{path}({found[0]['@iot.selfLink'].split('/')[-1].split('(', 1)[1]}"
    assert get(client, inside) == found[0]
    for relation in RELATIONS[plural]:
        if relation in SETS:
            yield from walked(client, f"{inside}/{relation}", relation, levels - 1)
        else:
            related = get(client, f"{inside}/{relation}")
            check(SET_OF[relation], related)
            assert get(client, f"{inside}/{relation}/$ref") == {"@iot.selfLink": related["@iot.selfLink"]}
            yield f"{inside}/{relation}"


def test_a_pond_that_nobody_has_put_on_the_map_has_no_location(everything: TestClient) -> None:
    """/req/datamodel/thing/relations: a Thing has zero or more Locations"""
    for relation in ("Locations", "HistoricalLocations"):
        assert get(everything, f"Things('pond-2')/{relation}")["value"] == []
        assert get(everything, f"{relation}('pond-2')", 404)
    assert get(everything, "FeaturesOfInterest('pond-2')")["feature"]["geometry"] is None


def test_an_id_with_marks_that_mean_something_in_a_path_leads_to_its_entity(everything: TestClient) -> None:
    """/req/datamodel/entity-control-information/common-control-information: selfLink"""
    sensor = get(everything, "Datastreams('pond-2.do_mg_l')/Sensor")
    assert sensor["@iot.id"] == "g1.n'2/a"
    assert follow(everything, sensor["@iot.selfLink"]) == sensor
    assert len(follow(everything, sensor["Datastreams@iot.navigationLink"])["value"]) == 2


@pytest.mark.parametrize(
    "path",
    [
        "Nothing",
        "Things('pond-1')/nothing",
        "Things('pond-1')/Observations",
        "Things('pond-1')/Datastreams('pond-2.do_mg_l')",
        "Things('pond-1')/name/$value/$value",
        "Things/$value",
        "Things/Datastreams",
        "Things('pond-1'",
        "Things(pond-1)",
        "Things('pond-1')('pond-1')",
        "Things('pond-1')/name('x')",
        "Datastreams('pond-1.do_mg_l')/Thing('pond-1')",
        "$ref",
        "Things/$count",
        "Things//name",
        "Things/" * 400,
        "Sensors('g1.%00')",
    ],
)
def test_a_path_that_leads_nowhere_is_404(path: str, everything: TestClient) -> None:
    """/req/request-data/status-code: 404"""
    assert get(everything, path, 404)["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(method: str, everything: TestClient) -> None:
    """/req/request-data/status-code: 405"""
    for path in ("", "/Things", "/Things('pond-1')"):
        answer = everything.request(method, f"/sta/v1.1{path}")
        assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, 405, "GET, HEAD")


def test_a_head_request_has_no_body(everything: TestClient) -> None:
    """/req/request-data/status-code: HTTP's own rules hold"""
    answer = everything.head("/sta/v1.1/Things")
    assert (answer.status_code, answer.content) == (200, b"")
