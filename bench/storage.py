"""A farm's journal: bytes written a day, and what it takes to read three months of it."""

import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import apsw

from bench.journal import CountingDisk
from bench.table import console, percentile, show
from gateway.bus.samples import Quality, Reading, Sample
from gateway.clock import Clock
from gateway.journal import schema
from gateway.journal.history import series
from gateway.journal.keeping import Keeping
from gateway.journal.reader import JournalReader
from gateway.journal.rows import insert_sample, transaction
from gateway.journal.settings import StorageSettings
from gateway.journal.spare import Spare
from gateway.journal.store import COMMIT_S, Journal

BOARDS = 10
SAMPLE_S = 10
VALUES = ("do_mg_l", "do_sat", "temperature_c", "salinity_psu", "conductivity_ms_cm", "ph")
HOURS = 1
DAY_S = 86400
DAYS = 90
BUCKETS = 500
BEGIN_S = 1_800_000_000


def sample(board: int, number: int, at_s: float) -> Sample:
    """Six values that differ from sample to sample."""
    readings = tuple(
        Reading(quantity=name, value=round(4 + place + (number * 37 + board) % 101 / 100, 3), quality=Quality.GOOD)
        for place, name in enumerate(VALUES)
    )
    return Sample(node=f"{board:012x}", boot=7 + board, sequence=number, taken_s=at_s, readings=readings)


