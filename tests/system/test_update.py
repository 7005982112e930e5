"""An application travels over the line: real firmware on a virtual board, with faults on the way."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.registers import (
    ACTION_FORMAT,
    ACTION_RESET,
    ACTION_SWITCH_SLOT,
    SAFE_BOOT_APPLICATION_FAILS,
    SAFE_BOOT_FILE_SYSTEM,
    SAFE_BOOT_NO,
    SLOT_A,
    SLOT_B,
    SLOT_BASE,
)
from hardware.twin.board import Board, Rack
from tests.system.conftest import eventually
from tests.system.updates import Line, Refusal, Silent, application, image, start

OLD = (1, 0, 0)
NEW = (1, 0, 1)


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
def board(rack: Rack, old: Path, tmp_path: Path) -> Iterator[Board]:
    made = start(rack, tmp_path / "board", image(tmp_path / "image", old))
    yield made
    made.stop()


@pytest.fixture
def line(board: Board) -> Iterator[Line]:
    made = Line(board)
    eventually(made.answers, 10, "booted")
    yield made
    made.close()


def test_an_update_is_taken_proves_itself_and_stays(board: Board, line: Line, new: Path) -> None:
    assert line.version() == OLD
    sent = line.update(new)
    assert sent == ["firmware/node/version.mpy"]
    eventually(lambda: line.answers() and line.version() == NEW, 10, "the new application")
    assert (line.status()["slot"], line.status()["on_trial"]) == (SLOT_B, 1)
    eventually(lambda: not line.status()["on_trial"], 5, "kept")
    board.power_cut()
    board.power_on()
    eventually(line.answers, 10, "booted")
    assert (line.version(), line.status()["safe_boot"]) == (NEW, SAFE_BOOT_NO)
