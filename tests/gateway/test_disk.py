"""The journal on a disk that is full, sick, not to be written, or not there when the gateway starts."""

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import apsw
import pytest

from gateway import link, process
from gateway.bus.errors import MemoryFull
from gateway.clock import Clock
from gateway.journal import store
from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from tests.faults import Fault
from tests.gateway.farms import Steps, sample, small_farm

NAMES = count(1)


class Disk(apsw.VFS):
    """While `fault` is set, every write and sync ends in it."""

    def __init__(self) -> None:
        self.name = f"disk-{next(NAMES)}"
        self.fault: type[apsw.Error] | None = None
        super().__init__(self.name, "")

    def check(self) -> None:
        if self.fault is not None:
            raise self.fault("the test's fault")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        if self.fault is apsw.CantOpenError:
            self.check()
        disk = self

        class File(apsw.VFSFile):
            def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
                disk.check()
                super().xWrite(data, offset)

            def xSync(self, flags: int) -> None:  # noqa: N802
                disk.check()
                super().xSync(flags)

        return File("", name, flags)


def journal(path: Path, disk: Disk | None = None, steps: Steps | None = None) -> Journal:
    made = Journal(path, (steps or Steps()).clock(), "boot-1", commit_s=0.01, vfs=disk.name if disk else None)
    made.open()
    return made


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    ends_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_s
        threading.Event().wait(0.005)


