"""Fixtures: a rack, and boards with firmware already in their flash."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.twin.board import Board, Rack
from hardware.twin.board.console import open_pty
from hardware.twin.board.tools import find_tool

MakeBoard = Callable[..., Board]


def wait_for(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "condition not met in time"
        time.sleep(0.005)


def mpremote(board: Board, *arguments: str) -> str:
    """Run the real mpremote against the board; return its output."""
    program = find_tool("mpremote")
    assert program is not None
    command = [program, "connect", board.usb, *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        # mpremote waits for ever when the banner it looks for was cut by a busy machine; a second call finds it.
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run_code(board: Board, code: str) -> str:
    """Run code on the board in the raw REPL without main.py."""
    return mpremote(board, "exec", code).strip()


class Peer:
    """The far end of a UART: owns the pty and reads and writes its master."""

    def __init__(self, board: Board, uart: int) -> None:
        self.master, self.slave = open_pty()
        link = board.directory / f"uart{uart}"
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self.slave))

    def write(self, data: bytes) -> None:
        """Send bytes to the board."""
        os.write(self.master, data)

    def read(self, size: int, seconds: float = 2.0) -> bytes:
        """Return bytes of the board, fewer when they do not come in time."""
        data = b""
        deadline = time.monotonic() + seconds
        while len(data) < size and time.monotonic() < deadline:
            try:
                data += os.read(self.master, size)
            except BlockingIOError:
                time.sleep(0.002)
        return data

    def close(self) -> None:
        """Hang up."""
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture(scope="session")
def rack() -> Iterator[Rack]:
    """Return a running rack."""
    with Rack() as rack:
        yield rack


@pytest.fixture
def make_board(rack: Rack, tmp_path: Path) -> Iterator[MakeBoard]:
    """Return a factory of started boards, optionally with a main.py."""
    boards: list[Board] = []

    def make(main: str = "", **options: str) -> Board:
        board = Board(rack, tmp_path / f"board{len(boards)}", **options)  # type: ignore[arg-type]
        board.start()
        boards.append(board)
        if main:
            source = tmp_path / "main.py"
            source.write_text(main)
            mpremote(board, "cp", str(source), ":main.py")
            board.reset()
        return board

    yield make
    for board in boards:
        board.stop()
