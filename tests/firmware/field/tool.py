"""Runs the technician's command as its user does, in this process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware.field.command import call


@dataclass(frozen=True)
class Outcome:
    """What one command line left."""

    code: int
    out: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        values: dict[str, Any] = json.loads(self.out)
        return values


class Tool:
    """pondkeeper-node with a log file of the test's own."""

    def __init__(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capfd = capfd
        self.log = folder / "node.log"

    def __call__(self, *arguments: object, language: str = "vi") -> Outcome:
        """Run a command line, with text."""
        self._capfd.readouterr()
        code = call(["--lang", language, "--log", str(self.log), *map(str, arguments)])
        captured = self._capfd.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Outcome(code, captured.out)

    def json(self, *arguments: object) -> Outcome:
        """Run a command line, with --json."""
        return self("--json", *arguments)


@contextmanager
def hold(port: str) -> Iterator[int]:
    """Let another process hold a port, as a forgotten terminal program does; yields its number."""
    code = f"import serial, sys; s = serial.Serial({port!r}, exclusive=True); print(flush=True); sys.stdin.read()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
        holder.kill()
