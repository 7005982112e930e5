"""Query options, as OGC 18-088 requires them. Each test names its requirement."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.cloud.things.farm import NOW_S, PROPERTIES, RELATIONS, SAMPLES, SET_OF, SETS, first, follow, get, results

SETS_OF_ONE_ENTITY = [(plural, relation) for plural in SETS for relation in RELATIONS[plural]]
OXYGEN = "Datastreams('pond-1.do_mg_l')/Observations"


@pytest.mark.parametrize("plural", SETS)
def test_select_gives_what_was_named_and_nothing_else(plural: str, everything: TestClient) -> None:
    """/req/request-data/select"""
    for name in PROPERTIES[plural]:
        assert all(set(found) == {name} for found in get(everything, plural, select=name)["value"])
    several = get(everything, plural, select=",".join(("id", *PROPERTIES[plural])))["value"]
    assert all(set(found) == {"@iot.id", *PROPERTIES[plural]} for found in several)
    for name in RELATIONS[plural]:
        assert set(get(everything, plural, select=name)["value"][0]) == {f"{name}@iot.navigationLink"}
    one = first(everything, plural)["@iot.selfLink"]
    assert set(follow(everything, f"{one}?$select={PROPERTIES[plural][0]}")) == {PROPERTIES[plural][0]}


@pytest.mark.parametrize(("plural", "relation"), SETS_OF_ONE_ENTITY)
def test_expand_puts_related_entities_into_the_answer(plural: str, relation: str, everything: TestClient) -> None:
    """/req/request-data/expand: one level, two levels, with options inside"""
    entity = get(everything, plural, expand=relation, top=1)["value"][0]
    related = follow(everything, entity[f"{relation}@iot.navigationLink"])
    assert entity[relation] == related.get("value", related)
    target = SET_OF.get(relation, relation)
    for deeper in RELATIONS[target]:
        for written in (f"{relation}/{deeper}", f"{relation}($expand={deeper})"):
            found = get(everything, plural, expand=written, top=1)["value"][0][relation]
            inner = (found[0] if isinstance(found, list) else found)[deeper]
            assert inner
    chosen = get(everything, plural, expand=f"{relation}($select={PROPERTIES[target][0]})", top=1)["value"][0][relation]
    assert set(chosen[0] if isinstance(chosen, list) else chosen) == {PROPERTIES[target][0]}


def test_expand_takes_every_option_inside(everything: TestClient) -> None:
    """/req/request-data/expand: nested options, also with what parts them inside a text"""
    inside = "$filter=result ge 4.5 and Datastream/name ne 'a;b)';$orderby=result desc;$top=2;$skip=1;"
    inside += "$count=true;$select=result"
    found = get(everything, "Datastreams('pond-1.do_mg_l')", expand=f"Observations({inside}),Thing($select=name)")
    assert found["Observations"] == [{"result": 6.8}, {"result": 6.7}]
    assert found["Observations@iot.count"] == 25
    assert found["Thing"] == {"name": "Ao 1"}
    after = follow(everything, found["Observations@iot.nextLink"])
    assert results(after) == [6.6, 6.5] and after["@iot.count"] == 25


@pytest.mark.parametrize("plural", SETS)
def test_top_and_skip_cut_a_page_and_links_lead_through_all(plural: str, everything: TestClient) -> None:
    """/req/request-data/top, /req/request-data/skip, /req/request-data/pagination"""
    every = [found["@iot.id"] for found in get(everything, plural, top=1000)["value"]]
    assert len(every) == len(set(every)) >= 2
    page = get(everything, plural, top=2)
    seen = [found["@iot.id"] for found in page["value"]]
    assert seen == every[:2]
    for _ in range(4):
        if "@iot.nextLink" not in page:
            break
        page = follow(everything, page["@iot.nextLink"])
        seen += [found["@iot.id"] for found in page["value"]]
    assert seen == every[: len(seen)] and (len(seen) == len(every) or len(seen) == 10)
    assert [found["@iot.id"] for found in get(everything, plural, skip=1, top=1000)["value"]] == every[1:]
    assert get(everything, plural, top=0)["value"] == []
    assert get(everything, plural, skip=10_000)["value"] == []


@pytest.mark.parametrize("plural", SETS)
def test_count_is_of_all_that_match_whatever_the_page(plural: str, everything: TestClient) -> None:
    """/req/request-data/count"""
    every = get(everything, plural, select="id", top=1000)
    assert "@iot.count" not in every and "@iot.nextLink" not in every
    for options in ({}, {"top": 1}, {"skip": 1}, {"top": 0}):
        assert get(everything, plural, select="id", count="true", **options)["@iot.count"] == len(every["value"])
    assert "@iot.count" not in get(everything, plural, select="id", count="false")


@pytest.mark.parametrize("plural", SETS)
def test_orderby_orders_by_each_property_up_and_down(plural: str, everything: TestClient) -> None:
    """/req/request-data/orderby"""
    for name in PROPERTIES[plural]:
        upwards = ordered(everything, plural, name, name)
        assert upwards == ordered(everything, plural, f"{name} asc", name) == sorted(upwards)
        assert ordered(everything, plural, f"{name} desc", name) == sorted(upwards, reverse=True)


def ordered(client: TestClient, plural: str, orderby: str, name: str) -> list[Any]:
    found = [entity[name] for entity in get(client, plural, orderby=orderby, select=name, top=1000)["value"]]
    return [
        (value is not None, json.dumps(value, sort_keys=True) if isinstance(value, dict) else value or 0)
        for value in found
    ]


def test_orderby_takes_several_keys_and_paths(everything: TestClient) -> None:
    """/req/request-data/orderby: several keys, a path, a function"""
    found = get(everything, "Datastreams", orderby="ObservedProperty/@iot.id desc,Thing/name desc", select="id")[
        "value"
    ]
    assert [entity["@iot.id"] for entity in found] == [
        *("pond-4.temperature_c", "pond-2.temperature_c", "pond-1.temperature_c"),
        *("pond-4.do_mg_l", "pond-2.do_mg_l", "pond-1.do_mg_l"),
    ]
    things = get(everything, "Things", orderby="length(name) desc,name")["value"]
    assert [thing["name"] for thing in things] == ["Ao xa", "Ao 1", "Ao 2", "Ao 3"]


@pytest.mark.parametrize("plural", SETS)
def test_filter_compares_each_property(plural: str, everything: TestClient) -> None:
    """/req/request-data/filter, /req/request-data/built-in-filter-operations: comparisons"""
    for name in PROPERTIES[plural]:
        value = first(everything, plural)[name]
        if isinstance(value, dict):
            continue
        text = isinstance(value, str) and name not in ("time", "phenomenonTime", "resultTime")
        written = "'" + value.replace("'", "''") + "'" if text else value
        every = get(everything, plural, select=name, top=1000)["value"]
        for operator, meant in COMPARED.items():
            found = get(everything, plural, select=name, filter=f"{name} {operator} {written}", top=1000)["value"]
            assert found == [other for other in every if meant(other[name], value)]


COMPARED: dict[str, Any] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one is not None and one > other,
    "ge": lambda one, other: one is not None and one >= other,
    "lt": lambda one, other: one is not None and one < other,
    "le": lambda one, other: one is not None and one <= other,
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("result gt 6.5", [6.6, 6.7, 6.8, 6.9]),
        ("result gt 6.7 or result lt 4.2", [4.0, 4.1, 6.8, 6.9]),
        ("result lt 4.1 or result gt 4.3 and result lt 4.6", [4.0, 4.4, 4.5]),
        ("(result lt 4.1 or result gt 4.3) and result lt 4.6", [4.0, 4.4, 4.5]),
        ("not (result lt 6.8)", [6.8, 6.9]),
        ("not result lt 6.8 and result ne 6.9", [6.8]),
        ("result add 1 gt 7.7", [6.8, 6.9]),
        ("result sub 2 mul 2 le 0.1", [4.0, 4.1]),
        ("(result sub 2) mul 2 le 4.1", [4.0]),
        ("round(result mul 10) mod 10 eq 0", [4.0, 5.0, 6.0]),
        ("result div 2 gt 3.4", [6.9]),
        ("result div 0 gt 1", []),
        ("-result lt -6.8", [6.9]),
        ("floor(result) eq 4 and ceiling(result) eq 4", [4.0]),
        ("round(result) eq 4 and result gt 4.3", [4.4]),
        ("10 sub result lt 3.2 and 3 lt result", [6.9]),
        ("phenomenonTime ge now() sub duration'PT2H'", [6.8, 6.9]),
        ("resultTime sub now() gt duration'-PT90M'", [6.9]),
        ("Datastream/ObservedProperty/@iot.id eq 'do_mg_l' and result gt 6.8", [6.9]),
        ("FeatureOfInterest/id eq 'pond-1' and result gt 6.8", [6.9]),
        ("Datastream/Thing/properties/areaM2 eq null and result gt 6.8", [6.9]),
        ("Datastream/Thing/properties/aerators eq 4 and result gt 6.8", [6.9]),
        ("parameters/late eq false and parameters/sequence ge 29", [6.9]),
        ("resultQuality eq 'good' and result gt 6.8", [6.9]),
    ],
)
def test_filter_reckons_as_the_standard_has_it(written: str, expected: list[float], everything: TestClient) -> None:
    """/req/request-data/built-in-filter-operations: logic, arithmetic, precedence, brackets"""
    assert results(get(everything, OXYGEN, filter=written)) == expected


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("substringof('xa', name)", ["Ao xa"]),
        ("startswith(name, 'Ao') and endswith(name, '1')", ["Ao 1"]),
        ("length(name) gt 4", ["Ao xa"]),
        ("indexof(name, '2') eq 3", ["Ao 2"]),
        ("substring(name, 3) eq 'xa'", ["Ao xa"]),
        ("substring(name, 0, 2) ne 'Ao'", []),
        ("tolower(name) eq 'ao xa'", ["Ao xa"]),
        ("toupper(name) eq 'AO XA'", ["Ao xa"]),
        ("trim(concat('  ', name)) eq 'Ao 1'", ["Ao 1"]),
        ("Datastreams/ObservedProperty/name eq 'Dissolved oxygen'", ["Ao 1", "Ao 2", "Ao xa"]),
        ("not Datastreams/ObservedProperty/name eq 'Dissolved oxygen'", ["Ao 3"]),
        ("Locations/location/type eq 'Point'", LOCATED := ["Ao 1", "Ao 3", "Ao xa"]),
        (
            "st_within(Locations/location, geography'POLYGON((105 9.5, 105.5 9.5, 105.5 10, 105 10, 105 9.5))')",
            ["Ao 1"],
        ),
        ("geo.distance(Locations/location, geography'POINT(105.1 9.81)') lt 1200", ["Ao 1"]),
        ("properties/farm eq 'g2'", ["Ao xa"]),
        ("name eq 'O''Brien'", []),
    ],
)
def test_functions_of_text_and_place(written: str, names: list[str], everything: TestClient) -> None:
    """/req/request-data/built-in-query-functions, but for those of geometry that answer 501"""
    found = [found["name"] for found in get(everything, "Things", filter=written)["value"]]
    assert found == [name for name in names if name != "Ao 3" or "Locations" not in written]


@pytest.mark.parametrize(
    "written",
    [
        "year(phenomenonTime) eq 2027 and month(phenomenonTime) eq 1 and day(phenomenonTime) eq 15",
        "hour(phenomenonTime) eq 7 and minute(phenomenonTime) eq 0 and second(phenomenonTime) eq 0",
        "fractionalseconds(phenomenonTime) eq 0 and totaloffsetminutes(phenomenonTime) eq 0",
        "date(phenomenonTime) eq 2027-01-15",
        "time(phenomenonTime) ge 07:00:00 and time(phenomenonTime) le 07:00",
        "phenomenonTime lt now() and phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()",
        "phenomenonTime ge 2027-01-15T14:00:00+07:00",
        "phenomenonTime ge 2027-01-15",
    ],
)
def test_functions_of_time(written: str, everything: TestClient) -> None:
    """/req/request-data/built-in-query-functions: the newest sample was taken at 07:00 UTC on 15 January 2027"""
    newest = get(everything, OXYGEN, filter=written, orderby="phenomenonTime desc", top=1)["value"]
    assert newest[0]["phenomenonTime"] == "2027-01-15T07:00:00Z"


def test_options_are_applied_in_the_order_of_the_standard(everything: TestClient) -> None:
    """/req/request-data/order: filter, count, orderby, skip, top, expand, select"""
    asked = {
        "filter": "result gt 5",
        "orderby": "result desc",
        "skip": 2,
        "top": 3,
        "select": "result",
        "count": "true",
    }
    found = get(everything, OXYGEN, **asked)
    assert results(found) == [6.7, 6.6, 6.5] and found["@iot.count"] == 19
    assert get(everything, OXYGEN, **dict(reversed(asked.items()))) == found | {"@iot.nextLink": ANY}


class _Any:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


ANY = _Any()


@pytest.mark.parametrize(
    ("path", "options", "place"),
    [
        ("Things", {"filter": "nothing eq 1"}, "$filter, character 1"),
        ("Things", {"filter": "name eq"}, "$filter, character 8"),
        ("Things", {"filter": "name eq 'a' b"}, "$filter, character 13"),
        ("Things", {"filter": "name eq 5"}, "$filter, character 6"),
        ("Things", {"filter": "name"}, "$filter, character 1"),
        ("Things", {"filter": "length(1) eq 1"}, "$filter, character 1"),
        ("Things", {"filter": "length() eq 1"}, "$filter, character 1"),
        ("Things", {"filter": "nothing(name)"}, "$filter, character 1"),
        ("Things", {"filter": "name eq 'a"}, "$filter, character 9"),
        ("Things", {"filter": "Datastreams eq 1"}, "$filter, character 1"),
        ("Things", {"filter": "Datastreams/name eq Locations/name"}, "$filter, character 18"),
        ("Observations", {"filter": "phenomenonTime gt 2027-02-30T00:00:00Z"}, "$filter, character 19"),
        ("Observations", {"filter": "result gt 1e400"}, "$filter, character 11"),
        ("Things", {"filter": "(" * 100 + "true" + ")" * 100}, "$filter, character 26"),
        ("Things", {"orderby": "Datastreams/name"}, "$orderby, character 1"),
        ("Things", {"orderby": ""}, "$orderby, character 1"),
        ("Things", {"select": "nothing"}, "$select"),
        ("Things", {"expand": "Sensors"}, "$expand"),
        ("Things", {"expand": "Datastreams($top=x)"}, "$expand, character 18"),
        ("Things", {"expand": "Datastreams($nothing=1)"}, "$nothing"),
        ("Things", {"top": "-1"}, "$top, character 1"),
        ("Things", {"top": "1.5"}, "$top, character 1"),
        ("Things", {"skip": "many"}, "$skip, character 1"),
        ("Things", {"count": "yes"}, "$count, character 1"),
        ("Things", {"nothing": "1"}, "$nothing"),
        ("Observations", {"skiptoken": "x"}, "$skiptoken"),
        ("Things('pond-1')", {"top": "1"}, "$top"),
        ("Things('pond-1')/name", {"select": "name"}, "$select"),
        ("", {"top": "1"}, "$top"),
        ("Datastreams", {"expand": "Thing($filter=name eq 'a')"}, "$filter"),
        ("Things/$ref", {"select": "name"}, "$ref"),
    ],
)
def test_an_option_that_makes_no_sense_is_400_and_says_where(
    path: str, options: dict[str, str], place: str, everything: TestClient
) -> None:
    """/req/request-data/query-status-code"""
    told = get(everything, path, 400, **options)
    assert told["place"] == place and told["message"]


def test_an_option_twice_is_400(everything: TestClient) -> None:
    """/req/request-data/query-status-code"""
    assert everything.get("/sta/v1.1/Things?$top=1&$top=2").json()["place"] == "$top"
    assert everything.get("/sta/v1.1/Things?top=1&x=y").status_code == 200


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"filter": "st_touches(Locations/location, geography'POINT(1 1)')"}, "st_touches"),
        ({"filter": "geo.length(Locations/location) gt 1"}, "geo.length"),
        ({"filter": "st_within(Locations/location, geography'LINESTRING(1 1, 2 2)')"}, "LINESTRING"),
        ({"resultFormat": "dataArray"}, "$resultFormat"),
    ],
)
def test_what_the_standard_has_and_we_have_not_is_501_by_name(
    options: dict[str, str], named: str, everything: TestClient
) -> None:
    """/req/request-data/query-status-code: a function of the standard that is not supported"""
    told = get(everything, "Things", 501, **options)
    assert named in told["message"] + told["place"]


def test_the_newest_observation_is_the_first_backwards(everything: TestClient) -> None:
    """/req/request-data/orderby: by time, through pages, across the ponds of an answer"""
    page = get(everything, "FeaturesOfInterest('pond-1')/Observations", orderby="phenomenonTime desc", top=7)
    times = [seen["phenomenonTime"] for seen in page["value"]]
    while "@iot.nextLink" in page:
        page = follow(everything, page["@iot.nextLink"])
        times += [seen["phenomenonTime"] for seen in page["value"]]
    assert len(times) == 2 * SAMPLES and times == sorted(times, reverse=True)
    every = get(everything, "Observations", orderby="phenomenonTime desc", top=6)["value"]
    assert {seen["phenomenonTime"] for seen in every} == {"2027-01-15T07:00:00Z"}
    assert NOW_S == 1_800_000_000
