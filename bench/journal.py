"""The journal: rows a second and bytes written a row, group commit against one commit for each row."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from bench.table import show
from gateway.bus.samples import Quality, Reading, Sample
from gateway.clock import Clock
from gateway.journal.store import Journal

ROWS = 2000
ROWS_PER_SECOND = 20


class CountingDisk(apsw.VFS):
    """Passes everything on and counts the bytes that are written."""

    def __init__(self, name: str) -> None:
        self.written = 0
        self.name = name
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """A file that counts."""
        disk = self

        class File(apsw.VFSFile):
            def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
                disk.written += len(data)
                super().xWrite(data, offset)

        return File("", name, flags)


def sample(number: int) -> Sample:
    """A sample of a pond node."""
    names = ("do_mg_l", "do_sat", "temperature_c")
    readings = tuple(Reading(quantity=name, value=4.0 + number % 7 / 10, quality=Quality.GOOD) for name in names)
    return Sample(node=f"node-{number % 5}", boot=7, sequence=number, taken_s=float(number), readings=readings)


def measure(name: str, per_commit: int) -> tuple[float, float]:
    """Rows a second, bytes written a row."""
    with tempfile.TemporaryDirectory() as folder:
        disk = CountingDisk(f"counting-{name}")
        journal = Journal(Path(folder) / "j" / "journal.sqlite", Clock(), "boot", commit_s=60, vfs=disk.name)
        journal.open()
        before = disk.written
        started = time.perf_counter()
        for number in range(1, ROWS + 1):
            journal.put(sample(number))
            if number % per_commit == 0:
                journal.flush()
        journal.flush()
        seconds = time.perf_counter() - started
        journal.close()
        return ROWS / seconds, (disk.written - before) / ROWS


def run() -> None:
    """Both ways in one run."""
    ways: list[tuple[str, Callable[[], tuple[float, float]]]] = [
        (f"group commit, {ROWS_PER_SECOND} rows (one second of a farm)", lambda: measure("group", ROWS_PER_SECOND)),
        ("group commit, 100 rows", lambda: measure("hundred", 100)),
        ("one commit for each row", lambda: measure("single", 1)),
    ]
    results = [(name, *way()) for name, way in ways]
    single = results[-1][2]
    rows = [[name, f"{speed:,.0f}", f"{size:,.0f}", f"{single / size:.1f} x fewer"] for name, speed, size in results]
    show("Journal, WAL, synchronous=FULL", ["way", "rows/s", "bytes written/row", "against single commits"], rows)
