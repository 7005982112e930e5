"""Read-only views of the journal, for the web process and the uplink."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from gateway.clock import EARLIEST_BELIEVABLE

BUSY_MS = 2000


class JournalReader:
    """A connection of its own; apsw.Error when the journal is not there yet."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.set_busy_timeout(BUSY_MS)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def query(self, statement: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT; apsw.Error."""
        return self._connection.execute(statement, values)

    def samples(
        self, since_s: float, until_s: float, *, node: str | None = None, after: int = 0
    ) -> Iterator[tuple[str, float, str]]:
        """Node, wall time and readings as JSON of every sample of known time between two wall times, in their order.

        `node` leaves out the other boards, `after` the samples up to that row.
        """
        source = "samples INDEXED BY samples_by_time" if not after else "samples NOT INDEXED"
        return self._connection.execute(
            f"SELECT node, taken_wall_s, readings FROM {source} WHERE taken_wall_s >= ?1 AND taken_wall_s < ?2"
            " AND wall_known AND id > ?3 AND (?4 IS NULL OR node = ?4) ORDER BY taken_wall_s",
            (since_s, until_s, after, node),
        )

    def condensed(self) -> int:
        """The newest row of the samples that minutes and hours hold."""
        return int(self._connection.execute("SELECT row FROM marks WHERE name = 'condensed'").get)

    def traces(self, node: str) -> list[tuple[str, int]]:
        """Quantity and place of everything that was condensed of a board."""
        found = self._connection.execute("SELECT quantity, place FROM traces WHERE node = ?", (node,))
        return [(str(quantity), int(place)) for quantity, place in found]

    def oldest_sample_s(self) -> float | None:
        """Wall time of the oldest sample of known time, None in an empty journal."""
        oldest = self._connection.execute(
            "SELECT taken_wall_s FROM samples WHERE taken_wall_s > ? AND wall_known ORDER BY taken_wall_s LIMIT 1",
            (EARLIEST_BELIEVABLE.timestamp(),),
        ).get
        return None if oldest is None else float(oldest)

    def newest_sample_s(self) -> float | None:
        """Wall time of the newest sample of known time, None in an empty journal."""
        newest = self._connection.execute("SELECT MAX(taken_wall_s) FROM samples WHERE wall_known").get
        return None if newest is None else float(newest)

    def devices(self) -> dict[str, str]:
        """Which hardware id each device of farm.toml had last, of those that were ever found."""
        rows = self._connection.execute("SELECT detail FROM events WHERE kind = 'device_found' ORDER BY id")
        found = [json.loads(detail) for (detail,) in rows]
        return {row["device"]: row["hardware_id"] for row in found}

    def passports(self) -> set[tuple[str, str, int]]:
        """Device, key and time of every calibration that was told."""
        rows = self._connection.execute(
            "SELECT json_extract(detail, '$.device'), json_extract(detail, '$.key'), json_extract(detail, '$.when')"
            " FROM events WHERE kind = 'calibrated'"
        )
        return {(str(device), str(key), int(when)) for device, key, when in rows if when is not None}

    def calibrations(self) -> dict[str, float]:
        """Wall time of each device's newest calibration of known time."""
        rows = self._connection.execute(
            "SELECT json_extract(detail, '$.device'), MAX(IFNULL(json_extract(detail, '$.when'), at_wall_s)) FROM events"
            " WHERE kind = 'calibrated' AND wall_known GROUP BY 1"
        )
        return {str(device): float(at_s) for device, at_s in rows if device is not None}

    def events(
        self,
        limit: int = 50,
        *,
        kinds: Sequence[str] = (),
        besides: str = "",
        pond: str | None = None,
        before: int = 2**62,
    ) -> list[dict[str, Any]]:
        """The newest events with an id below `before`, newest first; of these kinds and this pond only, where named.

        `besides` is a GLOB pattern of kinds that are left out.
        """
        chosen = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        rows = self._connection.execute(
            "SELECT id, kind, pond, detail, at_wall_s, wall_known FROM events"
            f" WHERE id < ?{chosen} AND kind NOT GLOB ? AND (? IS NULL OR pond = ?) ORDER BY id DESC LIMIT ?",
            (before, *kinds, besides, pond, pond, limit),
        )
        names = ("id", "kind", "pond", "detail", "at_wall_s", "wall_known")
        events = [dict(zip(names, row, strict=True)) for row in rows]
        for event in events:
            event["detail"] = json.loads(event["detail"])
        return events

    def newest(self, kind: str) -> int:
        """The newest row of the outbox, 0 when it is empty."""
        row = self._connection.execute("SELECT MAX(row) FROM outbox WHERE kind = ?", (kind,)).get
        return int(row or 0)

    def unsent(self, kind: str, limit: int, *, above: int = 0, up_to: int = 2**62) -> list[dict[str, Any]]:
        """Rows with above < id <= up_to that the cloud has not confirmed, oldest first."""
        table = {"sample": "samples", "event": "events"}[kind]
        cursor = self._connection.execute(
            f"SELECT t.* FROM outbox o JOIN {table} t ON t.id = o.row"
            " WHERE o.kind = ? AND o.row > ? AND o.row <= ? AND o.refused IS NULL ORDER BY o.row LIMIT ?",
            (kind, above, up_to, limit),
        )
        rows = []
        for row in cursor:
            names = [column[0] for column in cursor.get_description()]
            rows.append(dict(zip(names, row, strict=True)))
        return rows

    def unsent_count(self) -> int:
        """How many rows wait for the cloud's confirmation."""
        count = self._connection.execute("SELECT COUNT(*) FROM outbox WHERE refused IS NULL").get
        return int(count)
