"""Samples from the message to the sealed day and back: none lost, none twice, none changed."""

import json
import math
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.telemetry.blocks import Part, pack, unpack
from cloud.telemetry.calendar import begins_at, date_of, day_number
from cloud.telemetry.codec import ChunkError, decode, decode_good, encode
from cloud.telemetry.days import days
from cloud.telemetry.history import StoredSample, samples, series
from cloud.telemetry.latest import latest_of
from cloud.telemetry.messages import parse_rows
from cloud.telemetry.models import Chunk, Hot
from cloud.telemetry.repository import sample_count
from cloud.telemetry.rows import Rows, join
from cloud.telemetry.sealing import Sealer
from cloud.telemetry.sequences import Sequences
from cloud.telemetry.store import store
from tests.cloud.test_telemetry import NOW_S, rows, sample

DAY = day_number(NOW_S)
MORNING_S = begins_at(DAY)
EVER = (0.0, 1e11)


class Clock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def wall() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    migrate(url)
    made = Database(url)
    with made.write() as session:
        farms.add_gateway(session, "g1", NOW_S)
    yield made
    made.engine.dispose()


def take(database: Database, *made: dict[str, Any], now_s: float = NOW_S) -> int:
    """Stores as a gateway sends: several hundred samples a message."""
    fresh = 0
    for begin in range(0, len(made), 500):
        with database.write() as session:
            fresh += store(session, "g1", parse_rows(rows(*made[begin : begin + 500])), now_s)
    return fresh


def stored(database: Database, node: str = "n1") -> list[StoredSample]:
    with database.read() as session:
        return list(samples(session, "g1", node, *EVER))


def of_day(count: int, begin_s: float = MORNING_S, **changes: Any) -> list[dict[str, Any]]:
    """A sample a minute from the morning on, with the flaws and holes of real ones."""
    chance = random.Random(3)
    made = []
    for number in range(count):
        oxygen = round(5 + 3 * math.sin(number / 230) + chance.gauss(0, 0.05), 2)
        readings: list[list[Any]] = [["do_mg_l", oxygen, 0, 0], ["temperature_c", round(29 + number / 1000, 2), 0, 0]]
        if number % 97 == 5:
            readings[0] = ["do_mg_l", None, 2, 4]
        made.append(sample(number, taken_at=begin_s + 60 * number, readings=readings, **changes))
    return made


numbers = st.lists(st.integers(0, 60), max_size=60)


@given(numbers, numbers)
def test_the_ledger_knows_what_a_set_knows(first: list[int], then: list[int]) -> None:
    ledger = Sequences().with_numbers(first)
    fresh = [then[place] for place in ledger.fresh(then)]
    assert sorted(fresh) == sorted(set(then) - set(first))
    both = Sequences.read(ledger.with_numbers(then).written())
    assert len(both) == len(set(first) | set(then))
    assert all((number in both) == (number in {*first, *then}) for number in range(-1, 62))
    assert all(last + 1 < first for (_, last), (first, _) in zip(both.stretches, both.stretches[1:], strict=False))


VALUE = st.none() | st.floats(-1e9, 1e9) | st.integers(-(10**6), 10**6).map(lambda number: number / 100)


@st.composite
def parts(draw: st.DrawFn) -> tuple[Part, list[str]]:
    count, width = draw(st.integers(1, 12)), draw(st.integers(0, 4))
    column = lambda of: draw(st.lists(of, min_size=count, max_size=count))  # noqa: E731
    flaw = st.tuples(
        st.integers(0, count - 1), st.integers(0, max(0, width - 1)), st.integers(0, 2), st.integers(0, 255)
    )
    part = Part(
        column(st.integers(0, 2**32 - 1)),
        column(st.integers(0, 10**14)),
        column(st.integers(0, 3)),
        [column(VALUE) for _ in range(width)],
        draw(st.lists(flaw, max_size=5, unique_by=lambda found: found[:2])) if width else [],
    )
    names = draw(st.lists(st.sampled_from(["do_mg_l", "current_a", "ph"]), min_size=width, max_size=width))
    return part, names


def listed(found: Rows) -> list[Any]:
    fixed = zip(found.boot.tolist(), found.sequence.tolist(), found.taken_ms.tolist(), strict=True)
    columns = [
        (column.quantity, repr((column.values + 0.0).tolist()), column.quality.tolist(), column.reason.tolist())
        for column in found.columns
    ]
    return [list(fixed), found.received_ms.tolist(), found.flags.tolist(), columns]


