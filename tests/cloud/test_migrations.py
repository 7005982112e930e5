"""The tables go up and down with data in them, on both databases."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Table, inspect
from sqlalchemy.exc import DBAPIError

from cloud.database import NEWEST, Database, migrate
from cloud.farms import repository as farms
from cloud.models import Base
from cloud.once import LOCK, only_here
from cloud.telemetry.history import StoredSample, samples
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.sealing import Sealer
from cloud.telemetry.source import Message
from tests.cloud.servers import postgresql
from tests.cloud.test_telemetry import FARM, NOW_S, rows, sample

PACKED = {"hot", "chunks"}
BEFORE_COLUMNS = "0002"
"""The last version that had a row for each reading."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cloud.sqlite'}"
        return
    with postgresql() as server:
        yield server.url


def configuration(url: str) -> Config:
    found = Config()
    found.set_main_option("script_location", str(resources.files("cloud").joinpath("migrations")))
    found.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return found


def take_in(database: Database) -> None:
    """A gateway that is known, its farm, and samples of two days, one of them late and one bad."""
    with database.write() as session:
        farms.add_gateway(session, "g1", NOW_S)
    ingest = Ingest(database, None, wall=lambda: NOW_S + 200_000)  # type: ignore[arg-type]
    taken = [
        sample(1),
        sample(2, readings=[["do_mg_l", None, 2, 4], ["temperature_c", 29.0, 1, 2]]),
        sample(3, late=True, taken_at=NOW_S + 86_400),
        sample(1, boot=8, taken_at=NOW_S + 100_000, wall_known=False),
    ]
    detail = {"alarm": "do_low", "id": 1, "device": "", "do_mg_l": 3.9}
    event = {"number": 1, "kind": "alarm_raised", "pond": "ao-1", "detail": detail, "at": NOW_S, "wall_known": True}
    ingest.store([Message("farm/g1/up/farm", FARM), Message("farm/g1/up/rows", rows(*taken, events=[event]))])
    assert Sealer(database, lambda: NOW_S + 4 * 86_400).seal() > 0
    ingest.store([Message("farm/g1/up/rows", rows(sample(9, late=True), batch="b-2"))])


def fill(connection: Connection) -> set[str]:
    """A made-up row in every table that is still empty and takes one; returns the tables that have rows."""
    filled = set()
    for table in (table for table in Base.metadata.sorted_tables if table.name not in PACKED):
        with contextlib.suppress(DBAPIError), connection.begin_nested():
            if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
                connection.execute(table.insert().values(made_up(connection, table)))
        if connection.scalar(sa.select(sa.func.count()).select_from(table)):
            filled.add(table.name)
    return filled


def made_up(connection: Connection, table: Table) -> dict[str, Any]:
    return {column.name: value(connection, column) for column in table.columns if column.autoincrement is not True}


def value(connection: Connection, column: Column[Any]) -> Any:
    if column.foreign_keys:
        return connection.scalar(sa.select(next(iter(column.foreign_keys)).column).limit(1))
    now = datetime.now(UTC)
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return None
    return {str: "x", bytes: b"x", datetime: now, type(now.date()): now.date()}.get(kind, 1)


def test_the_newest_version_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(configuration("sqlite://")).get_current_head() == NEWEST


def history(database: Database) -> list[StoredSample]:
    with database.read() as session:
        return list(samples(session, "g1", "n1", 0, 1e11))


def test_samples_survive_the_way_down_and_up_again(url: str) -> None:
    migrate(url)
    database = Database(url)
    take_in(database)
    before = history(database)
    assert len(before) == 5
    with database.engine.begin() as connection:
        assert {"gateways", "ponds", "stored", "latest", "events", "commands"} <= fill(connection)
    command.downgrade(configuration(url), BEFORE_COLUMNS)
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM samples")) == 5
    migrate(url)
    assert history(database) == before
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT alarm, raised, since FROM farm_alarms")).all() == [
            ("do_low", True, NOW_S)
        ]
    command.downgrade(configuration(url), "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.engine.dispose()


def test_workers_that_start_at_once_migrate_once_and_only_one_does_what_one_may_do(tmp_path: Path) -> None:
    with postgresql() as server:
        words = [
            sys.executable,
            "-c",
            "import sys; from cloud.database import migrate; migrate(sys.argv[1])",
            server.url,
        ]
        starting = [subprocess.Popen(words, stderr=subprocess.PIPE) for _ in range(2)]
        for process in starting:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said.decode()
        asyncio.run(first_one_then_the_other(server.url))


async def first_one_then_the_other(url: str) -> None:
    databases = [Database(url), Database(url)]
    at_work: list[int] = []
    changed = asyncio.Event()

    async def work(number: int) -> None:
        at_work.append(number)
        changed.set()
        try:
            await asyncio.Event().wait()
        finally:
            at_work.remove(number)

    tasks = [
        asyncio.create_task(only_here(database, partial(work, number), look_s=0.05))
        for number, database in enumerate(databases)
    ]
    async with asyncio.timeout(30):
        await changed.wait()
        (first,) = at_work
        for _ in range(5):
            changed.clear()
            await asyncio.to_thread(_ask_for_the_lock, url)
            assert at_work == [first]
        tasks[first].cancel()
        await changed.wait()
        assert at_work == [1 - first]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for database in databases:
        database.engine.dispose()


def _ask_for_the_lock(url: str) -> None:
    database = Database(url)
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}) is False
    database.engine.dispose()
