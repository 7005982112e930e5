"""The database: one engine, sessions, and the migrations that build every table."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

BUSY_MS = 10_000
WRITES = "writes"
NEWEST = "door_tries"


class Base(DeclarativeBase):
    """The tables of all rooms."""


def make_engine(url: str) -> Engine:
    """An engine; on SQLite with a write-ahead log, full synchronisation and foreign keys.

    Transactions begin when they say so: the driver by itself would read each question from another state of the database.
    """
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Any) -> None:
    """A writer takes the lock at once, so that it waits for another one instead of failing half-way."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", f"busy_timeout = {BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def migrate(url: str) -> None:
    """Bring the tables to the newest version; the migrations are loaded only where there is something to do."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    if _is_newest(url):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("cloud").joinpath("migrations")))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")


def _is_newest(url: str) -> bool:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == NEWEST)
    except DatabaseError:  # no table yet; what else is wrong the migrations tell better
        return False
    finally:
        engine.dispose()


class Database:
    """Sessions on one engine. A reader sees one state of the database from its first question to its last."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        reading: dict[str, Any] = {} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        self._reading = sessionmaker(self.engine.execution_options(**reading), expire_on_commit=False)
        self._writing = sessionmaker(self.engine.execution_options(**{WRITES: True}), expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits at its end, or rolls back on any exception."""
        with self._writing.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that changes nothing."""
        with self._reading() as session:
            yield session
