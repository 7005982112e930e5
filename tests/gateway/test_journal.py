"""The journal: nothing that was acknowledged is lost, not by a power cut, not by a broken file."""

import random
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest

from gateway.journal.history import series
from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from tests.faults import Fault
from tests.gateway.farms import Steps, sample
from tests.gateway.powercut import PowerCutDisk

CUTS = 50


def journal(path: Path, *, vfs: str | None = None, commit_s: float = 0.01) -> Journal:
    made = Journal(path, Steps().clock(), "boot-1", commit_s=commit_s, vfs=vfs)
    made.open()
    return made


@dataclass
class Workload:
    """What a journal was given on a disk that may lose power; (log position, samples safe so far)."""

    disk: PowerCutDisk
    safe: list[tuple[int, int]]


def work(folder: Path) -> Workload:
    folder.mkdir()
    disk = PowerCutDisk(folder, f"powercut-{folder.name}")
    made = journal(folder / "journal.sqlite", vfs=disk.name)
    made._connection.pragma("wal_autocheckpoint", 20)
    safe = []
    given = 0
    chance = random.Random(3)
    for _ in range(60):
        for _ in range(chance.randrange(1, 12)):
            given += 1
            made.put(sample(given, 1000.0 + given))
        if chance.random() < 0.3:
            made.event("test", number=given)
        assert made.flush()
        safe.append((disk.position, given))
    made.close()
    return Workload(disk, safe)


def survivors(folder: Path) -> set[int]:
    with closing(apsw.Connection(str(folder / "journal.sqlite"))) as connection:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        kept = {row[0] for row in connection.execute("SELECT sequence FROM samples")}
        assert connection.execute("SELECT COUNT(*) FROM outbox WHERE kind = 'sample'").get == len(kept)
        return kept


@pytest.mark.fault("14", "the power is cut while the journal is written, 50 times")
def test_fifty_power_cuts_lose_no_acknowledged_row(tmp_path: Path, fault: Fault) -> None:
    done = work(tmp_path / "live")
    chance = random.Random(5)
    for cut in range(CUTS):
        position, given = chance.choice(done.safe)
        if cut % 2:
            position = chance.randrange(position, done.disk.position + 1)
        into = tmp_path / f"cut-{cut}"
        done.disk.cut(into, seed=cut, position=position)
        assert survivors(into) >= set(range(1, given + 1))
    fault.measured(
        aerators="not concerned (the journal alone, on a disk that forgets what was not synced)",
        lost="no acknowledged row",
        told="nobody needs to be",
    )


def test_the_cutter_does_find_lost_rows_when_nothing_is_synced(tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    folder = tmp_path / "careless"
    folder.mkdir()
    disk = PowerCutDisk(folder, "powercut-careless")
    connection = apsw.Connection(str(folder / "journal.sqlite"), vfs=disk.name)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "off")
    connection.execute("CREATE TABLE t (n)")
    for number in range(100):
        connection.execute("INSERT INTO t VALUES (?)", (number,))
    disk.cut(tmp_path / "cut", seed=0)
    connection.close()
    with closing(apsw.Connection(str(tmp_path / "cut" / "journal.sqlite"))) as kept:
        try:
            rows = kept.execute("SELECT COUNT(*) FROM t").get
        except apsw.Error:
            rows = 0
    assert rows < 100


def test_a_sample_is_kept_once_however_often_it_comes(tmp_path: Path) -> None:
    made = journal(tmp_path / "j" / "journal.sqlite")
    for _ in range(3):
        made.put(sample(1, 1000.0))
    made.put(sample(1, 1000.0, boot=8))
    made.flush()
    with closing(JournalReader(made.path)) as reader:
        assert reader.unsent_count() == 2
    made.close()


