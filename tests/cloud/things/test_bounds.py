"""How much one request reads: only the time that is asked for, only the ponds that can match, and never without end."""

import math
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.things import pages, scan
from cloud.things.bounds import span_of
from cloud.things.entities import OBSERVATION
from cloud.things.meaning import Meaning
from cloud.things.newest_first import newest_first
from cloud.things.parser import Parser
from tests.cloud.things.farm import NOW_S, SAMPLES, follow, get, results
from tests.cloud.things.test_any_input import Nowhere

OXYGEN = "Datastreams('pond-1.do_mg_l')/Observations"
DAY = 86400.0
MIDNIGHT = 1_799_971_200.0


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ("phenomenonTime ge 2027-01-15T00:00:00Z and phenomenonTime lt 2027-01-15T12:00:00Z", 0.0, DAY / 2),
        ("2027-01-15T00:00:00Z lt resultTime and result gt 5", 0.0, math.inf),
        ("phenomenonTime eq 2027-01-15T00:00:00Z", 0.0, 0.0),
        ("date(phenomenonTime) eq 2027-01-15", 0.0, DAY),
        ("phenomenonTime gt 2027-01-15 and phenomenonTime lt 2027-01-16", 0.0, DAY),
        ("phenomenonTime lt 2027-01-15 or phenomenonTime lt 2027-01-16", -math.inf, DAY),
        ("(phenomenonTime ge 2027-01-15 or phenomenonTime ge 2027-01-16) and result gt 5", 0.0, math.inf),
        ("phenomenonTime gt now() sub duration'PT1H'", NOW_S - MIDNIGHT - 3600, math.inf),
        ("not (phenomenonTime lt 2027-01-15)", -math.inf, math.inf),
        ("phenomenonTime ne 2027-01-15 or result gt 5", -math.inf, math.inf),
        ("phenomenonTime gt resultTime", -math.inf, math.inf),
        ("phenomenonTime gt null", -math.inf, math.inf),
    ],
)
def test_a_filter_says_which_time_need_be_read(written: str, since: float, until: float) -> None:
    span = span_of(Parser(written, "$filter").expression(), Meaning(OBSERVATION, Nowhere(), "$filter"))
    assert (span.since, span.until) == pytest.approx((MIDNIGHT + since, MIDNIGHT + until), abs=0.002)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[scan.Budget]:
    """The budgets of the requests to come."""
    budgets: list[scan.Budget] = []

    class Watched(scan.Budget):
        def __init__(self) -> None:
            super().__init__()
            budgets.append(self)

    monkeypatch.setattr("cloud.things.world.Budget", Watched)
    return budgets


@pytest.mark.parametrize("orderby", ["phenomenonTime", "phenomenonTime desc", "result"])
def test_three_hours_are_answered_by_reading_three_hours(
    orderby: str, read: list[scan.Budget], everything: TestClient
) -> None:
    written = "phenomenonTime ge 2027-01-15T05:00:00Z and phenomenonTime le 2027-01-15T07:00:00Z"
    found = get(everything, OXYGEN, filter=written, count="true", orderby=orderby)
    assert sorted(results(found)) == [6.7, 6.8, 6.9] and found["@iot.count"] == 3
    assert read[-1].read <= 3 + scan.COST_OF_A_POND


def test_a_filter_on_the_datastream_reads_no_other_pond(read: list[scan.Budget], everything: TestClient) -> None:
    written = "Datastream/@iot.id eq 'pond-4.do_mg_l' and result gt 6.8"
    assert results(get(everything, "Observations", filter=written, count="true")) == [6.9]
    assert read[-1].read <= SAMPLES + 4 * (scan.COST_OF_A_POND + 1)


def test_one_observation_is_found_without_reading_the_others(read: list[scan.Budget], everything: TestClient) -> None:
    seen = get(everything, OXYGEN, skip=17, top=1)["value"][0]
    assert follow(everything, seen["@iot.selfLink"]) == seen
    assert read[-1].read == 1 + scan.COST_OF_A_POND


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> int:
    """A request may read but this many samples."""
    most = 2 * scan.COST_OF_A_POND
    monkeypatch.setattr(scan, "MOST_READ", most)
    return most


