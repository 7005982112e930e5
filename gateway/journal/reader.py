"""Read-only views of the journal, for the web process and the uplink."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

BUSY_MS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A bucket of one quantity's good values: wall time of its middle in seconds, lowest, mean and highest value."""

    at_s: float
    low: float
    mean: float
    high: float


class JournalReader:
    """A connection of its own; apsw.Error when the journal is not there yet."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.set_busy_timeout(BUSY_MS)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def series(self, node: str, quantity: str, since_s: float, until_s: float, buckets: int) -> list[Point]:
        """Good values of a node's quantity between two wall times, in at most so many buckets; empty ones are left out."""
        width_s = max(1e-3, (until_s - since_s) / buckets)
        rows = self._connection.execute(
            "SELECT CAST((taken_wall_s - ?1) / ?3 AS INTEGER) AS bucket, MIN(v), AVG(v), MAX(v) FROM ("
            "  SELECT taken_wall_s, (SELECT json_extract(value, '$[1]') FROM json_each(readings)"
            "    WHERE json_extract(value, '$[0]') = ?5 AND json_extract(value, '$[2]') = 0 LIMIT 1) AS v"
            "  FROM samples WHERE node = ?4 AND taken_wall_s >= ?1 AND taken_wall_s < ?2 AND wall_known"
            ") WHERE v IS NOT NULL GROUP BY bucket ORDER BY bucket",
            (since_s, until_s, width_s, node, quantity),
        )
        return [
            Point(at_s=since_s + (bucket + 0.5) * width_s, low=low, mean=mean, high=high)
            for bucket, low, mean, high in rows
        ]

    def samples(self, since_s: float, until_s: float) -> Iterator[tuple[str, float, str]]:
        """Node, wall time and readings as JSON of every sample of known time between two wall times, in no order."""
        rows: Iterator[tuple[str, float, str]] = self._connection.execute(
            "SELECT node, taken_wall_s, readings FROM samples WHERE taken_wall_s >= ? AND taken_wall_s < ? AND wall_known",
            (since_s, until_s),
        )
        return rows

    def newest_sample_s(self) -> float | None:
        """Wall time of the newest sample of known time, None in an empty journal."""
        newest = self._connection.execute("SELECT MAX(taken_wall_s) FROM samples WHERE wall_known").get
        return None if newest is None else float(newest)

    def devices(self) -> dict[str, str]:
        """Which hardware id each device of farm.toml had last, of those that were ever found."""
        rows = self._connection.execute("SELECT detail FROM events WHERE kind = 'device_found' ORDER BY id")
        found = [json.loads(detail) for (detail,) in rows]
        return {row["device"]: row["hardware_id"] for row in found}

    def events(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest events, newest first."""
        rows = self._connection.execute(
            "SELECT id, kind, pond, detail, at_wall_s, wall_known FROM events ORDER BY id DESC LIMIT ?", (limit,)
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
