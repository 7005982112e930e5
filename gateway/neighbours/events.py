"""Events of the journal for programs: plain rows."""

import json
from collections.abc import Iterator
from typing import Any

from gateway.journal.reader import JournalReader

COLUMNS = "SELECT id, kind, pond, at_wall_s, wall_known, detail FROM events"


def newest_events(reader: JournalReader, before: int, limit: int) -> list[dict[str, Any]]:
    """The newest events below a number, newest first; apsw.Error."""
    found = reader.query(f"{COLUMNS} WHERE id < ? ORDER BY id DESC LIMIT ?", (before, limit))
    return [_event(row) for row in found]


def events_between(reader: JournalReader, since_s: float, until_s: float) -> Iterator[dict[str, Any]]:
    """The events between two wall times, in the order of the journal; apsw.Error."""
    found = reader.query(f"{COLUMNS} WHERE at_wall_s >= ? AND at_wall_s < ? ORDER BY id", (since_s, until_s))
    return map(_event, found)


def _event(row: tuple[Any, ...]) -> dict[str, Any]:
    number, kind, pond, at_s, known, detail = row
    return {
        "id": number,
        "kind": kind,
        "pond": pond,
        "at": at_s,
        "clock_known": bool(known),
        "detail": json.loads(detail),
    }
