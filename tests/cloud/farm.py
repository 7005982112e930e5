"""A cloud without processes, with farms of one pond each."""

import contextlib
import functools
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.settings import CloudSettings
from cloud.telemetry.messages import parse_farm
from cloud.web.server import make_app
from tests.cloud.test_telemetry import FARM
from tests.gateway.farms import Steps


@dataclass
class Cloud:
    """The application on a database of its own, at a time that only tests move."""

    folder: Path
    settings: CloudSettings
    database: Database
    app: FastAPI
    time: Steps


@functools.cache
def _empty() -> bytes:
    """A database as the migrations build it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cloud.sqlite"
        migrate(f"sqlite:///{file}")
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.read_bytes()


@contextlib.contextmanager
def make_cloud(folder: Path, *gateways: str) -> Iterator[Cloud]:
    """A cloud with these gateways, each of which has described its farm."""
    url = f"sqlite:///{folder / 'cloud.sqlite'}"
    (folder / "cloud.sqlite").write_bytes(_empty())
    settings = CloudSettings(data=folder, database_url=url, mqtt_url="mqtt://broker", web_host="", web_port=0)
    database, time = Database(url), Steps()
    with database.write() as session:
        for gateway in gateways:
            farms.add_gateway(session, gateway, time.wall_s)
            farms.describe(session, gateway, parse_farm(FARM), time.wall_s)
    app = make_app(settings)
    app.state.wall = lambda: time.wall_s
    yield Cloud(folder, settings, database, app, time)
    app.state.database.engine.dispose()
    database.engine.dispose()
