"""An application travels over the line: real firmware on a virtual board, with faults on the way."""

import contextlib
import hashlib
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.registers import (
    ACTION_FORMAT,
    ACTION_RESET,
    ACTION_SWITCH_SLOT,
    CHUNK,
    DOCUMENT_FILE,
    DOCUMENT_MANIFEST,
    OFFER,
    REFUSED_HASH,
    REFUSED_NO_KEY,
    REFUSED_OLDER,
    REFUSED_SIGNATURE,
    REFUSED_UNASKED,
    SAFE_BOOT_APPLICATION_FAILS,
    SAFE_BOOT_FILE_SYSTEM,
    SAFE_BOOT_NO,
    SAFE_BOOT_NO_APPLICATION,
    SLOT_A,
    SLOT_B,
    SLOT_BASE,
    TRANSFER,
)
from hardware.twin.board import Board, CutMode, Rack
from hardware.twin.board.tools import find_tool
from tests.system.conftest import eventually
from tests.system.updates import CHUNK_BYTES, Line, Refusal, Silent, application, image, start

OLD = (1, 0, 0)
NEW = (1, 0, 1)
EVERY = 47  # one power cut in this many flash operations; every one of them in tests/firmware/test_update_cuts.py

Make = Callable[..., tuple[Board, Line]]


@pytest.fixture(scope="module")
def rack() -> Iterator[Rack]:
    with Rack() as made:
        yield made


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return application(tmp_path_factory.mktemp("old"), OLD, signed=False)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return application(tmp_path_factory.mktemp("new"), NEW)


@pytest.fixture
def make(rack: Rack, old: Path, tmp_path: Path) -> Iterator[Make]:
    made: list[tuple[Board, Line]] = []

    def factory(**settings: object) -> tuple[Board, Line]:
        board = start(rack, tmp_path / f"board{len(made)}", image(tmp_path / f"image{len(made)}", old), **settings)
        line = Line(board, int(str(settings.get("unit_id", 1))))
        made.append((board, line))
        eventually(line.answers, 10, "booted")
        return board, line

    yield factory
    for board, line in made:
        board.stop()
        line.close()


def again(board: Board, line: Line) -> None:
    """The power goes and comes back."""
    board.power_cut()
    board.power_on()
    eventually(line.answers, 10, "booted")


def runs(line: Line, version: tuple[int, int, int]) -> bool:
    try:
        return line.version() == version
    except Silent:
        return False


def boots_from(line: Line, slot: int) -> bool:
    try:
        return line.status()["slot"] == slot
    except Silent:
        return False


def mpremote(board: Board, *words: str, seconds: float = 20) -> str:
    program = find_tool("mpremote")
    assert program is not None
    result = subprocess.run([program, "connect", board.usb, *words], capture_output=True, text=True, timeout=seconds)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_an_update_is_taken_proves_itself_and_stays(make: Make, new: Path) -> None:
    board, line = make()
    assert line.version() == OLD
    assert line.update(new) == ["firmware/node/version.mpy"]
    eventually(lambda: runs(line, NEW), 10, "the new application")
    assert (line.status()["slot"], line.status()["on_trial"]) == (SLOT_B, 1)
    eventually(lambda: not line.status()["on_trial"], 5, "kept")
    again(board, line)
    assert (line.version(), line.status()["safe_boot"]) == (NEW, SAFE_BOOT_NO)


def test_the_other_slot_can_be_forced_and_is_on_trial_too(make: Make, new: Path) -> None:
    _, line = make()
    line.update(new)
    eventually(lambda: runs(line, NEW) and not line.status()["on_trial"], 10, "kept")
    line.control(ACTION_SWITCH_SLOT)
    eventually(lambda: runs(line, OLD), 10, "the old application")
    assert (line.status()["slot"], line.status()["on_trial"]) == (SLOT_A, 1)


def test_an_update_that_cannot_start_goes_back_at_once(make: Make, tmp_path: Path) -> None:
    board, line = make()
    line.update(application(tmp_path / "broken", NEW, extra="\nraise ValueError('broken')\n"))
    eventually(lambda: board.status.boots >= 3 and runs(line, OLD), 10, "the old application")
    assert (line.status()["slot"], line.status()["on_trial"]) == (SLOT_A, 0)


