"""The watchdog is fed while everything moves, by the real processes, and by nothing else."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.children import Child, run_children, this_command
from gateway.clock import Clock
from gateway.process import ControlProcess
from tests.faults import Fault
from tests.gateway.farms import FARM, small_farm
from tests.gateway.test_deliveries import until


class Systemd:
    """The end of the socket that systemd holds."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.environment = {**os.environ, "NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "3000000"}

    def hears(self, word: str, within_s: float) -> bool:
        until = time.monotonic() + within_s
        while (left_s := until - time.monotonic()) > 0:
            self.socket.settimeout(left_s)
            with contextlib.suppress(TimeoutError):
                if word in self.socket.recv(4096).decode().split("\n"):
                    return True
        return False

    def forget(self) -> None:
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(4096):
                pass


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    listening = Systemd(tmp_path / "notify")
    yield listening
    listening.socket.close()


def test_control_is_ready_fed_and_starves_when_it_is_stopped(tmp_path: Path, systemd: Systemd) -> None:
    small_farm(tmp_path)
    command = this_command("gateway", "control", str(tmp_path / "farm.toml"))
    with subprocess.Popen(command, env=systemd.environment) as control:
        assert systemd.hears("READY=1", 20)
        assert systemd.hears("WATCHDOG=1", 4)
        control.send_signal(signal.SIGSTOP)
        systemd.forget()
        assert not systemd.hears("WATCHDOG=1", 1.5)
        control.send_signal(signal.SIGCONT)
        assert systemd.hears("WATCHDOG=1", 4)
        control.terminate()
        assert systemd.hears("STOPPING=1", 5)


HANGS = {"line one": "a line's poller", "control": "the control pass", "journal": "the journal's writer"}


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part, marks=pytest.mark.fault(f"30{letter}", f"{name} hangs"))
        for letter, (part, name) in zip("abc", HANGS.items(), strict=True)
    ],
)
def test_each_part_that_stands_still_ends_the_feeding(
    tmp_path: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch, part: str, fault: Fault
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.environment["NOTIFY_SOCKET"])
    monkeypatch.setenv("WATCHDOG_USEC", "1200000")
    release = threading.Event()

    async def for_ever() -> None:
        await asyncio.Event().wait()

    async def scenario() -> None:
        process = ControlProcess(small_farm(tmp_path, FARM.replace("/dev/null", str(tmp_path / "none"))), Clock())
        process.journal._commit_s = 0.3
        running = asyncio.create_task(process.run())
        assert await asyncio.to_thread(systemd.hears, "READY=1", 10)
        if part == "control":
            monkeypatch.setattr(process, "_pass", lambda: None)
        elif part == "journal":
            process.journal._write = lambda jobs: not release.wait(20)  # type: ignore[method-assign]
            process.journal.event("gateway_started")
        else:
            for node in (*process.nodes.values(), *process.panels.values()):
                monkeypatch.setattr(node, "poll", for_ever)
        await until(lambda: process.feed.stuck() == [part], 10)
        await asyncio.to_thread(systemd.forget)
        assert not await asyncio.to_thread(systemd.hears, "WATCHDOG=1", 0.7)
        assert process.feed.stuck() == [part]
        release.set()
        process.order({"do": "restart"})
        await running

    asyncio.run(scenario())
    fault.measured(
        aerators="not run here; control is killed after 30 s, and panels give air when their lease is over (fault 13b)",
        lost="not run here; as when the gateway is killed (fault 13)",
        told="the watchdog is fed no more; its status names the part that stands still",
    )


def test_a_hung_child_is_killed_and_started_again(tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = (
        "import os, pathlib, time; from gateway.living.notify import notify;"
        f"path = pathlib.Path({str(started)!r}); path.open('a').write('x'); notify('WATCHDOG=1'); time.sleep(60)"
    )
    child = Child("sleeper", [sys.executable, "-c", program])
    run_children([child], until=lambda: started.exists() and started.read_text() == "xx", silent_s=0.5)
    assert started.read_text() == "xx"
