"""The gateway's memory: SQLite in WAL mode with synchronous=FULL, one writer thread, group commit.

Readings are committed together once a second, events at once. apsw brings its own SQLite, newer than the versions with
the WAL-reset fault that distributions still ship.
"""

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from gateway.bus.errors import MemoryFull
from gateway.bus.samples import Sample
from gateway.clock import Clock
from gateway.journal import schema

log = logging.getLogger(__name__)

COMMIT_S = 1.0
MOST_WAITING = 50_000
BUSY_MS = 5000

Job = Callable[[apsw.Connection], None]


@dataclass(frozen=True)
class _Many:
    """A job that runs one statement with many rows."""

    statement: str
    rows: Sequence[tuple[str | int, ...]]

    def __call__(self, connection: apsw.Connection) -> None:
        connection.executemany(self.statement, self.rows)


class Journal:
    """Keeps samples and events; every call returns at once, a thread of its own writes.

    `committed` is the highest ticket that is safe on disk. While the disk refuses, jobs wait in memory (`failing` says
    why); beyond `MOST_WAITING` samples are refused with MemoryFull, so that their node keeps them, and events are counted
    in `refused`.
    """

    def __init__(
        self, path: Path, clock: Clock, boot: str, *, commit_s: float = COMMIT_S, vfs: str | None = None
    ) -> None:
        self.path = path
        self.committed = 0
        self.failing = ""
        self.refused = 0
        self.set_aside: Path | None = None
        self._clock = clock
        self._boot = boot
        self._commit_s = commit_s
        self._vfs = vfs
        self._tickets = 0
        self._jobs: list[Job] = []
        self._urgent = False
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def open(self) -> None:
        """Check the file, set it aside when it is broken, start the writer; apsw.Error when the disk refuses."""
        self._make_folder()
        if self.path.exists() and not self._sound():
            self._put_aside()
        self._connection = self._connect()
        self._thread.start()

    def put(self, sample: Sample) -> int:
        """Keep a sample; returns the ticket that `committed` reaches when it is safe; raises MemoryFull."""
        return self._submit(lambda connection: self._insert_sample(connection, sample))

    def event(self, kind: str, pond: str | None = None, **detail: object) -> int:
        """Keep an event; committed at once."""
        stamp = (self._boot, self._clock.monotonic(), self._clock.wall(), self._clock.wall_known())
        text = json.dumps(detail, ensure_ascii=False)
        try:
            return self._submit(lambda connection: self._insert_event(connection, kind, pond, text, stamp), urgent=True)
        except MemoryFull:
            return self._tickets

    def forget(self, rows: list[tuple[str, int]]) -> int:
        """The cloud has these (kind, row): take them out of the outbox."""
        return self._submit(_Many("DELETE FROM outbox WHERE kind = ? AND row = ?", rows))

    def refuse(self, rows: list[tuple[str, int]], reason: str) -> int:
        """The cloud will never take these: keep them, marked, and send them no more."""
        marked = [(reason, kind, row) for kind, row in rows]
        return self._submit(_Many("UPDATE outbox SET refused = ? WHERE kind = ? AND row = ?", marked), urgent=True)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything given so far is safe; False when it did not get there in time."""
        with self._wake:
            ticket = self._tickets
            self._urgent = True
            self._wake.notify_all()
            return self._wake.wait_for(lambda: self.committed >= ticket, timeout_s)

    def close(self) -> None:
        """Commit what waits and close the file."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        with contextlib.suppress(apsw.Error):
            self._connection.pragma("wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _submit(self, job: Job, urgent: bool = False) -> int:
        with self._wake:
            if len(self._jobs) >= MOST_WAITING:
                self.refused += 1
                raise MemoryFull(f"{self.path}: {MOST_WAITING} rows wait for a disk that refuses them ({self.failing})")
            self._tickets += 1
            self._jobs.append(job)
            if urgent:
                self._urgent = True
                self._wake.notify_all()
            return self._tickets

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._urgent or self._closing, self._commit_s)
                jobs, ticket = self._jobs, self._tickets
                self._jobs = []
                self._urgent = False
                closing = self._closing
            if jobs and not self._write(jobs):
                with self._wake:
                    self._jobs = jobs + self._jobs
                if not closing:
                    time.sleep(self._commit_s)
                    continue
            else:
                with self._wake:
                    self.committed = ticket
                    self._wake.notify_all()
            if closing:
                return

    def _write(self, jobs: list[Job]) -> bool:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                job(connection)
            connection.execute("COMMIT")
        except apsw.Error as error:
            if connection.in_transaction:
                with contextlib.suppress(apsw.Error):
                    connection.execute("ROLLBACK")
            if not self.failing:
                log.error("%s: cannot write (%s); keeping rows in memory and trying again", self.path, error)
            self.failing = str(error)
            return False
        except (ValueError, TypeError, OverflowError):
            connection.execute("ROLLBACK")
            return self._write_singly(jobs)
        self.failing = ""
        return True

    def _write_singly(self, jobs: list[Job]) -> bool:
        """One of these jobs cannot be written by any disk: the others are, it is counted and told."""
        for at, job in enumerate(jobs):
            try:
                with self._connection:
                    job(self._connection)
            except (ValueError, TypeError, OverflowError):
                self.refused += 1
                log.exception("a row that cannot be written was dropped")
            except apsw.Error as error:
                self.failing = str(error)
                del jobs[:at]
                return False
        self.failing = ""
        return True

    def _insert_sample(self, connection: apsw.Connection, sample: Sample) -> None:
        age_s = self._clock.monotonic() - sample.taken_s
        readings = [[r.quantity, r.value, int(r.quality), r.reason] for r in sample.readings]
        row = (
            sample.node,
            sample.boot,
            sample.sequence,
            self._boot,
            sample.taken_s,
            self._clock.wall() - age_s,
            self._clock.wall_known(),
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

    def _insert_event(
        self,
        connection: apsw.Connection,
        kind: str,
        pond: str | None,
        text: str,
        stamp: tuple[str, float, float, bool],
    ) -> None:
        connection.execute(
            "INSERT INTO events (kind, pond, detail, at_boot, at_monotonic_s, at_wall_s, wall_known)"
            " VALUES (?,?,?,?,?,?,?)",
            (kind, pond, text, *stamp),
        )
        connection.execute("INSERT INTO outbox (kind, row) VALUES ('event', ?)", (connection.last_insert_rowid(),))

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), vfs=self._vfs)
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        if connection.pragma("user_version") == 0:
            with connection:
                connection.execute(schema.STATEMENTS)
                connection.pragma("user_version", schema.VERSION)
        return connection

    def _sound(self) -> bool:
        """quick_check finds most damage; a file cut to nothing passes it, so the schema is asked for too."""
        try:
            with contextlib.closing(apsw.Connection(str(self.path), vfs=self._vfs)) as connection:
                connection.set_busy_timeout(BUSY_MS)
                rows = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
                return rows == ["ok"] and connection.pragma("user_version") == schema.VERSION
        except (apsw.CorruptError, apsw.NotADBError):
            return False
        except apsw.Error as error:
            log.error("%s: could not be checked (%s); it is used as it is", self.path, error)
            return True

    def _put_aside(self) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self.set_aside = self.path.with_name(f"{self.path.name}.broken-{stamp}")
        for suffix in ("", "-wal", "-shm"):
            old = self.path.with_name(self.path.name + suffix)
            if old.exists():
                old.rename(self.set_aside.with_name(self.set_aside.name + suffix))
        log.error("%s is damaged; set aside as %s, a fresh journal begins", self.path, self.set_aside)

    def _make_folder(self) -> None:
        """The folder's own entry has to be on disk too; SQLite syncs only what is inside it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path.parent.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
