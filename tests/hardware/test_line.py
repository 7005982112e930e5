"""The line: everybody hears everybody, at the pace of the baud rate."""

import os
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.twin.wires import LineProcess


class Member:
    """Somebody on the line."""

    def __init__(self, link: Path) -> None:
        self.port = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.port)

    def hear(self, count: int, seconds: float = 1.0) -> bytes:
        data = b""
        ends = time.monotonic() + seconds
        while len(data) < count and time.monotonic() < ends:
            try:
                data += os.read(self.port, 4096)
            except BlockingIOError:
                time.sleep(0.0005)
        return data

    def say(self, data: bytes) -> None:
        os.write(self.port, data)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[LineProcess]:
    made = LineProcess({name: tmp_path / name for name in ("gateway", "one", "two")}, 19200)
    yield made
    made.close()


@pytest.fixture
def members(line: LineProcess) -> dict[str, Member]:
    return {name: Member(link) for name, link in line.links.items()}


def test_every_member_hears_every_byte_but_its_own(members: dict[str, Member]) -> None:
    members["one"].say(b"hello")
    assert members["gateway"].hear(5) == b"hello"
    assert members["two"].hear(5) == b"hello"
    assert members["one"].hear(1, 0.1) == b""


def test_bytes_take_their_time(members: dict[str, Member]) -> None:
    data = bytes(range(192))
    started = time.monotonic()
    members["gateway"].say(data)
    assert members["one"].hear(192) == data
    assert time.monotonic() - started == pytest.approx(0.1, abs=0.03)


def test_echo_when_asked(line: LineProcess, members: dict[str, Member]) -> None:
    line.order("echo", on=True)
    members["one"].say(b"abc")
    assert members["one"].hear(3) == b"abc"


def test_cut_and_join(line: LineProcess, members: dict[str, Member]) -> None:
    line.order("cut", member="two")
    members["one"].say(b"x")
    assert members["gateway"].hear(1) == b"x"
    assert members["two"].hear(1, 0.1) == b""
    line.order("join", member="two")
    members["one"].say(b"y")
    assert members["two"].hear(1) == b"y"


def test_a_short_silences_all(line: LineProcess, members: dict[str, Member]) -> None:
    line.order("short", on=True)
    members["one"].say(b"x")
    assert members["gateway"].hear(1, 0.2) == b""


def test_noise_damages_its_share(line: LineProcess, members: dict[str, Member]) -> None:
    line.order("noise", share=0.5)
    damaged = 0
    for _ in range(60):
        members["one"].say(b"12345678")
        damaged += members["gateway"].hear(8, 0.02) != b"12345678"
    assert 15 <= damaged <= 45


def test_delay_and_drop(line: LineProcess, members: dict[str, Member]) -> None:
    line.order("delay", member="one", seconds=0.2)
    started = time.monotonic()
    members["one"].say(b"x")
    assert members["gateway"].hear(1) == b"x"
    assert time.monotonic() - started > 0.19
    line.order("drop", member="one", share=1.0)
    members["one"].say(b"y")
    assert members["gateway"].hear(1, 0.4) == b""


def test_two_at_once_spoil_each_other(line: LineProcess, members: dict[str, Member]) -> None:
    members["one"].say(b"A" * 40)
    members["two"].say(b"B" * 40)
    heard = members["gateway"].hear(80, 0.2)
    assert b"A" * 40 not in heard
    assert b"B" * 40 not in heard
    assert line.order("count")["counts"]["collisions"] == 1


def test_an_order_that_is_not_understood_is_said(line: LineProcess) -> None:
    with pytest.raises(RuntimeError, match="not understood"):
        line.order("explode")
    assert line.order("count")["counts"]["bytes"] == 0


def test_unplug_and_plug(line: LineProcess, members: dict[str, Member]) -> None:
    line.order("unplug", member="gateway")
    assert not line.links["gateway"].exists()
    line.order("plug", member="gateway")
    again = Member(line.links["gateway"])
    members["one"].say(b"back")
    assert again.hear(4) == b"back"
