"""Files of the technician: written whole or not at all."""

import os
from pathlib import Path

from firmware.field.frame import Trouble


def write_file(path: Path, data: bytes) -> None:
    """Replace the file in one step; Trouble E-FILE-01 when it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Trouble("E-FILE-01", file=path, problem=error.strerror or error) from error


def read_file(path: Path) -> bytes:
    """The whole file; Trouble E-FILE-02 when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Trouble("E-FILE-02", file=path, problem=error.strerror or error) from error