@settings(max_examples=200, deadline=None)
@given(st.lists(parts(), max_size=4))
def test_what_is_packed_and_sealed_comes_back_as_it_was(several: list[tuple[Part, list[str]]]) -> None:
    blocks = [
        unpack(pack(part), len(part.sequence), names, boot, 10**12 + boot) for boot, (part, names) in enumerate(several)
    ]
    for block, (part, _) in zip(blocks, several, strict=True):
        assert block.sequence.tolist() == part.sequence
        for column, values in zip(block.columns, part.values, strict=True):
            back = [None if value != value else value for value in column.values.tolist()]
            assert back == values
    whole = join(blocks)
    assert listed(decode(encode(whole))) == listed(whole)
    only = decode(encode(whole), {"ph"})
    assert [column.quantity for column in only.columns] == [
        column.quantity for column in whole.columns if column.quantity == "ph"
    ]
    for read, kept in zip(decode_good(encode(whole), "ph"), whole.good("ph"), strict=True):
        assert read.tolist() == kept.tolist()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: encode(join([]))[:-1] + tail))
def test_bytes_that_are_no_chunk_are_named_so(data: bytes) -> None:
    try:
        decode(data)
    except ChunkError:
        return
    assert data[:1] == b"\x01"


def test_a_sealed_day_answers_as_the_hot_one_did(database: Database, wall: Clock) -> None:
    take(database, *of_day(1440))
    before = stored(database)
    with database.read() as session:
        chart = series(session, "g1", "n1", "do_mg_l", MORNING_S, MORNING_S + 86400, 100)
        summed = days(session, [("g1", "n1")], date_of(DAY), date_of(DAY))
    wall.now_s = MORNING_S + 86400 + 7200
    assert Sealer(database, wall).seal() == 1
    assert stored(database) == before
    with database.read() as session:
        assert series(session, "g1", "n1", "do_mg_l", MORNING_S, MORNING_S + 86400, 100) == chart
        assert days(session, [("g1", "n1")], date_of(DAY), date_of(DAY)) == summed
        assert session.scalar(select(func.count()).select_from(Hot)) == 0
    assert len(before) == 1440
    assert Sealer(database, wall).seal() == 0


def test_a_day_that_is_not_over_stays_hot(database: Database, wall: Clock) -> None:
    take(database, *of_day(10))
    wall.now_s = MORNING_S + 86400 + 60
    assert Sealer(database, wall).seal() == 0


def test_late_rows_are_merged_into_their_sealed_day_once(database: Database, wall: Clock) -> None:
    made = of_day(1440)
    take(database, *made[:700], *made[800:])
    wall.now_s = MORNING_S + 2 * 86400
    sealer = Sealer(database, wall)
    sealer.seal()
    assert take(database, *made[650:850], now_s=wall()) == 100
    assert [found.sequence for found in stored(database)] == list(range(1440))
    assert sealer.seal() == 1
    assert [found.sequence for found in stored(database)] == list(range(1440))
    assert take(database, *made, now_s=wall()) == 0
    with database.read() as session:
        assert session.scalar(select(Chunk.samples)) == 1440
        assert sample_count(session, "g1") == 1440


def test_what_came_afterwards_is_marked_late_and_says_when_it_came(database: Database) -> None:
    take(database, sample(1, late=True, wall_known=False), now_s=NOW_S + 5000)
    (found,) = stored(database)
    assert found.late
    assert not found.wall_known
    assert found.received_at == NOW_S + 5000


def test_rows_that_retention_dropped_do_not_come_back(database: Database, wall: Clock) -> None:
    made = of_day(100)
    take(database, *made)
    wall.now_s = MORNING_S + 40 * 86400
    sealer = Sealer(database, wall)
    sealer.seal()
    sealer.drop(keep_days=30)
    assert stored(database) == []
    assert take(database, *made, now_s=wall()) == 0


def test_a_message_over_midnight_lands_in_both_days(database: Database, wall: Clock) -> None:
    take(database, *of_day(10, begin_s=MORNING_S + 86400 - 300))
    wall.now_s = MORNING_S + 86400 + 7200
    Sealer(database, wall).seal()
    assert [found.sequence for found in stored(database)] == list(range(10))
    with database.read() as session:
        found = days(session, [("g1", "n1")], date_of(DAY), date_of(DAY) + timedelta(days=1))
        assert {(row.day, row.samples) for row in found} == {(date_of(DAY), 5), (date_of(DAY + 1), 5)}


