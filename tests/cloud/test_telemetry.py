"""What the cloud takes, keeps, refuses and shows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.models import Base
from cloud.settings import CloudSettings
from cloud.telemetry import repository
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.messages import MessageError, parse_farm, parse_rows
from cloud.telemetry.source import Message
from cloud.web.server import make_app
from gateway.uplink.messages import SCHEMA, blocks
from tests.cloud.people import administrator
from tests.faults import Fault

NOW_S = 1_800_000_000.0


def sample(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "node": "n1",
        "boot": 7,
        "sequence": number,
        "taken_at": NOW_S + 10 * number,
        "wall_known": True,
        "late": False,
        "readings": [["do_mg_l", 4.0 + number / 10, 0, 0], ["temperature_c", 29.0, 0, 0]],
        **changes,
    }


def rows(*samples: dict[str, Any], batch: str = "b-1", **changes: Any) -> bytes:
    """As a gateway sends them."""
    message = {"schema": SCHEMA, "batch": batch, "blocks": blocks(list(samples)), "events": [], **changes}
    return json.dumps(message).encode()


def bent(**changes: Any) -> bytes:
    """One sample in a block that is not right."""
    return rows(blocks=[{**blocks([sample(1)])[0], **changes}])


FARM = json.dumps(
    {
        "schema": SCHEMA,
        "name": "Trại Một",
        "ponds": [{"id": "ao-1", "name": "Ao 1", "node": "n1", "aerators": 4, "alarm_low": 4.0, "danger_low": 3.0}],
    }
).encode()


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    migrate(made)
    return made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = Database(url)
    with made.write() as session:
        farms.add_gateway(session, "g1", NOW_S)
    yield made
    made.engine.dispose()


@pytest.fixture
def ingest(database: Database) -> Ingest:
    return Ingest(database, None, wall=lambda: NOW_S + 200)  # type: ignore[arg-type]


@pytest.fixture
def client(ingest: Ingest, url: str, tmp_path: Path) -> TestClient:
    say(ingest, FARM, "farm")
    paths = CloudSettings(data=tmp_path, database_url=url, mqtt_url="", web_host="", web_port=0)
    return administrator(TestClient(make_app(paths)))


def say(ingest: Ingest, payload: bytes, kind: str = "rows", gateway: str = "g1") -> dict[str, Any] | None:
    replies = ingest.store([Message(f"farm/{gateway}/up/{kind}", payload)])
    if not replies:
        return None
    (reply,) = replies
    assert reply[0] == f"farm/{gateway}/down/ack"
    answer: dict[str, Any] = json.loads(reply[1])
    return answer


def count(database: Database) -> int:
    with database.read() as session:
        return repository.sample_count(session, "g1")


def test_a_batch_is_stored_and_confirmed(ingest: Ingest, database: Database) -> None:
    assert say(ingest, rows(sample(1), sample(2))) == {"batch": "b-1", "status": "stored", "reason": ""}
    assert count(database) == 2


def test_the_same_rows_again_change_nothing_and_are_confirmed(ingest: Ingest, database: Database) -> None:
    for batch in ("b-1", "b-2"):
        answer = say(ingest, rows(sample(1), sample(2), batch=batch))
        assert answer == {"batch": batch, "status": "stored", "reason": ""}
    say(ingest, rows(sample(2), sample(3), sample(3), batch="b-3"))
    assert count(database) == 3


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00\xff\x00",
        b"[" * 100_000,
        rows(sample(1, sequence=True)),
        rows(sample(1, boot="7")),
        rows(sample(1, wall_known=1)),
        rows(sample(1, readings=[["do_mg_l", False, 0, 0]])),
        rows(sample(1, readings=[["do_mg_l", "4.0", 0, 0]])),
        rows(sample(1, readings=[["do_mg_l", 4.0, 3, 0]])),
        bent(values=[[4.0]]),
        bent(values=[[4.0, 4.0], [29.0, 29.0]]),
        bent(late=[]),
        bent(sequence=[]),
        bent(flaws=[[1, 0, 2, 0]]),
        bent(flaws=[[0, 2, 2, 0]]),
        bent(flaws=[[0, 0, 2]]),
        rows(sample(1)).replace(b"4.1", b"NaN"),
        rows(sample(1)).replace(b"4.1", b"1e999"),
        bent(extra=1),
        rows(sample(1), schema=1),
        rows(sample(1), schema=True),
        rows(sample(1, node="x" * 61)),
        rows(sample(-1)),
        b" " * 600_000 + rows(sample(1)),
    ],
)
def test_what_is_not_right_is_refused_kept_and_explained(ingest: Ingest, database: Database, payload: bytes) -> None:
    answer = say(ingest, payload)
    assert answer is None or answer["status"] == "refused"
    assert count(database) == 0
    with database.read() as session:
        kept = repository.quarantined(session)
    assert len(kept) == 1
    assert kept[0].reason


def test_a_refused_batch_tells_its_gateway_why(ingest: Ingest) -> None:
    answer = say(ingest, rows(sample(1, boot="7"), batch="b-9"))
    assert answer is not None
    assert answer["batch"] == "b-9"
    assert "boot" in answer["reason"]


def test_an_unknown_gateway_and_a_foreign_topic_are_refused(ingest: Ingest, database: Database) -> None:
    say(ingest, rows(sample(1)), gateway="g2")
    ingest.store([Message("farm/g1/up/else", rows(sample(1)))])
    ingest.store([Message("other/g1", rows(sample(1)))])
    assert count(database) == 0


def test_a_description_that_names_a_pond_twice_stops_nobody(ingest: Ingest, database: Database) -> None:
    message = json.loads(FARM)
    message["ponds"] *= 2
    say(ingest, json.dumps(message).encode(), "farm")
    assert say(ingest, rows(sample(1))) is not None
    assert count(database) == 1


def test_an_unknown_gateway_is_not_told_to_give_its_rows_up(ingest: Ingest) -> None:
    assert say(ingest, rows(sample(1)), gateway="g9") is None


@pytest.mark.fault("22", "malformed and hostile messages")
def test_quarantine_keeps_the_last_hundred(ingest: Ingest, database: Database, fault: Fault) -> None:
    for number in range(105):
        say(ingest, b"bad %d" % number)
    with database.read() as session:
        kept = repository.quarantined(session)
    assert len(kept) == 100
    assert kept[0].payload == b"bad 104"
    fault.measured(
        aerators="not concerned (the cloud alone)",
        lost="nothing that was right; what was wrong is refused, counted, and the last 100 are kept",
        told="the gateway that sent it, with the reason",
    )


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_json_ends_in_anything_but_a_clear_refusal(value: Any) -> None:
    for parse in (parse_rows, parse_farm):
        with pytest.raises(MessageError):
            parse(json.dumps(value).encode())


@pytest.mark.fault("19", "old rows arrive after new ones")
def test_the_latest_never_goes_back(ingest: Ingest, client: TestClient, fault: Fault) -> None:
    def newest() -> float:
        readings = client.get("/api/ponds/1/latest").json()["readings"]
        return float(readings[0]["value"])

    say(ingest, rows(sample(5)))
    say(ingest, rows(sample(3, late=True)))
    assert newest() == pytest.approx(4.5)
    say(ingest, rows(sample(6), sample(4)))
    assert newest() == pytest.approx(4.6)
    say(ingest, rows(sample(1, boot=8, taken_at=NOW_S + 100)))
    assert newest() == pytest.approx(4.1)
    say(ingest, rows(sample(9, taken_at=NOW_S + 90)))
    assert newest() == pytest.approx(4.1)
    fault.measured(
        aerators="not concerned (the cloud alone)",
        lost="nothing; the newest value never goes back",
        told="nobody needs to be",
    )


def test_series_by_buckets_leaves_gaps_and_bad_values_out(ingest: Ingest, client: TestClient) -> None:
    bad = sample(3, readings=[["do_mg_l", 99.0, 2, 4]])
    none = sample(4, readings=[["do_mg_l", None, 2, 2]])
    say(ingest, rows(sample(1), sample(2), bad, none, sample(9)))
    reply = client.get("/api/ponds/1/series", params={"since": NOW_S, "until": NOW_S + 100, "buckets": 4})
    found = [(item["count"], item["min"], item["max"]) for item in reply.json()]
    assert found == [(2, pytest.approx(4.1), pytest.approx(4.2)), (1, pytest.approx(4.9), pytest.approx(4.9))]


def test_rest_lists_farms_and_ponds_and_says_404(ingest: Ingest, client: TestClient) -> None:
    assert client.get("/api/farms").json() == [{"id": "g1", "name": "Trại Một"}]
    assert [pond["name"] for pond in client.get("/api/farms/g1/ponds").json()] == ["Ao 1"]
    assert client.get("/api/ponds").json()[0]["key"] == "ao-1"
    assert client.get("/api/ponds/1/latest").json() is None
    assert client.get("/api/farms/g1/samples/count").json() == 0
    for path in ("/api/ponds/99", "/api/ponds/99/latest", "/api/farms/none/ponds", "/api/ponds/9999999999999999999999"):
        assert client.get(path).status_code == 404
    assert client.get("/api/ponds/1/series", params={"since": 5, "until": 5}).status_code == 422
    assert "/api/ponds/{pond_id}/series" in client.get("/openapi.json").json()["paths"]


def test_a_description_renames_adds_and_removes_ponds(ingest: Ingest, client: TestClient) -> None:
    message = json.loads(FARM)
    message["ponds"] = [{**message["ponds"][0], "name": "Ao lớn"}, {**message["ponds"][0], "id": "ao-2", "node": None}]
    say(ingest, json.dumps(message).encode(), "farm")
    assert [(pond["id"], pond["name"]) for pond in client.get("/api/ponds").json()] == [(2, "Ao 1"), (1, "Ao lớn")]
    message["ponds"] = message["ponds"][:1]
    say(ingest, json.dumps(message).encode(), "farm")
    assert len(client.get("/api/ponds").json()) == 1


def test_the_page_shows_all_ponds_and_escapes_their_names(ingest: Ingest, client: TestClient) -> None:
    message = json.loads(FARM)
    message["ponds"][0]["name"] = "<script>alert(1)</script>"
    say(ingest, json.dumps(message).encode(), "farm")
    page = client.get("/").text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_events_are_kept_once(ingest: Ingest, database: Database) -> None:
    event = {"number": 1, "kind": "do_low", "pond": "ao-1", "detail": {"do_mg_l": 3.9}, "at": NOW_S, "wall_known": True}
    for batch in ("b-1", "b-2"):
        answer = say(ingest, rows(batch=batch, events=[event]))
        assert answer is not None
        assert answer["status"] == "stored"


def test_migrations_build_the_tables_of_the_models_and_take_them_down(url: str) -> None:
    database = Database(url)
    found = inspect(database.engine)
    assert set(found.get_table_names()) == set(Base.metadata.tables) | {"alembic_version"}
    for table in Base.metadata.tables.values():
        assert {column["name"] for column in found.get_columns(table.name)} == set(table.columns.keys())
    config = Config()
    config.set_main_option("script_location", "cloud:migrations")
    config.set_main_option("sqlalchemy.url", url)
    command.downgrade(config, "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.engine.dispose()
