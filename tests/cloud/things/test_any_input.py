"""Whatever is asked: an answer or a refusal in JSON, never an error of ours."""

import contextlib
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.things.entities import OBSERVATION, TYPES
from cloud.things.functions import FUNCTIONS, NOT_BUILT
from cloud.things.meaning import Meaning
from cloud.things.options import read_options
from cloud.things.parser import Parser
from cloud.things.paths import segments
from cloud.things.refusals import Refusal
from cloud.things.subjects import Observed, Place, Stream
from cloud.things.syntax import Node
from hardware.quantities import DO
from tests.cloud.things.farm import NOW_S, SETS

WORDS = (
    *("and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "add", "sub", "mul", "div", "mod", "null", "true", "-"),
    *(
        "(",
        ")",
        ",",
        "/",
        ";",
        "=",
        "$",
        "'",
        "''",
        "'a'",
        "0",
        "-1",
        "1e300",
        "9" * 40,
        "0.5",
        "@iot.id",
        "@",
        "asc",
        "desc",
    ),
    *("name", "result", "phenomenonTime", "parameters", "Datastream", "Thing", "Datastreams", "properties", "location"),
    *("2027-01-15T07:00:00Z", "2027-01-15", "07:00", "duration'P1D'", "0001-01-01T00:00:00+14:00", "now()"),
    *("geography'POINT(1 2)'", "geography'POLYGON((0 0,1 0,1 1,0 0))'", "geography'POLYGON()'", "9999-12-31T23:59:59Z"),
    *(f"{name}(" for name in (*FUNCTIONS, *NOT_BUILT)),
    *("$filter", "$expand", "$select", "$orderby", "$top", "filter", "expand", "\x00", "é", "\ud7ff", "%"),
)
OPTIONS = ("filter", "expand", "select", "orderby", "top", "skip", "count", "skiptoken")
anything = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=14).map(" ".join)


class Nowhere:
    """Ways between entities of which there is one each."""

    now_s = NOW_S

    def one(self, entity: Any, relation: str, subject: Any) -> Any:
        return SUBJECTS[TYPES[entity.relations[relation].target].name]

    def each(self, entity: Any, relation: str, subject: Any) -> list[Any]:
        return [self.one(entity, relation, subject)] * 2


PLACE = Place(1, "Ao", "g1", "Trại", "n1", (105.0, 9.0), NOW_S, {"a": {"b": [1, None, "x"]}, "c": 5}, ("do_mg_l",))
STREAM = Stream(PLACE, DO)
SUBJECTS: dict[str, Any] = {
    "Thing": PLACE,
    "Datastream": STREAM,
    "ObservedProperty": DO,
    "Observation": Observed(STREAM, 1, 2, NOW_S, NOW_S, True, False, 4.5, 0, 0),
    "FeatureOfInterest": PLACE,
    "Location": PLACE,
    "HistoricalLocation": PLACE,
    "Sensor": STREAM,
}


def literals() -> st.SearchStrategy[str]:
    moments = ("2027-01-15T07:00:00Z", "0001-01-03T00:00:00Z", "9999-12-29T00:00:00.5+07:00", "now()", "phenomenonTime")
    return st.sampled_from(
        (
            *("result", "-7", "0", "1e300", "null", "true", "'x'", "''", "parameters/late", "parameters/nothing/at"),
            *("Datastream/Thing/properties/c", "Datastream/Thing/properties/a", "Datastream/Thing/Datastreams/name"),
            *("duration'P9D'", "duration'-PT0.5S'", "2027-01-15", "07:00:00.25", "geography'POINT(1 2)'"),
            *("Datastream/observedArea", "FeatureOfInterest/feature", *moments),
        )
    )


def expressions() -> st.SearchStrategy[str]:
    """Expressions that are well formed, and of which many make sense."""

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        operators = st.sampled_from(("and", "or", "eq", "ne", "gt", "le", "add", "sub", "mul", "div", "mod"))
        pairs = st.tuples(inner, operators, inner).map(lambda found: f"({found[0]} {found[1]} {found[2]})")
        calls = st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=3)).map(
            lambda found: f"{found[0]}({','.join(found[1])})"
        )
        return pairs | calls | inner.map(lambda found: f"not {found}") | inner.map(lambda found: f"-({found})")

    return st.recursive(literals(), larger, max_leaves=8)


@settings(max_examples=400, deadline=None)
@given(expressions())
def test_a_well_formed_expression_is_reckoned_or_refused(written: str) -> None:
    try:
        node: Node = Parser(written, "$filter").expression()
        found = Meaning(OBSERVATION, Nowhere(), "$filter").term(node)
        got = found.get(SUBJECTS["Observation"])
        assert list(got) if found.many else got == got
    except Refusal:
        pass


@settings(max_examples=300, deadline=None)
@given(option=st.sampled_from(OPTIONS) | st.text(max_size=9), text=anything)
def test_no_option_can_break_the_parser(option: str, text: str) -> None:
    with contextlib.suppress(Refusal):
        read_options(f"${quote(option)}={quote(text)}")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30) | anything)
def test_no_path_can_break_the_parser(text: str) -> None:
    with contextlib.suppress(Refusal):
        segments(text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plural=st.sampled_from(SETS), option=st.sampled_from(("filter", "expand", "orderby")), text=anything)
def test_no_request_ends_in_an_error_of_ours(everything: TestClient, plural: str, option: str, text: str) -> None:
    answer = everything.get(f"/sta/v1.1/{plural}?${option}={quote(text)}")
    assert answer.status_code in (200, 400, 501)
    assert answer.json()


@pytest.mark.parametrize(
    "written",
    [
        "1" + " add 1" * 3000,
        " or ".join(["result gt 1"] * 300),
        " and ".join(["result gt 1"] * 200),
        "not " * 500 + "true",
        "-" * 500 + "1",
        "tolower(" * 100 + "'a'" + ")" * 100 + " eq 'a'",
        "/".join(["Datastream/Observations"] * 100) + "/result gt 1",
        "'" * 3999,
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(written: str, everything: TestClient) -> None:
    answer = everything.get(f"/sta/v1.1/Observations?$filter={quote(written)}")
    assert answer.status_code in (200, 400)
    deep = everything.get(f"/sta/v1.1/Things?$expand={quote('Datastreams($expand=Thing(' * 200)}")
    assert deep.status_code == 400