def written_a_day(name: str, commit_s: float) -> float:
    """Bytes a day; `commit_s` 0 commits each sample by itself, the cloud confirms within a commit."""
    now = {"s": 1000.0}
    clock = Clock(monotonic=lambda: now["s"], wall=lambda: BEGIN_S + now["s"])
    with tempfile.TemporaryDirectory() as folder:
        disk = CountingDisk(f"storage-{name}")
        journal = Journal(Path(folder) / "j" / "journal.sqlite", clock, "b" * 36, commit_s=60, vfs=disk.name)
        journal.open()
        before, given = disk.written, 0
        for tenth in range(10 * 3600 * HOURS):
            now["s"] += 0.1
            if tenth % 10 == 0 and tenth // 10 % SAMPLE_S < BOARDS:
                journal.put(sample(tenth // 10 % SAMPLE_S, 1 + tenth // 10 // SAMPLE_S, now["s"]))
                given += 1
                journal.forget([("sample", given - 5)])
                if not commit_s:
                    journal.flush()
            if commit_s and tenth % (10 * commit_s) == 0:
                journal.flush()
        journal.flush()
        journal.close()
        return (disk.written - before) * 24 / HOURS


def three_months(path: Path) -> None:
    """A journal as it is after 90 days: minutes and hours of all, the last day's samples."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "off")
        schema.bring_up_to_date(connection)
        with connection:
            for trace in range(BOARDS * len(VALUES)):
                node = f"{trace // len(VALUES):012x}"
                connection.execute(
                    "INSERT INTO traces VALUES (?,?,?,0)", (trace + 1, node, VALUES[trace % len(VALUES)])
                )
                for table, step_s in (("minutes", 60), ("hours", 3600)):
                    first = BEGIN_S // step_s
                    connection.executemany(
                        f"INSERT INTO {table} VALUES (?,?,?,?,?,6,6)",
                        (
                            (trace + 1, first + n, 4 + n % 97 / 50, 4.2 + n % 97 / 50, 4.5 + n % 97 / 50)
                            for n in range(DAYS * DAY_S // step_s)
                        ),
                    )
            last_day(connection)


def last_day(connection: apsw.Connection) -> None:
    """The samples of the last 24 hours, all condensed."""
    until_s = BEGIN_S + DAYS * DAY_S
    clock = Clock(monotonic=lambda: 0.0, wall=lambda: until_s)
    for number in range(DAY_S // SAMPLE_S):
        for board in range(BOARDS):
            insert_sample(connection, sample(board, number, number * SAMPLE_S - DAY_S), clock, "b" * 36)
    connection.execute("UPDATE marks SET row = (SELECT MAX(id) FROM samples)")


def bites(path: Path) -> tuple[int, list[float]]:
    """A day of samples becomes minutes and is thrown away: rows, and milliseconds of each bite between two commits."""
    now = {"s": float(BEGIN_S)}
    clock = Clock(monotonic=lambda: now["s"], wall=lambda: now["s"])
    settings = StorageSettings(raw_days=2)
    keeping = Keeping(path=path, clock=clock, boot="b", settings=settings, spare=Spare(path), cloud=False)
    took: list[float] = []
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("auto_vacuum", 2)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        schema.bring_up_to_date(connection)
        with transaction(connection):
            for number in range(DAY_S // SAMPLE_S):
                for board in range(BOARDS):
                    insert_sample(connection, sample(board, number, now["s"] + number * SAMPLE_S), clock, "b" * 36)
        for later_s in (DAY_S, 4 * DAY_S, 3700):
            now["s"] += later_s
            more = True
            while more:
                began = time.perf_counter()
                more = keeping.bite(connection)
                took.append(1000 * (time.perf_counter() - began))
    return BOARDS * DAY_S // SAMPLE_S, took


def read(path: Path, days: float) -> tuple[float, int]:
    """Median milliseconds of five reads, and points."""
    until_s = BEGIN_S + DAYS * DAY_S
    took = []
    for _ in range(5):
        began = time.perf_counter()
        with closing(JournalReader(path)) as reader:
            found = series(reader, f"{3:012x}", "do_mg_l", 0, until_s - days * DAY_S, until_s, BUCKETS)
        took.append(1000 * (time.perf_counter() - began))
    return sorted(took)[2], len(found)


def memory_of_reading(path: Path) -> tuple[float, float]:
    """Megabytes of a fresh process before and at the most while it reads 90 days."""
    code = f"from bench import storage; from pathlib import Path; storage.print_memory(Path({str(path)!r}))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    before, most = map(float, out.split())
    return before, most


def print_memory(path: Path) -> None:
    """For a process of its own."""
    before = _most_resident_mb()
    read(path, DAYS)
    print(before, _most_resident_mb())


def _most_resident_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def run() -> None:
    """Writing, then reading."""
    ways = [("each sample", 0.0), ("1 s", 1.0), ("2 s", 2.0), ("5 s", 5.0), ("10 s", 10.0)]
    ways = sorted({*ways, (f"{COMMIT_S:g} s", COMMIT_S)}, key=lambda way: way[1])
    found = [(name, commit_s, written_a_day(f"{commit_s:g}", commit_s)) for name, commit_s in ways]
    baseline = found[0][2]
    rows = [
        [name + (" (as built)" if commit_s == COMMIT_S else ""), f"{size / 1e9:.2f}", f"{baseline / size:.1f} x fewer"]
        for name, commit_s, size in found
    ]
    show(
        f"Bytes written a day: {BOARDS} boards, {len(VALUES)} values every {SAMPLE_S} s, minutes and outbox with them",
        ["one commit for", "GB/day", "against single commits"],
        rows,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        three_months(path)
        spans = [("8 hours", 1 / 3), ("1 day", 1.0), ("7 days", 7.0), ("30 days", 30.0), ("90 days", 90.0)]
        count, took = bites(Path(folder) / "old.sqlite")
        show(
            f"Keeping order between commits: {count:,} samples to minutes, then thrown away",
            ["bites", "median, ms", "99 %, ms", "longest, ms", "all, s"],
            [
                [
                    str(len(took)),
                    *(f"{percentile(took, share):.1f}" for share in (0.5, 0.99)),
                    f"{max(took):.1f}",
                    f"{sum(took) / 1000:.1f}",
                ]
            ],
        )
        times = [(name, *read(path, days)) for name, days in spans]
        show(
            f"A chart of {BUCKETS} points out of {DAYS} days of {BOARDS * len(VALUES)} quantities",
            ["range", "ms", "points"],
            [[name, f"{ms:.1f}", str(points)] for name, ms, points in times],
        )
        before, most = memory_of_reading(path)
        size = path.stat().st_size / 1e6
        console.print(
            f"Reading 90 days adds {most - before:.1f} MB to a process of {before:.0f}; the file has {size:.0f} MB."
        )
