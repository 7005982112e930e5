"""The one machine's disk is full: rows wait, none is confirmed that is not stored."""

from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.telemetry.history import samples
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from tests.cloud.test_telemetry import NOW_S, rows, sample


def test_rows_that_find_no_room_are_taken_when_there_is_some(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    migrate(url)
    database = Database(url)
    with database.write() as session:
        farms.add_gateway(session, "g1", NOW_S)
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    most = [pages]
    database.engine.dispose()
    event.listen(database.engine, "connect", lambda made, _: made.execute(f"PRAGMA max_page_count = {most[0]}"))
    ingest = Ingest(database, None, wall=lambda: NOW_S)  # type: ignore[arg-type]
    batch = [Message("farm/g1/up/rows", rows(*(sample(number) for number in range(1, 1000))))]
    for _ in range(3):
        with pytest.raises(OperationalError, match="full"):
            ingest.store(batch)
    most[0] = 1_000_000
    database.engine.dispose()
    assert '"stored"' in ingest.store(batch)[0][1].decode()
    with database.read() as session:
        assert [one.sequence for one in samples(session, "g1", "n1", 0, 1e11)] == list(range(1, 1000))
    database.engine.dispose()
