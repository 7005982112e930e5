"""The gateway's memory: SQLite in WAL mode with synchronous=FULL, one writer thread, group commit.

Samples are committed together every few seconds, for each commit writes whole pages; their nodes keep them until then.
Events are committed at once. apsw brings its own SQLite, newer than the versions with
the WAL-reset fault that distributions still ship.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from gateway.bus.errors import MemoryFull
from gateway.bus.samples import Sample
from gateway.clock import Clock
from gateway.journal import rows, schema
from gateway.journal.keeping import Keeping
from gateway.journal.settings import StorageSettings
from gateway.journal.spare import Spare
from gateway.journal.state import State, look

log = logging.getLogger(__name__)

COMMIT_S, LATE_COMMIT_S = 3.0, 0.5
MOST_WAITING = 50_000
BUSY_MS = 5000
RETRY_S = 5.0
CHECK_S = 5.0
CHECK_STEPS = 1000
MOST_LOG_PAGES = 1000
PAGE_BYTES = 4096

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
        self,
        path: Path,
        clock: Clock,
        boot: str,
        *,
        settings: StorageSettings | None = None,
        cloud: bool = True,
        commit_s: float = COMMIT_S,
        vfs: str | None = None,
    ) -> None:
        self.path = path
        self.committed = 0
        self.failing = ""
        self.refused = 0
        self.turns = 0  # of the writer, for whoever watches that it does not hang
        self.set_aside: Path | None = None
        self.losses: dict[tuple[str, int], int] = {}
        self._connection: apsw.Connection | None = None
        self._spare = Spare(path)
        self._keeping = Keeping(
            path=path,
            clock=clock,
            boot=boot,
            settings=settings or StorageSettings(),
            spare=self._spare,
            cloud=cloud,
        )
        self._state = State()
        self._clock = clock
        self._boot = boot
        self._commit_s = commit_s
        self._vfs = vfs
        self._tickets = 0
        self._jobs: list[Job] = []
        self._urgent = self._late = False
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def open(self) -> None:
        """Start the writer. A file that is broken is set aside, one that cannot be opened is tried again and again."""
        self._try_open()
        self._thread.start()

    def state(self) -> dict[str, Any]:
        """What people should know of the journal; bytes, counts, ages in seconds, None where it is not known."""
        return {
            "failing": self.failing,
            "refused": self.refused,
            "waiting": len(self._jobs),
            **self._state.shown(),
        }

    def put(self, sample: Sample) -> int:
        """Keep a sample; returns the ticket that `committed` reaches when it is safe; raises MemoryFull.

        A late one is safe within a second: its node shows the next window when it has been told so.
        """
        self._late = self._late or sample.late
        return self._submit(lambda connection: rows.insert_sample(connection, sample, self._clock, self._boot))

    def event(self, kind: str, pond: str | None = None, **detail: object) -> int:
        """Keep an event; committed at once."""
        stamp = rows.now(self._clock, self._boot)
        try:
            return self._submit(
                lambda connection: rows.insert_event(connection, kind, pond, detail, stamp), urgent=True
            )
        except MemoryFull:
            return self._tickets

    def lost(self, node: str, boot: int, samples: int) -> None:
        """A board has lost so many samples in this boot, which was said."""
        self.losses[node, boot] = samples
        with contextlib.suppress(MemoryFull):
            self._submit(_Many("INSERT OR REPLACE INTO losses VALUES (?,?,?)", [(node, boot, samples)]))

    def forget(self, leaving: list[tuple[str, int]]) -> int:
        """The cloud has these (kind, row): take them out of the outbox."""
        return self._submit(_Many("DELETE FROM outbox WHERE kind = ? AND row = ?", leaving))

    def refuse(self, refused: list[tuple[str, int]], reason: str) -> int:
        """The cloud will never take these: keep them, marked, and send them no more."""
        marked = [(reason, kind, row) for kind, row in refused]
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
        if self._connection is not None:
            with contextlib.suppress(apsw.Error):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
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
        while not self._closing or self._jobs:
            self.turns += 1
            with self._wake:
                self._wait()
                jobs, ticket = self._jobs, self._tickets
                self._jobs = []
                self._urgent = self._late = False
                closing = self._closing
            if self._ready() and (not jobs or self._write(jobs)):
                with self._wake:
                    self.committed = ticket
                    self._wake.notify_all()
                self._keep_order()
                continue
            with self._wake:
                self._jobs = jobs + self._jobs
            if closing:
                return
            time.sleep(min(self._commit_s, RETRY_S))

    def _wait(self) -> None:
        """Until it is time to commit."""
        ends_s = time.monotonic() + self._commit_s
        while not (self._urgent or self._closing) and (left_s := ends_s - time.monotonic()) > 0:
            late = self._late
            self._wake.wait(min(left_s, LATE_COMMIT_S))
            if late:
                return

    def _ready(self) -> bool:
        """A file that could not be opened is tried again."""
        if self._connection is None:
            self._try_open()
        return self._connection is not None

    def _keep_order(self) -> None:
        """Small pieces of work until the next commit is due."""
        connection, until_s = self._connection, time.monotonic() + self._commit_s / 2
        assert connection is not None
        try:
            while (
                not self._urgent and not self._closing and time.monotonic() < until_s and self._keeping.bite(connection)
            ):
                pass
            self._state = look(connection, self.path, self._clock, self._state, self._keeping.cloud)
        except apsw.FullError:
            self._make_room(connection)
        except (apsw.Error, OSError) as error:
            log.error("%s: cannot be kept in order (%s)", self.path, error)

    def _write(self, jobs: list[Job]) -> bool:
        connection = self._connection
        assert connection is not None
        try:
            with rows.transaction(connection):
                for job in jobs:
                    job(connection)
        except apsw.Error as error:
            self._fails(error)
            if isinstance(error, apsw.FullError):
                self._make_room(connection)
            return False
        except (ValueError, TypeError, OverflowError):
            return self._write_singly(connection, jobs)
        self.failing = ""
        return True

    def _make_room(self, connection: apsw.Connection) -> None:
        try:
            self._keeping.make_room(connection)
        except (apsw.Error, OSError) as error:
            self._fails(error)

    def _fails(self, error: Exception) -> None:
        if isinstance(error, apsw.CorruptError):
            with contextlib.suppress(OSError):
                self._damage_mark.touch()
        if not self.failing:
            log.error("%s: cannot write (%s); keeping rows in memory and trying again", self.path, error)
        self.failing = str(error)

    def _write_singly(self, connection: apsw.Connection, jobs: list[Job]) -> bool:
        """One of these jobs cannot be written by any disk: the others are, it is counted and told."""
        for at, job in enumerate(jobs):
            try:
                with rows.transaction(connection):
                    job(connection)
            except (ValueError, TypeError, OverflowError):
                self.refused += 1
                log.exception("a row that cannot be written was dropped")
            except apsw.Error as error:
                self._fails(error)
                del jobs[:at]
                return False
        self.failing = ""
        return True

    def _try_open(self) -> None:
        """Check the file, set it aside when it is broken, open it; what cannot be done now is said in `failing`."""
        try:
            self._make_folder()
            if self.path.exists() and not self._sound():
                self._put_aside()
            connection = self._connect()
            self.losses.update(
                ((node, boot), count) for node, boot, count in connection.execute("SELECT * FROM losses")
            )
        except (apsw.Error, OSError) as error:
            self._fails(error)
        else:
            self._connection, self.failing = connection, ""
            with contextlib.suppress(OSError):
                self._spare.hold()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), vfs=self._vfs)
        try:
            connection.set_busy_timeout(BUSY_MS)
            if connection.pragma("user_version") == 0:
                connection.pragma("auto_vacuum", 2)
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", "full")
            connection.pragma("journal_size_limit", self._spare.size)
            connection.pragma("wal_autocheckpoint", min(MOST_LOG_PAGES, self._spare.size // PAGE_BYTES))
            schema.bring_up_to_date(connection)
        except apsw.Error:
            connection.close()
            raise
        return connection

    def _sound(self) -> bool:
        """quick_check finds most damage; a file cut to nothing passes it, so the schema is asked for too.

        A large file is checked for a few seconds only, for the gateway waits for it; damage that is met later leaves a mark.
        """
        if self._damage_mark.exists():
            return False
        ends_s = time.monotonic() + CHECK_S
        try:
            with contextlib.closing(apsw.Connection(str(self.path), vfs=self._vfs)) as connection:
                connection.set_busy_timeout(BUSY_MS)
                if not connection.pragma("user_version"):
                    return False
                connection.set_progress_handler(lambda: time.monotonic() > ends_s, CHECK_STEPS)
                return [row[0] for row in connection.execute("PRAGMA quick_check(5)")] == ["ok"]
        except (apsw.CorruptError, apsw.NotADBError):
            return False
        except apsw.InterruptError:
            return True
        except apsw.Error as error:
            log.error("%s: could not be checked (%s); it is used as it is", self.path, error)
            return True

    @property
    def _damage_mark(self) -> Path:
        """There when a damaged page was met: the file is set aside when the gateway starts next, which numbers rows anew."""
        return self.path.with_name(f"{self.path.name}.damaged")

    def _put_aside(self) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self.set_aside = self.path.with_name(f"{self.path.name}.broken-{stamp}")
        for suffix in ("", "-wal", "-shm"):
            old = self.path.with_name(self.path.name + suffix)
            if old.exists():
                old.rename(self.set_aside.with_name(self.set_aside.name + suffix))
        self._damage_mark.unlink(missing_ok=True)
        self.event("journal_damaged", file=str(self.set_aside))
        log.error("%s is damaged; set aside as %s, a fresh journal begins", self.path, self.set_aside)

    def _make_folder(self) -> None:
        """The folder's own entry has to be on disk too; SQLite syncs only what is inside it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path.parent.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