def test_a_day_says_how_long_oxygen_lacked_and_what_is_missing(database: Database) -> None:
    def oxygen(number: int, value: float) -> dict[str, Any]:
        return sample(number, taken_at=MORNING_S + 60 * number, readings=[["do_mg_l", value, 0, 0]])

    take(database, oxygen(0, 4.0), oxygen(1, 2.9), oxygen(2, 2.5), oxygen(3, 3.5), oxygen(99, 2.0), oxygen(100, 6.0))
    with database.read() as session:
        (row,) = days(session, [("g1", "n1")], date_of(DAY), date_of(DAY))
    assert (row.samples, row.expected) == (6, 101)
    assert (row.of.low, row.of.low_at, row.of.high) == (2.0, MORNING_S + 99 * 60, 6.0)
    assert row.of.below_s == 60 + 60 + 60


def test_a_panel_with_several_currents_keeps_each(database: Database, wall: Clock) -> None:
    readings = [["current_a", 4.2, 0, 0], ["current_a", None, 2, 1], ["current_a", 0.0, 0, 0]]
    take(database, sample(1, taken_at=MORNING_S, readings=readings), sample(2, taken_at=MORNING_S + 9))
    wall.now_s = MORNING_S + 2 * 86400
    Sealer(database, wall).seal()
    first, second = stored(database)
    assert first.readings == tuple(map(tuple, readings))
    assert [reading[0] for reading in second.readings] == ["do_mg_l", "temperature_c"]


def test_a_gateway_whose_clock_ran_ahead_does_not_hold_the_newest_value(database: Database) -> None:
    take(database, sample(1, taken_at=NOW_S + 2 * 86400), now_s=NOW_S)
    take(database, sample(1, boot=8, taken_at=NOW_S + 100), now_s=NOW_S + 100)
    with database.read() as session:
        assert latest_of(session, [("g1", "n1")])["g1", "n1"].taken_at == NOW_S + 100


def test_a_reader_sees_one_state_while_others_write(database: Database, wall: Clock) -> None:
    take(database, *of_day(100))
    wall.now_s = MORNING_S + 2 * 86400
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Hot)) == 1
        Sealer(database, wall).seal()
        assert len(list(samples(session, "g1", "n1", *EVER))) == 100


def test_compressed_days_are_small(database: Database, wall: Clock) -> None:
    chance = random.Random(5)
    level = [5.0, 95.0, 29.0, 30.0, 15.0, 8.0, 20.0, 120.0]
    names = [
        "do_mg_l",
        "do_sat",
        "temperature_c",
        "conductivity_ms_cm",
        "salinity_psu",
        "ph",
        "turbidity_ntu",
        "orp_mv",
    ]
    made = []
    for number in range(1000):
        level = [value + chance.gauss(0, 0.02) for value in level]
        readings = [[name, round(value, 2), 0, 0] for name, value in zip(names, level, strict=True)]
        made.append(sample(number, taken_at=MORNING_S + 60 * number, readings=readings))
    take(database, *made)
    wall.now_s = MORNING_S + 2 * 86400
    Sealer(database, wall).seal()
    with database.read() as session:
        size = session.scalar(select(func.length(Chunk.payload))) or 0
    assert size / 1000 < 20


def test_migration_moves_every_sample_up_and_down(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    config = Config()
    config.set_main_option("script_location", "cloud:migrations")
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, "telemetry")
    database = Database(url)
    with database.write() as session:
        session.execute(text("INSERT INTO gateways (id, created_at) VALUES ('g1', 1)"))
    take(database, *of_day(1200), sample(5, node="n2", boot=9, late=True))
    wall = Clock()
    wall.now_s = MORNING_S + 2 * 86400
    Sealer(database, wall).seal()
    take(database, *of_day(1300)[1200:])
    before = stored(database), stored(database, "n2")
    command.downgrade(config, "0002")
    with database.read() as session:
        assert session.execute(
            text("SELECT count(*), count(DISTINCT sequence) FROM samples WHERE node = 'n1'")
        ).one() == (
            1300,
            1300,
        )
        assert session.execute(text("SELECT count(*) FROM readings")).scalar() == 2602
        newest = text("SELECT s.sequence FROM latest l JOIN samples s ON s.id = l.sample_id WHERE l.node = 'n1'")
        assert session.execute(newest).scalar() == 1299
    command.upgrade(config, "telemetry")
    assert (stored(database), stored(database, "n2")) == before
    assert take(database, *of_day(1300)) == 0
    with database.read() as session:
        assert json.dumps(latest_of(session, [("g1", "n1")])["g1", "n1"].readings[0].value) != "null"
    database.engine.dispose()