def test_an_update_with_fewer_probes_goes_back_by_itself(make: Make, tmp_path: Path) -> None:
    _, line = make()
    line.update(application(tmp_path / "blind", NEW, extra="\nANSWERING = 0\n"))
    eventually(lambda: runs(line, NEW), 10, "the new application")
    eventually(lambda: runs(line, OLD), 10, "the old application")


def test_an_update_that_hangs_goes_back_by_the_watchdog(make: Make, tmp_path: Path) -> None:
    hangs = "\ndef main(settings, memory):\n    machine.WDT(timeout=500)\n    while True:\n        pass\n"
    _, line = make()
    line.update(application(tmp_path / "hangs", NEW, extra=hangs))
    eventually(lambda: boots_from(line, SLOT_A) and runs(line, OLD), 15, "the old application")


def test_what_is_not_ours_is_refused(make: Make, new: Path, tmp_path: Path) -> None:
    _, line = make()
    manifest = (new / "manifest").read_bytes()
    unsigned = (application(tmp_path / "unsigned", NEW, signed=False) / "manifest").read_bytes()
    older = (application(tmp_path / "older", (0, 9, 9)) / "manifest").read_bytes()
    for data, code in ((unsigned, REFUSED_SIGNATURE), (older, REFUSED_OLDER)):
        with pytest.raises(Refusal) as refused:
            line.send(DOCUMENT_MANIFEST, 0, data)
        assert refused.value.args == (code,)
    for at in (12, 40, len(manifest) // 2, len(manifest) - 140, len(manifest) - 2):
        damaged = bytearray(manifest)
        damaged[at] ^= 1
        with pytest.raises(Refusal):
            line.send(DOCUMENT_MANIFEST, 0, bytes(damaged))
    found = line.send(DOCUMENT_MANIFEST, 0, manifest)
    with pytest.raises(Refusal) as refused:
        line.send(DOCUMENT_FILE, found["next_file"], b"not what the manifest says")
    assert refused.value.args == (REFUSED_UNASKED,)
    with pytest.raises(Refusal):
        line.control(ACTION_SWITCH_SLOT)
    assert runs(line, OLD)


def test_a_node_without_key_takes_no_update(make: Make, new: Path) -> None:
    _, line = make(update_key="")
    with pytest.raises(Refusal) as refused:
        line.send(DOCUMENT_MANIFEST, 0, (new / "manifest").read_bytes())
    assert refused.value.args == (REFUSED_NO_KEY,)


def test_chunks_that_differ_from_their_hash_are_refused(make: Make, new: Path) -> None:
    _, line = make()
    data = (new / "manifest").read_bytes()[:200]
    line.write(OFFER, struct.pack(">HHI", DOCUMENT_MANIFEST, 0, len(data)) + hashlib.sha256(data).digest())
    wrong = bytes((data[0] ^ 1,)) + data[1:]
    line.write(CHUNK, struct.pack(">I", 0) + wrong.ljust(CHUNK_BYTES, b"\0"))
    assert line.settled()["refused"] == REFUSED_HASH


def test_a_transfer_goes_on_where_it_stopped(make: Make, new: Path, tmp_path: Path) -> None:
    board, line = make()
    larger = application(tmp_path / "larger", NEW, extra=f"\nTEXT = {'x' * 900!r}\n")
    manifest = (larger / "manifest").read_bytes()
    names = [text.split()[2] for text in manifest.decode().splitlines()[1:-1]]
    found = line.send(DOCUMENT_MANIFEST, 0, manifest)
    data = (larger / names[found["next_file"]]).read_bytes()
    offer = struct.pack(">HHI", DOCUMENT_FILE, found["next_file"], len(data)) + hashlib.sha256(data).digest()
    line.write(OFFER, offer)
    line.write(CHUNK, struct.pack(">I", 0) + data[:CHUNK_BYTES])
    line.write(OFFER, offer)
    assert line.read(TRANSFER)["next"] == CHUNK_BYTES
    line.send(DOCUMENT_FILE, found["next_file"], data)
    again(board, line)
    assert line.update(larger) == ["firmware/node/version.mpy"]
    eventually(lambda: runs(line, NEW), 10, "the new application")


def keep_flash(board: Board, folder: Path) -> None:
    folder.mkdir()
    for name in ("flash.img", "nvs.bin"):
        shutil.copy(board.directory / name, folder / name)


def put_back(board: Board, folder: Path) -> None:
    board.power_cut()
    for name in ("flash.img", "nvs.bin"):
        shutil.copy(folder / name, board.directory / name)
    board.power_on()


def operations_of_an_update(board: Board, line: Line, new: Path) -> int:
    before = board.flash_operations()
    line.update(new)
    eventually(lambda: runs(line, NEW), 10, "the new application")
    return board.flash_operations() - before


def cut_update(board: Board, line: Line, new: Path) -> None:
    with contextlib.suppress(Silent):
        line.update(new)
    eventually(lambda: not board.status.running, 5, "the power cut")


def test_a_power_cut_in_an_update_boots_old_or_new(make: Make, new: Path, tmp_path: Path) -> None:
    board, line = make()
    keep_flash(board, tmp_path / "kept")
    needed = operations_of_an_update(board, line, new)
    ended = set()
    for operation in range(1, needed, EVERY):
        put_back(board, tmp_path / "kept")
        eventually(line.answers, 10, "booted")
        board.cut_power_after(operation, CutMode(operation % 2))
        cut_update(board, line, new)
        board.power_on()
        eventually(line.answers, 10, "booted")
        assert line.status()["safe_boot"] == SAFE_BOOT_NO, operation
        ended.add(line.version())
        assert ended <= {OLD, NEW}, operation
    assert OLD in ended


def test_without_application_the_base_answers_and_takes_one(make: Make, new: Path) -> None:
    board, line = make()
    mpremote(board, "fs", "rm", ":a/manifest")
    board.reset()
    eventually(line.answers, 10, "the base")
    assert (line.status()["slot"], line.status()["safe_boot"]) == (SLOT_BASE, SAFE_BOOT_NO_APPLICATION)
    line.update(new)
    eventually(lambda: runs(line, NEW), 10, "the application")
    assert line.status()["slot"] == SLOT_A


def test_an_application_that_rotted_ends_in_the_base(make: Make, tmp_path: Path) -> None:
    board, line = make()
    (tmp_path / "rotten.mpy").write_bytes(b"not bytecode")
    mpremote(board, "fs", "cp", str(tmp_path / "rotten.mpy"), ":a/firmware/node/slave.mpy")
    board.reset()
    eventually(lambda: boots_from(line, SLOT_BASE), 15, "the base")
    assert line.status()["safe_boot"] == SAFE_BOOT_APPLICATION_FAILS
    line.control(ACTION_RESET)
    eventually(line.answers, 10, "booted")
    assert line.status()["slot"] == SLOT_BASE


def test_a_broken_file_system_is_made_new_over_the_line(make: Make, new: Path) -> None:
    board, line = make(unit_id=9)
    board.power_cut()
    flash = board.directory / "flash.img"
    flash.write_bytes(b"\x5a" * flash.stat().st_size)
    board.power_on()
    eventually(line.answers, 10, "the base")
    assert line.status()["safe_boot"] == SAFE_BOOT_FILE_SYSTEM
    line.control(ACTION_FORMAT)
    time.sleep(0.5)
    line.update(new)
    eventually(lambda: runs(line, NEW), 10, "the application")
    again(board, line)
    eventually(lambda: boots_from(line, SLOT_A), 5, "slot a")
    assert line.version() == NEW


def test_the_key_of_a_board_is_its_own_and_stays(make: Make) -> None:
    (board, line), (_, other) = make(), make()
    key_id = line.status()["key_id"]
    assert key_id not in (0, other.status()["key_id"])
    again(board, line)
    assert line.status()["key_id"] == key_id


def test_a_locked_console_cannot_be_taken(make: Make) -> None:
    board, line = make(repl_locked=1)
    board.set_level(0, 1)
    board.reset()
    eventually(line.answers, 10, "booted")
    boots = board.status.boots
    with pytest.raises((AssertionError, subprocess.TimeoutExpired)):
        mpremote(board, "resume", "exec", "print(1)", seconds=6)
    assert (board.status.boots, line.answers()) == (boots, True)
    board.set_level(0, 0)
    board.reset()
    eventually(line.answers, 10, "booted with the button held")
    assert mpremote(board, "resume", "exec", "print(6 * 7)").strip().endswith("42")