def sequences(path: Path) -> list[int]:
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        return [row[0] for row in connection.execute("SELECT sequence FROM samples ORDER BY sequence")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "j" / "journal.sqlite"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    as_root = [] if os.getuid() == 0 else ["sudo"]
    subprocess.run([*as_root, "mount", "-t", "tmpfs", "-o", f"size=2M,uid={os.getuid()}", "tmpfs", folder], check=True)
    yield folder
    subprocess.run([*as_root, "umount", folder], check=True)


def test_a_disk_that_is_not_there_at_the_start_gets_everything_later(path: Path) -> None:
    path.parent.write_text("no folder")
    made = journal(path)
    for number in range(1, 50):
        made.put(sample(number, 1000.0))
    made.event("test")
    assert made.failing
    assert made.state()["waiting"] == 50
    path.parent.unlink()
    assert made.flush()
    assert (made.failing, made.state()["waiting"]) == ("", 0)
    made.close()
    assert sequences(path) == list(range(1, 50))


@pytest.mark.parametrize("fault", [apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError, apsw.FullError])
def test_a_disk_that_refuses_at_the_start_and_heals(path: Path, fault: type[apsw.Error]) -> None:
    disk = Disk()
    disk.fault = fault
    made = journal(path, disk)
    made.put(sample(1, 1000.0))
    assert not made.flush(0.05)
    assert made.failing
    disk.fault = None
    assert made.flush()
    made.close()
    assert sequences(path) == [1]


@pytest.mark.parametrize("fault", [apsw.IOError, apsw.ReadOnlyError, apsw.FullError])
def test_a_disk_that_fails_while_running_and_heals(path: Path, fault: type[apsw.Error]) -> None:
    disk = Disk()
    made = journal(path, disk)
    made.put(sample(1, 1000.0))
    assert made.flush()
    disk.fault = fault
    made.put(sample(2, 1000.0))
    assert not made.flush(0.05)
    assert made.failing
    disk.fault = None
    made.put(sample(3, 1000.0))
    assert made.flush()
    assert made.failing == ""
    made.close()
    assert sequences(path) == [1, 2, 3]


def test_a_gateway_that_ends_on_a_sick_disk_ends(path: Path) -> None:
    path.parent.write_text("no folder")
    made = journal(path)
    made.put(sample(1, 1000.0))
    made.close()
    assert not made._thread.is_alive()


def test_memory_has_a_limit_and_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_WAITING", 20)
    path.parent.write_text("no folder")
    made = journal(path)
    for number in range(1, 21):
        made.put(sample(number, 1000.0))
    with pytest.raises(MemoryFull):
        made.put(sample(21, 1000.0))
    made.event("test")
    assert made.state()["refused"] == 2
    made.close()


def fill(made: Journal, rounds: int) -> int:
    given = 0
    for _ in range(rounds):
        for _ in range(200):
            given += 1
            made.put(sample(given, 1000.0))
        assert made.flush(5), made.failing
    return given


@pytest.mark.fault("15c", "the disk is full and stays so")
def test_a_full_disk_gives_up_the_oldest_samples_and_goes_on(small: Path, fault: Fault) -> None:
    made = journal(small / "j" / "journal.sqlite")
    made.event("calibrated", pond="ao-1")
    given = fill(made, 80)
    made.close()
    kept = sequences(made.path)
    assert kept == list(range(given - len(kept) + 1, given + 1))
    assert 1000 < len(kept) < given
    with closing(JournalReader(made.path)) as reader:
        assert [event["kind"] for event in reader.events()] == ["old_samples_dropped", "calibrated"]
        assert reader.unsent_count() == len(kept) + 2
    fault.measured(
        aerators="as before: control reads memory, not the disk (the journal alone)",
        lost=f"the oldest samples, so that new ones have room: {len(kept):,} of {given:,} kept on 2 MB; no event",
        told="an event with how many samples went and how many of them the cloud lacks, at once and then hourly",
    )


def test_a_journal_that_may_grow_no_more_gives_up_the_oldest_samples(path: Path) -> None:
    made = journal(path)
    assert fill(made, 5)
    assert made._connection is not None
    made._connection.pragma("max_page_count", made._connection.pragma("page_count"))
    given = fill(made, 20)
    made.close()
    assert given in sequences(path)


def test_the_state_names_what_the_cloud_has_not_confirmed(path: Path) -> None:
    steps = Steps()
    made = journal(path, steps=steps)
    made.put(sample(1, steps.now_s))
    steps.forward(100)
    made.put(sample(2, steps.now_s))
    made.flush()
    until(lambda: made.state()["unconfirmed"] == 2)
    state = made.state()
    assert state["unconfirmed_age_s"] == pytest.approx(100)
    assert state["oldest_age_s"] == pytest.approx(100)
    assert state["free_bytes"] > 0
    assert state["written_bytes"] >= 0
    made.forget([("sample", 1), ("sample", 2)])
    steps.forward(20)
    until(lambda: made.state()["unconfirmed"] == 0)
    assert made.state()["unconfirmed_age_s"] is None
    assert made.state()["oldest_age_s"] == pytest.approx(120)
    made.close()


def test_damage_that_is_met_while_running_sets_the_file_aside_at_the_next_start(path: Path) -> None:
    disk = Disk()
    made = journal(path, disk)
    made.put(sample(1, 1000.0))
    assert made.flush()
    disk.fault = apsw.CorruptError
    made.put(sample(2, 1000.0))
    assert not made.flush(0.05)
    disk.fault = None
    made.close()
    again = journal(path)
    assert again.set_aside is not None
    assert sequences(again.set_aside)[0] == 1
    again.put(sample(3, 1000.0))
    again.close()
    third = journal(path)
    assert third.set_aside is None
    third.close()
    assert sequences(path) == [3]


def test_a_large_file_is_not_checked_for_longer_than_the_gateway_may_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = journal(path)
    fill(made, 20)
    made.close()
    monkeypatch.setattr(store, "CHECK_S", 0.0)
    monkeypatch.setattr(store, "CHECK_STEPS", 1)
    again = journal(path)
    assert again.set_aside is None
    again.close()


def test_a_broken_file_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all")
    made = journal(path)
    assert made.flush()
    with closing(JournalReader(path)) as reader:
        assert [event["kind"] for event in reader.events()] == ["journal_damaged"]
    made.close()


@pytest.mark.fault("15b", "the disk cannot be written when the gateway starts, and later heals")
async def test_control_goes_on_without_a_disk_and_writes_everything_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(link, "RETRY_S", 0.05)
    monkeypatch.setattr(process, "PASS_S", 0.02)
    farm = small_farm(tmp_path)
    farm.data.write_text("no folder")
    control = process.ControlProcess(farm, Clock())
    control.journal._commit_s = 0.02
    running = asyncio.create_task(control.run())
    await asyncio.to_thread(until, lambda: len(control.passes_late_s) >= 10)
    state = control.snapshot()["journal"]
    assert state["failing"]
    assert state["waiting"] >= 1
    control.journal.put(sample(1, 1000.0))
    farm.data.unlink()
    await asyncio.to_thread(control.journal.flush)
    await asyncio.to_thread(until, farm.socket.exists)
    assert control.snapshot()["journal"]["failing"] == ""
    control.order({"do": "restart"})
    await asyncio.wait_for(running, 10)
    assert sequences(process.journal_path(farm)) == [1]
    with closing(JournalReader(process.journal_path(farm))) as reader:
        assert "gateway_started" in [event["kind"] for event in reader.events()]
    fault.measured(
        aerators="as ever: control passes each second, from memory",
        lost="nothing: events and samples wait in memory, up to 50,000 rows, and are written when the disk is back",
        told="the page, at once, when the disk has a place for its socket",
    )
