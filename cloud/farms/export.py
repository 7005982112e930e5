"""A farm's data as a zip of JSON lines, one file a table and one of all samples, made while it is sent."""

import base64
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cloud.database import Database
from cloud.farms import belongings
from cloud.farms.repository import nodes_of
from cloud.incidents.photos import photo_path
from cloud.incidents.repository import photos_of
from cloud.telemetry.history import all_samples

PACKED = frozenset(("hot", "chunks"))
READ_ME = (
    "Every file has one JSON object a line, one file a table; times are Unix seconds, bytes are base64.\n"
    "Mỗi tệp là một bảng, mỗi dòng là một đối tượng JSON; thời gian tính bằng giây Unix, byte ở dạng base64.\n"
)


class _Pipe:
    """Takes what a zip writes and hands it on; it cannot go back, so the zip describes each file behind it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def export(database: Database, folder: Path, gateway_id: str) -> Iterator[bytes]:
    """The zip, piece by piece, photos out of `folder` among it; nothing that opens a door is in it."""
    pipe = _Pipe()
    with database.read() as session, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("README.txt", READ_ME)
        for table in belongings.tables():
            if table.name not in belongings.OPENS_DOORS | PACKED:
                yield from _file(archive, pipe, table.name, belongings.rows(session, table, gateway_id))
        yield from _file(archive, pipe, "samples", _samples(session, gateway_id))
        for name in photos_of(session, gateway_id):
            if (path := photo_path(folder, name)).exists():
                archive.write(path, f"photos/{name}")
                yield pipe.take()
    yield pipe.take()


def _samples(session: Session, gateway_id: str) -> Iterator[dict[str, Any]]:
    """Every sample, out of the form in which the database keeps it."""
    for number, node in nodes_of(session, gateway_id):
        for sample in all_samples(session, number):
            yield {"node": node, **asdict(sample)}


def _file(archive: zipfile.ZipFile, pipe: _Pipe, name: str, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    with archive.open(f"{name}.jsonl", "w", force_zip64=True) as file:
        for number, row in enumerate(rows, start=1):
            file.write(json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n")
            if number % belongings.BATCH == 0:
                yield pipe.take()
    yield pipe.take()


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
