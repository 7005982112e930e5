"""What people should know of the journal, looked at now and then by the writer's thread."""

import shutil
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import apsw

from gateway.clock import Clock

LOOK_S = 10.0
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Bytes free on the disk, in the journal, and written today; age of the oldest sample; rows without confirmation.

    `unconfirmed` counts to 100,000 and no further; it is 0 on a farm without a cloud.
    """

    free_bytes: int | None = None
    size_bytes: int | None = None
    written_bytes: int = 0
    oldest_age_s: float | None = None
    unconfirmed: int = 0
    unconfirmed_age_s: float | None = None
    seen_s: float = float("-inf")
    day: str = ""
    written_before: int = 0

    def shown(self) -> dict[str, float | None]:
        """Without the bookkeeping of the next look."""
        return {name: value for name, value in asdict(self).items() if name not in ("seen_s", "day", "written_before")}


def look(connection: apsw.Connection, path: Path, clock: Clock, last: State, cloud: bool) -> State:
    """The state now, or the last one while that is fresh; to be called in the writer's thread. apsw.Error, OSError."""
    now_s = clock.monotonic()
    if now_s - last.seen_s < LOOK_S:
        return last
    local, written = clock.local(), _written()
    day = str(date.min if local is None else local.date())
    before = last.written_before if day == last.day else written
    pages = connection.pragma("page_count")
    oldest = "SELECT taken_wall_s FROM samples WHERE wall_known ORDER BY id LIMIT 1"
    waiting = (
        "SELECT MIN(s.taken_wall_s) FROM samples s WHERE s.wall_known AND s.id = "
        "(SELECT row FROM outbox WHERE kind = 'sample' AND refused IS NULL ORDER BY row LIMIT 1)"
    )
    return replace(
        last,
        free_bytes=shutil.disk_usage(path.parent).free,
        size_bytes=pages * connection.pragma("page_size"),
        written_bytes=written - before,
        oldest_age_s=_age_s(connection, oldest, clock),
        unconfirmed=_unconfirmed(connection) if cloud else 0,
        unconfirmed_age_s=_age_s(connection, waiting, clock) if cloud else None,
        seen_s=now_s,
        day=day,
        written_before=before,
    )


def _unconfirmed(connection: apsw.Connection) -> int:
    found = connection.execute(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE refused IS NULL LIMIT {MOST_COUNTED})"
    )
    return int(found.get)


def _age_s(connection: apsw.Connection, question: str, clock: Clock) -> float | None:
    at_s = connection.execute(question).get
    return None if at_s is None or not clock.wall_known() else max(0.0, clock.wall() - at_s)


def _written() -> int:
    """Bytes that this thread has given to the disk since it began; 0 where the system does not count them."""
    try:
        lines = Path("/proc/thread-self/io").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("wchar:")), 0)
