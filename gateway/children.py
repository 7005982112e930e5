"""Runs the processes of one command side by side and starts again whichever dies, or falls silent after it has spoken."""

import contextlib
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from gateway.living.notify import USUAL_WATCHDOG_S

log = logging.getLogger(__name__)

RESTART_S = 1.0
STOP_S = 15.0
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A process of this command: its name and its command line.

    It may feed its parent as it would feed systemd (`gateway.living.notify`); once it did it has to go on.
    """

    name: str
    command: list[str]
    nice: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    started_s: float = float("-inf")
    fed_s: float | None = None
    hears: "socket.socket | None" = None


def run_children(
    children: list[Child],
    on_tick: Callable[[], None] = lambda: None,
    until: Callable[[], bool] = lambda: False,
    silent_s: float = USUAL_WATCHDOG_S,
) -> bool:
    """Keep the children running until SIGTERM or SIGINT, or until `until` holds; they never outlive this process.

    A child that has spoken and then says nothing for `silent_s` is killed and started again.
    Returns whether it ended because `until` holds.
    """
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping and not until():
        for child in children:
            _keep(child, silent_s)
        on_tick()
        time.sleep(0.1)
    _end(children)
    return not stopping


def _keep(child: Child, silent_s: float) -> None:
    if child.process is not None and child.process.poll() is not None:
        log.error("%s ended (exit code %s), starting it again", child.name, child.process.returncode)
        child.process = None
    if child.process is not None and _starved(child, silent_s):
        log.error("%s has hung for %.0f s, killing it", child.name, silent_s)
        child.process.kill()
        child.process.wait()
        child.process = None
    if child.process is None and time.monotonic() - child.started_s >= RESTART_S:
        child.started_s = time.monotonic()
        try:
            child.process = subprocess.Popen(
                child.command, env=_environment(child, silent_s), preexec_fn=lambda: tie_to_parent(child.nice)
            )
        except (OSError, subprocess.SubprocessError):
            log.exception("%s could not be started, trying again", child.name)


def _environment(child: Child, silent_s: float) -> dict[str, str]:
    """The child's own socket to speak to; an abstract one, which the kernel names and which leaves no file behind."""
    if child.hears is not None:
        child.hears.close()
    child.fed_s = None
    child.hears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    child.hears.bind("")
    name = "@" + child.hears.getsockname()[1:].decode()
    kept = {key: value for key, value in os.environ.items() if key != "WATCHDOG_PID"}
    return {**kept, "NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(round(silent_s * 1e6))}


def _starved(child: Child, silent_s: float) -> bool:
    assert child.hears is not None
    with contextlib.suppress(BlockingIOError):
        while words := child.hears.recv(4096):
            if b"WATCHDOG=1" in words:
                child.fed_s = time.monotonic()
    return child.fed_s is not None and time.monotonic() - child.fed_s > silent_s


def tie_to_parent(nice: int) -> None:
    """Between fork and exec: a child that is nice, takes signals, leaves Ctrl-C to its parent and dies with it."""
    os.nice(nice)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(children: list[Child]) -> None:
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_S
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def this_command(module: str, *words: str) -> list[str]:
    """The command line that runs a module of ours with this Python."""
    return [sys.executable, "-m", module, *words]
