"""Processes of foreign servers: whose they are, how they end, and a folder that their user may enter."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from tests.mosquitto import make_authority, make_certificate

ADDRESS = "127.0.0.1"
PASSWORD = "not-secret-in-a-test"


@contextlib.contextmanager
def folder(user: str = "") -> Iterator[Path]:
    """A folder with certificates for this machine in tls/; it belongs to `user` where root asks for another."""
    with tempfile.TemporaryDirectory(prefix="pk-", ignore_cleanup_errors=True) as name:
        made = Path(name)
        tls = made / "tls"
        tls.mkdir()
        make_certificate(tls, make_authority(tls), days=30)
        (tls / "broker.pem").rename(tls / "server.pem")
        (tls / "broker.key").rename(tls / "server.key").chmod(0o600)
        give(made, user)
        yield made


def give(path: Path, user: str) -> None:
    """Let a path and all below it belong to a user, where this process is root's."""
    if not user or os.getuid() != 0:
        return
    account = pwd.getpwnam(user)
    for found in (path, *path.rglob("*")):
        os.chown(found, account.pw_uid, account.pw_gid)


def as_user(user: str) -> list[str]:
    """What stands before a command that shall run as a user; nothing where this process is not root's."""
    if not user or os.getuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]


class Server:
    """One server's process, started as often as asked; what it says is kept in a file."""

    def __init__(
        self, words: Sequence[str], log: Path, *, user: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self._words = [*as_user(user), *words]
        self._environment = {**os.environ, "HOME": str(log.parent), **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is ready some time later."""
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=self._environment,
                cwd=self.log.parent,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it and its group at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM, patience_s: float = 15.0) -> None:
        """Ask it to end, and make it when it does not."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_s)
        self.kill()

    def complaint(self) -> str:
        """The last it said, for an error."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and everything below it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        for found in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.kill()


def wait_until(true: Callable[[], bool], what: str, seconds: float, servers: Sequence[Server] = ()) -> None:
    """Ask until it is so; AssertionError with what the servers said when it takes too long or one of them ends."""
    ends = time.monotonic() + seconds
    while not true():
        ended = any(not server.running for server in servers)
        if ended or time.monotonic() > ends:
            said = "\n".join(server.complaint() for server in servers)
            raise AssertionError(f"{what}: not within {seconds} s{' (it ended)' if ended else ''}\n{said}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """True when somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, port)) == 0


def program(name: str, *elsewhere: str) -> str:
    """Where a program is; AssertionError that says how to get it."""
    found = shutil.which(name, path=os.pathsep.join((*elsewhere, os.environ.get("PATH", ""), "/usr/sbin")))
    assert found, f"{name} is missing: run .ci/tools"
    return found
