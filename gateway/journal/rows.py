"""How samples and events are written; each function needs a transaction."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import apsw

from gateway.bus.samples import Sample
from gateway.clock import Clock

Stamp = tuple[str, float, float, bool]


@contextlib.contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All or nothing; after a full disk SQLite has rolled back by itself, which a savepoint would take for a fault."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(apsw.Error):
                connection.execute("ROLLBACK")
        raise


def insert_sample(connection: apsw.Connection, sample: Sample, clock: Clock, boot: str) -> None:
    """A sample that is there already changes nothing."""
    age_s = clock.monotonic() - sample.taken_s
    readings = [[r.quantity, r.value, int(r.quality), r.reason] for r in sample.readings]
    row = (
        sample.node,
        sample.boot,
        sample.sequence,
        boot,
        sample.taken_s,
        clock.wall() - age_s,
        clock.wall_known(),
        sample.late,
        json.dumps(readings, separators=(",", ":")),
    )
    connection.execute(
        "INSERT INTO samples (node, boot, sequence, taken_boot, taken_monotonic_s, taken_wall_s, wall_known, late,"
        " readings) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
        row,
    )
    if connection.changes():
        connection.execute("INSERT INTO outbox (kind, row) VALUES ('sample', ?)", (connection.last_insert_rowid(),))


def insert_event(
    connection: apsw.Connection, kind: str, pond: str | None, detail: dict[str, Any], stamp: Stamp
) -> None:
    """`stamp` is the kernel's boot, monotonic time, wall time, and whether that was known."""
    connection.execute(
        "INSERT INTO events (kind, pond, detail, at_boot, at_monotonic_s, at_wall_s, wall_known) VALUES (?,?,?,?,?,?,?)",
        (kind, pond, json.dumps(detail, ensure_ascii=False), *stamp),
    )
    connection.execute("INSERT INTO outbox (kind, row) VALUES ('event', ?)", (connection.last_insert_rowid(),))


def now(clock: Clock, boot: str) -> Stamp:
    """The stamp of this moment."""
    return boot, clock.monotonic(), clock.wall(), clock.wall_known()
