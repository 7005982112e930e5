"""The programs of the demo beside the twin: gateway and cloud, as separate processes that can be killed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_S = 20.0


class Service:
    """One program with a log file. A killed one starts again after `restart_s`, as under a service manager."""

    def __init__(
        self, name: str, command: list[str], log: Path, environment: dict[str, str], restart_s: float = 3.0
    ) -> None:
        self.name = name
        self.wanted = False
        self._command = command
        self._log = log
        self._environment = {**os.environ, **environment}
        self._restart_s = restart_s
        self._process: subprocess.Popen[bytes] | None = None
        self._ended_s = float("-inf")
        self._starting = threading.Lock()

    @property
    def running(self) -> bool:
        """True while the program lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and keep it running."""
        with self._starting:
            self.wanted = True
            if not self.running:
                self._spawn()

    def kill(self) -> None:
        """kill -9 for the program and its children; it comes back by itself."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it until it is started again."""
        self.wanted = False
        self._signal(signal.SIGTERM)
        if self._process is not None:
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()

    def tick(self) -> None:
        """Start again what died; never a second one while the first is being started."""
        with self._starting:
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                self._ended_s = time.monotonic()
            if self.wanted and self._process is None and time.monotonic() - self._ended_s >= self._restart_s:
                self._spawn()

    def _spawn(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                if number == signal.SIGKILL:
                    os.killpg(self._process.pid, number)
                else:
                    self._process.send_signal(number)


def _die_with_parent() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Services:
    """All programs by name, looked after by a thread of their own."""

    def __init__(self) -> None:
        self.by_name: dict[str, Service] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_after, name="services", daemon=True)

    def add(self, service: Service) -> None:
        """Start a program."""
        self.by_name[service.name] = service
        service.start()

    def __enter__(self) -> "Services":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        _in_parallel([service.stop for service in self.by_name.values()])

    def _look_after(self) -> None:
        while not self._stopping.wait(0.2):
            for service in list(self.by_name.values()):
                service.tick()


def _in_parallel(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
