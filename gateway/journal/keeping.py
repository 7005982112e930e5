"""Keeps the journal in order between commits: minutes, what is too old, and room on the disk, a small bite at a time."""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from gateway.clock import Clock
from gateway.journal import rows
from gateway.journal.condense import STEPS_S, condense, label
from gateway.journal.settings import StorageSettings
from gateway.journal.spare import Spare

CONDENSE_S = 600.0
LOOK_S = 60.0
TELL_S = 3600.0
BITE_ROWS = 500
DAY_S = 86400.0
LEAST_DAYS = 2  # of samples that only a full disk gives up
MB = 1_000_000
LEAST_FREE_SHARE = 0.03
MOST_RESERVED_MB = 50
VACUUM_PAGES = 100
STEP_S = 120.0
BELIEVED_AFTER_S = 3600.0
MARK = "(SELECT row FROM marks WHERE name = 'condensed')"
WAITING = (
    "IFNULL((SELECT row FROM outbox WHERE kind = 'sample' AND refused IS NULL ORDER BY row LIMIT 1),"
    " 9223372036854775807)"
)


@dataclass(kw_only=True)
class Keeping:
    """What the writer's thread does between commits; `cloud` is False on a farm that has none to wait for."""

    path: Path
    clock: Clock
    boot: str
    settings: StorageSettings
    spare: Spare
    cloud: bool = True
    _labelled: bool = False
    _condense_at_s: float = 0.0
    _look_at_s: float = 0.0
    _off_s: float | None = None
    _off_since_s: float = 0.0
    _dropped: int = 0
    _unconfirmed: int = 0
    _tell_at_s: float = 0.0

    def bite(self, connection: apsw.Connection) -> bool:
        """One small piece of work, in a transaction of its own; False when there is no more for now. apsw.Error."""
        if not self.clock.wall_known():
            self._labelled = False
            return False
        now_s = self.clock.monotonic()
        if not self._labelled:
            with rows.transaction(connection):
                label(connection, self.clock, self.boot)
            self._labelled = True
            return True
        if now_s >= self._condense_at_s:
            return self._condense(connection, now_s)
        if now_s >= self._look_at_s:
            return self._look(connection, now_s)
        return False

    def make_room(self, connection: apsw.Connection) -> None:
        """The disk is full: give up the oldest samples, so that new ones can be written. apsw.Error, OSError."""
        self.spare.give_up()
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._thin(connection, math.inf)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self.spare.hold()

    def _condense(self, connection: apsw.Connection, now_s: float) -> bool:
        with rows.transaction(connection):
            done = condense(connection, BITE_ROWS)
        if done < BITE_ROWS:
            self._condense_at_s = now_s + CONDENSE_S
        return True

    def _look(self, connection: apsw.Connection, now_s: float) -> bool:
        """Throw away what is too old, then what there is no room for; rest when nothing was found."""
        if self._crowded(connection) and self._thin(connection, self.clock.wall() - LEAST_DAYS * DAY_S):
            return True
        if self._clock_holds(now_s) and (self._forget_samples(connection) or self._forget_means(connection)):
            return True
        if connection.pragma("auto_vacuum") and connection.pragma("freelist_count") > 10 * VACUUM_PAGES:
            connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
            return True
        self._look_at_s = now_s + LOOK_S
        return False

    def _clock_holds(self, now_s: float) -> bool:
        """False for a while after the wall clock was set: nothing is too old by a clock that may be wrong."""
        off_s = self.clock.wall() - now_s
        if self._off_s is None or abs(off_s - self._off_s) > STEP_S:
            self._off_s, self._off_since_s = off_s, now_s
        return now_s - self._off_since_s >= BELIEVED_AFTER_S

    def _forget_samples(self, connection: apsw.Connection) -> int:
        """Samples older than `raw_days`; those that wait for the cloud stay."""
        limit_s = self.clock.wall() - self.settings.raw_days * DAY_S
        with rows.transaction(connection):
            found = self._oldest(connection, f"id <= {MARK}" + (f" AND id < {WAITING}" if self.cloud else ""))
            old = [at for at, (_, taken_s, known) in enumerate(found) if known and taken_s < limit_s]
            young = next(
                (at for at, (_, taken_s, known) in enumerate(found) if known and taken_s >= limit_s), len(found)
            )
            last = max((at for at in old if at < young), default=-1)
            _delete(connection, found[: last + 1])
        return last + 1

    def _forget_means(self, connection: apsw.Connection) -> int:
        """A day of minutes or hours of one trace."""
        limit_s = self.clock.wall() - self.settings.minutes_days * DAY_S
        traces = connection.execute("SELECT id FROM traces").fetchall()
        for table, step_s in STEPS_S.items():
            for (trace,) in traces:
                first = connection.execute(f"SELECT MIN(at) FROM {table} WHERE trace = ?", (trace,)).get
                if first is not None and (first + 1) * step_s < limit_s - DAY_S:
                    end = first + int(DAY_S // step_s)
                    with rows.transaction(connection):
                        connection.execute(f"DELETE FROM {table} WHERE trace = ? AND at < ?", (trace, end))
                    return 1
        return 0

    def _thin(self, connection: apsw.Connection, before_s: float) -> int:
        """The oldest samples from before a wall time go; an event says how many, and how many the cloud had not."""
        with rows.transaction(connection):
            gone = [row for row in self._oldest(connection, "TRUE") if row[1] < before_s]
            waiting = connection.execute(
                "SELECT COUNT(*) FROM outbox WHERE kind = 'sample' AND refused IS NULL AND row <= ?",
                (gone[-1][0] if gone else 0,),
            ).get
            _delete(connection, gone)
            self._dropped += len(gone)
            self._unconfirmed += waiting if self.cloud else 0
            self._tell(connection)
        return len(gone)

    def _tell(self, connection: apsw.Connection) -> None:
        """At the first and then once an hour, for samples go in many bites."""
        now_s = self.clock.monotonic()
        if self._dropped and now_s >= self._tell_at_s:
            detail = {"samples": self._dropped, "unconfirmed": self._unconfirmed}
            rows.insert_event(connection, "old_samples_dropped", None, detail, rows.now(self.clock, self.boot))
            self._dropped = self._unconfirmed = 0
            self._tell_at_s = now_s + TELL_S

    def _oldest(self, connection: apsw.Connection, those: str) -> list[tuple[int, float, int]]:
        """Row, wall time and whether it is known of the oldest; never the newest row, whose number must not come again."""
        found: list[Any] = connection.execute(
            f"SELECT id, taken_wall_s, wall_known FROM samples WHERE {those} AND id < (SELECT MAX(id) FROM samples)"
            " ORDER BY id LIMIT ?",
            (BITE_ROWS,),
        ).fetchall()
        return found

    def _crowded(self, connection: apsw.Connection) -> bool:
        """True when the journal is larger than it may be, or the disk is nearly full."""
        pages = connection.pragma("page_count") - connection.pragma("freelist_count")
        size = pages * connection.pragma("page_size")
        disk = shutil.disk_usage(self.path.parent)
        reserve = min(MOST_RESERVED_MB * MB, int(LEAST_FREE_SHARE * disk.total))
        spare = disk.free + connection.pragma("freelist_count") * connection.pragma("page_size")
        return bool(size > self.settings.most_mb * MB or spare < reserve)


def _delete(connection: apsw.Connection, gone: list[tuple[int, float, int]]) -> None:
    ids = [(row[0],) for row in gone]
    connection.executemany("DELETE FROM samples WHERE id = ?", ids)
    connection.executemany("DELETE FROM outbox WHERE kind = 'sample' AND row = ?", ids)
