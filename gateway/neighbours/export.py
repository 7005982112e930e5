"""Readings and events of a range as CSV or JSON, sent while they are read: no range is too long for the memory."""

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import apsw
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse

from gateway.journal.history import rows
from gateway.journal.reader import JournalReader
from gateway.neighbours.events import events_between
from gateway.neighbours.rest import PREFIX, STRANGER, UNKNOWN, When, between
from gateway.process import journal_path
from gateway.web.desk import AtDesk, Desk
from gateway.web.signed import Worker

STEP_S = 3600.0
LONGEST_S = 400 * 86400.0

Form = Literal["csv", "json"]
Record = dict[str, Any]

FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "array"}}}}
}
READING = ("at", "pond", "node", "quantity", "place", "value", "good")
EVENT = ("id", "at", "clock_known", "kind", "pond", "detail")

router = APIRouter(prefix=PREFIX, responses=STRANGER, tags=["export"])


@router.get("/export/readings", operation_id="export_readings", responses={**FILES, **UNKNOWN})
async def readings(
    desk: AtDesk,
    _: Worker,
    since: When | None = None,
    until: When | None = None,
    pond: Annotated[str | None, Query(max_length=40)] = None,
    form: Annotated[Form, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Every reading between two times, of one pond or all, bad ones too (`good` says so)."""
    nodes = {one["node"]: one["id"] for one in desk.ponds if one["node"] and pond in (None, one["id"])}
    if pond is not None and all(one.id != pond for one in desk.farm.pond):
        raise HTTPException(404, f"there is no pond {pond}")
    since_s, until_s = _range(desk, since, until)

    def records(reader: JournalReader) -> Iterator[Record]:
        begins_s = since_s
        while begins_s < until_s:
            ends_s = min(begins_s + STEP_S, until_s)
            for row in list(rows(reader, begins_s, ends_s)):
                if pond is None or row.node in nodes:
                    yield {**{name: getattr(row, name) for name in READING[3:]}, "at": row.at_s, "node": row.node,
                           "pond": nodes.get(row.node)}  # fmt: skip
            begins_s = ends_s

    return _stream(journal_path(desk.farm), records, READING, form, "readings")


@router.get("/export/events", operation_id="export_events", responses=FILES)
async def events(
    desk: AtDesk,
    _: Worker,
    since: When | None = None,
    until: When | None = None,
    form: Annotated[Form, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Every event between two times."""
    since_s, until_s = _range(desk, since, until)
    return _stream(
        journal_path(desk.farm), lambda reader: events_between(reader, since_s, until_s), EVENT, form, "events"
    )


def _range(desk: Desk, since: float | None, until: float | None) -> tuple[float, float]:
    """As asked for, LONGEST_S at most: the end counts."""
    since_s, until_s = between(desk, since, until)
    until_s = min(until_s, desk.clock.wall() + 1)
    return max(since_s, until_s - LONGEST_S), until_s


def _stream(
    path: Path, records: Callable[[JournalReader], Iterator[Record]], names: tuple[str, ...], form: Form, file: str
) -> StreamingResponse:
    lines = _csv(path, records, names) if form == "csv" else _json(path, records)
    media = "text/csv" if form == "csv" else "application/json"
    return StreamingResponse(
        lines, media_type=media, headers={"Content-Disposition": f'attachment; filename="{file}.{form}"'}
    )


def _read(path: Path, records: Callable[[JournalReader], Iterator[Record]]) -> Iterator[Record]:
    """Nothing more where the journal cannot be read."""
    with contextlib.suppress(apsw.Error), contextlib.closing(JournalReader(path)) as reader:
        yield from records(reader)


def _csv(path: Path, records: Callable[[JournalReader], Iterator[Record]], names: tuple[str, ...]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for record in _read(path, records):
        if "detail" in record:
            record["detail"] = json.dumps(record["detail"], ensure_ascii=False)
        writer.writerow(record)
        if text.tell() > 16_000:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _json(path: Path, records: Callable[[JournalReader], Iterator[Record]]) -> Iterator[str]:
    before = "["
    for record in _read(path, records):
        yield before + json.dumps(record, ensure_ascii=False)
        before = ",\n"
    yield "[]" if before == "[" else "]"
