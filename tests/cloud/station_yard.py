"""A cloud's database with stations, and clocks that a test moves."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.stations import repository
from cloud.stations.models import Station
from cloud.stations.national_file import Line, write

NOW_S = 1795656600.0
"""08:30 on 26 November 2026 in Vietnam."""


class Yard:
    """`now_s` is what the wall clock shows; the monotonic clock goes along."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.now_s = NOW_S

    def wall(self) -> float:
        return self.now_s

    def station(self, code: str = "HON-DAT", **changes: Any) -> int:
        made: dict[str, Any] = {
            "code": code,
            "name": "Hòn Đất",
            "kind": "aquaculture",
            "commune": None,
            "latitude": None,
            "longitude": None,
            "gateway_id": None,
            "node": None,
            "interval_s": 300,
            "preset": "",
            "created_at": NOW_S,
        }
        with self.database.write() as session:
            row = Station(**{**made, **changes})
            session.add(row)
            session.flush()
            return row.id

    def store(self, station: int, *lines: Line) -> list[Line]:
        with self.database.write() as session:
            return repository.store(session, station, lines, self.now_s)

    def lines(self, station: int) -> list[Line]:
        with self.database.read() as session:
            return repository.lines_between(session, station, 0, 1e11)


def line(
    symbol: str = "DO", value: float | None = 5.0, at: float = NOW_S, status: str = "00", unit: str = "mg/L"
) -> Line:
    return Line(symbol=symbol, value=value, unit=unit, at=int(at), status=status)


def file_of(*lines: Line) -> bytes:
    return write(lines)


@cache
def empty_database() -> bytes:
    """A migrated SQLite database without a row, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def database_url(folder: Path) -> str:
    """Migrated: on SQLite, or in a schema of its own on the PostgreSQL of PONDKEEPER_TEST_DATABASE_URL."""
    server = os.environ.get("PONDKEEPER_TEST_DATABASE_URL")
    if not server:
        (folder / "cloud.sqlite").write_bytes(empty_database())
        return f"sqlite:///{folder / 'cloud.sqlite'}"
    schema = f"t{uuid.uuid4().hex}"
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    engine.dispose()
    url = f"{server}?options=-csearch_path%3D{schema}"
    migrate(url)
    return url


@contextmanager
def yard(folder: Path) -> Iterator[Yard]:
    """A cloud with one gateway."""
    database = Database(database_url(folder))
    with database.write() as session:
        farms.add_gateway(session, "g1", NOW_S)
    yield Yard(database, folder)
    database.engine.dispose()
