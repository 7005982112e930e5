"""A farm's data as a zip of JSON lines, one file a table, made while it is sent."""

import base64
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from cloud.database import Database
from cloud.farms import belongings

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


def export(database: Database, gateway_id: str) -> Iterator[bytes]:
    """The zip, piece by piece; nothing that opens a door is in it."""
    pipe = _Pipe()
    with database.read() as session, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("README.txt", READ_ME)
        for table in belongings.tables():
            if table.name not in belongings.SECRET:
                yield from _file(session, archive, pipe, table, gateway_id)
    yield pipe.take()


def _file(session: Session, archive: zipfile.ZipFile, pipe: _Pipe, table: Table, gateway_id: str) -> Iterator[bytes]:
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
        for number, row in enumerate(belongings.rows(session, table, gateway_id), start=1):
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