def test_a_count_ends_and_says_that_there_are_at_least_so_many(
    little: int, monkeypatch: pytest.MonkeyPatch, everything: TestClient
) -> None:
    found = get(everything, OXYGEN, count="true", top=1)
    assert results(found) == [4.0]
    assert 15 < found["@iot.count"] < SAMPLES and found["@pondkeeper.countIsAtLeast"]
    assert results(follow(everything, found["@iot.nextLink"])) == [4.1]


@pytest.mark.parametrize("orderby", ["", "phenomenonTime", "phenomenonTime desc"])
def test_a_search_goes_on_over_pages_where_one_request_may_not_read_it_all(
    orderby: str, little: int, everything: TestClient
) -> None:
    options: dict[str, Any] = {"filter": "result eq 4.0 or result eq 6.9", "skip": 1} | (
        {"orderby": orderby} if orderby else {}
    )
    page = get(everything, OXYGEN, **options)
    found, pages_seen = results(page), 1
    while "@iot.nextLink" in page:
        page = follow(everything, page["@iot.nextLink"])
        found, pages_seen = found + results(page), pages_seen + 1
    assert found == ([4.0] if orderby.endswith("desc") else [6.9]) and 2 <= pages_seen < 10


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (OXYGEN, {"orderby": "result"}),
        ("Things", {"filter": "Datastreams/Observations/result gt 100"}),
        ("Datastreams", {"expand": "Observations($filter=result gt 100)"}),
    ],
)
def test_what_needs_more_reading_than_one_request_may_is_refused_with_advice(
    path: str, options: dict[str, str], little: int, everything: TestClient
) -> None:
    told = get(everything, path, 400, **options)
    assert "phenomenonTime" in told["advice"]


def test_an_answer_holds_only_so_many_entities(monkeypatch: pytest.MonkeyPatch, everything: TestClient) -> None:
    monkeypatch.setattr("cloud.things.writing.MOST_ENTITIES", 50)
    assert get(everything, "Datastreams", 400, expand="Observations")["place"] == "$expand"
    monkeypatch.setattr(pages, "MOST_TOP", 2)
    assert len(get(everything, "Things", top=100)["value"]) == 2


def test_pages_of_all_ponds_end_and_hold_each_observation_once(everything: TestClient) -> None:
    for orderby in ({}, {"orderby": "phenomenonTime"}, {"orderby": "phenomenonTime desc"}):
        page = get(everything, "Observations", top=49, **orderby)
        found = [seen["@iot.id"] for seen in page["value"]]
        while "@iot.nextLink" in page:
            page = follow(everything, page["@iot.nextLink"])
            found += [seen["@iot.id"] for seen in page["value"]]
        assert len(found) == len(set(found)) == 3 * 2 * SAMPLES


def test_backwards_reads_days_with_gaps_of_years_between() -> None:
    stored = sorted(
        {-5.0, 0.0, 1.0, 1.5e9, 1.5e9 + 1, 1.7e9, NOW_S - 100 * DAY, NOW_S - 3, NOW_S, NOW_S + 50 * DAY, 9e10}
    )
    asked: list[tuple[float, float]] = []

    def reader(since: float, until: float) -> Any:
        asked.append((since, until))
        return iter([at for at in stored if since <= at < until])

    assert list(newest_first(reader, -math.inf, 1e11, NOW_S)) == [at for at in reversed(stored) if at >= 0]
    assert len(asked) < 400
    asked.clear()
    assert next(newest_first(reader, 0.0, NOW_S + 1, NOW_S)) == NOW_S
    assert len(asked) == 1


def test_the_wall_clock_of_the_application_is_now(cloud: FastAPI, everything: TestClient) -> None:
    assert cloud.state.wall() == NOW_S
    assert results(get(everything, OXYGEN, filter="phenomenonTime gt now() sub duration'PT61M'")) == [6.9]