def test_forgotten_rows_leave_the_outbox_refused_ones_stay_marked(tmp_path: Path) -> None:
    made = journal(tmp_path / "j" / "journal.sqlite")
    for number in range(1, 5):
        made.put(sample(number, 1000.0 + number))
    made.flush()
    with closing(JournalReader(made.path)) as reader:
        rows = [row["id"] for row in reader.unsent("sample", 10)]
        made.forget([("sample", rows[0])])
        made.refuse([("sample", rows[1])], "too odd")
        made.flush()
        assert [row["id"] for row in reader.unsent("sample", 10)] == [rows[2], rows[3]]
        assert [row["id"] for row in reader.unsent("sample", 10, above=rows[2])] == [rows[3]]
        assert reader.newest("sample") == rows[3]
    made.close()


@pytest.mark.parametrize("damage", ["header", "truncated", "empty", "pages"])
def test_a_broken_file_is_set_aside_and_a_fresh_one_begun(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "j" / "journal.sqlite"
    made = journal(path)
    for number in range(1, 400):
        made.put(sample(number, 1000.0 + number))
    made.flush()
    made.close()
    data = bytearray(path.read_bytes())
    if damage == "header":
        data[:16] = b"not a database!!"
    elif damage == "truncated":
        del data[len(data) // 2 :]
    elif damage == "empty":
        data.clear()
    else:
        data[4096 : 4096 * 6] = random.Random(1).randbytes(4096 * 5)
    path.write_bytes(data)
    again = journal(path)
    assert again.set_aside is not None
    assert again.set_aside.read_bytes() == data
    again.put(sample(1, 1000.0))
    assert again.flush()
    again.close()


def test_a_sound_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "j" / "journal.sqlite"
    made = journal(path)
    made.put(sample(1, 1000.0))
    made.close()
    again = journal(path)
    assert again.set_aside is None
    with closing(JournalReader(path)) as reader:
        assert reader.unsent_count() == 1
    again.close()


def test_a_row_that_no_disk_can_take_does_not_stop_the_others(tmp_path: Path) -> None:
    made = journal(tmp_path / "j" / "journal.sqlite")
    made.put(sample(1, 1000.0, node="\ud800"))
    made.put(sample(2, 1001.0))
    assert made.flush()
    assert made.refused == 1
    with closing(JournalReader(made.path)) as reader:
        assert reader.unsent_count() == 1
    made.close()


@pytest.mark.fault("15", "the disk is full")
def test_a_full_disk_keeps_rows_in_memory_until_there_is_room(tmp_path: Path, fault: Fault) -> None:
    made = journal(tmp_path / "j" / "journal.sqlite")
    made.put(sample(1, 1000.0))
    made.flush()
    pages = made._connection.pragma("page_count")
    made._connection.pragma("max_page_count", pages)
    for number in range(2, 400):
        made.put(sample(number, 1000.0 + number))
    assert not made.flush(timeout_s=0.5)
    assert "full" in made.failing
    made._connection.pragma("max_page_count", 100000)
    assert made.flush(timeout_s=5)
    assert made.failing == ""
    with closing(JournalReader(made.path)) as reader:
        assert reader.unsent_count() == 399
    made.close()
    fault.measured(
        aerators="as before: control reads memory, not the disk (the journal alone)",
        lost="nothing: 399 of 399 rows were written when there was room",
        told="the page, at once",
    )


def test_series_gives_lowest_mean_and_highest_of_good_values(tmp_path: Path) -> None:
    steps = Steps()
    made = Journal(tmp_path / "j" / "journal.sqlite", steps.clock(), "boot-1", commit_s=0.01)
    made.open()
    for number, value in enumerate((4.0, 6.0, None, 5.0), start=1):
        steps.forward(60)
        made.put(sample(7 * number, steps.now_s, value))
        made.flush()
    with closing(JournalReader(made.path)) as reader:
        points = series(reader, "n1", "do_mg_l", 0, steps.wall_s - 240, steps.wall_s + 1, 1)
    assert len(points) == 1
    assert (points[0].low, points[0].mean, points[0].high) == (4.0, 5.0, 6.0)
    made.close()
