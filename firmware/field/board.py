"""A board on USB with MicroPython on it: mpremote's transport, with our words for what goes wrong."""

import io
import struct
from base64 import b64encode
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from firmware.field.frame import log
from firmware.field.ports import claim
from firmware.field.trouble import Trouble

T = TypeVar("T")

READ_TIMEOUT_S = 1.0
ENTER_TIMEOUT_S = 4.0
CHUNK_BYTES = 1536
WATCHDOG_MS = 600_000

# The node's application arms a watchdog of 8 s; ours is armed again long enough for any work.
PRELUDE = f"""
import binascii, hashlib, machine, os
machine.WDT(timeout={WATCHDOG_MS})
def digest(path):
    h = hashlib.sha256()
    b = bytearray(512)
    v = memoryview(b)
    with open(path, 'rb') as f:
        n = f.readinto(b)
        while n:
            h.update(v[:n])
            n = f.readinto(b)
    return binascii.hexlify(h.digest()).decode()
def walk(folder):
    for entry in os.ilistdir(folder or '/'):
        path = folder + '/' + entry[0]
        if entry[1] == 0x4000:
            yield from walk(path)
        else:
            yield path
def folders(path):
    at = path.find('/', 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass
        at = path.find('/', at + 1)
def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass
"""


class Board:
    """The raw REPL of one board, held for us alone: `with Board(port) as board: board.run("print(1)")`."""

    def __init__(self, port: str) -> None:
        self.port = port
        self._transport: SerialTransport | None = None

    def __enter__(self) -> Self:
        claim(self.port)
        self._guarded(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._close(self._transport)

    def run(self, code: str) -> str:
        """Run code on the board; what it prints. TransportExecError when the code raises there."""
        return self._guarded(lambda: str(self._link.exec(code).decode()))

    def reset(self) -> None:
        """Restart the board, application and all."""
        self._guarded(lambda: self._link.exec_raw_no_follow("machine.reset()"))

    def digests(self, unlisted: tuple[str, ...]) -> dict[str, str]:
        """SHA-256 of every file but those under the `unlisted` names, read in one go."""
        code = f"for p in walk(''):\n if not p.startswith({unlisted!r}): print(digest(p), p)"
        return {path: digest for digest, path in (line.split(" ", 1) for line in self.run(code).splitlines())}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        try:
            return self._guarded(lambda: bytes(self._link.fs_readfile(path, chunk_size=1024)))
        except FileNotFoundError:
            return None

    def write(self, path: str, data: bytes, sha256: str, show: Callable[[int], None] = lambda _: None) -> None:
        """Write a file under a temporary name, read it back by its digest, then give it its name."""
        new = path + ".new"
        try:
            self.run(f"folders({path!r})\nf = open({new!r}, 'wb')")
            for start in range(0, len(data), CHUNK_BYTES):
                chunk = b64encode(data[start : start + CHUNK_BYTES]).decode()
                self.run(f"_ = f.write(binascii.a2b_base64('{chunk}'))")
                show(min(CHUNK_BYTES, len(data) - start))
            self.run("f.close()")
            if self.run(f"print(digest({new!r}))").strip() != sha256:
                raise Trouble("E-BOARD-03", port=self.port)
            self.run(f"os.rename({new!r}, {path!r})")
        except TransportExecError as error:
            raise self._refusal(new, path, error) from error

    def _refusal(self, new: str, path: str, error: TransportExecError) -> Trouble:
        """The board's own words, when it raised while a file was written."""
        self.run(f"try:\n f.close()\nexcept Exception:\n pass\nremove({new!r})")
        full = "ENOSPC" in error.error_output or "OSError: 28" in error.error_output
        return Trouble("E-BOARD-06" if full else "E-BOARD-07", port=self.port, path=path, detail=error.error_output)

    @property
    def _link(self) -> SerialTransport:
        assert self._transport is not None, "the board is not open"
        return self._transport

    def _enter(self) -> None:
        self._transport = SerialTransport(self.port, timeout=READ_TIMEOUT_S)
        try:
            self._link.enter_raw_repl(soft_reset=False, timeout_overall=ENTER_TIMEOUT_S)
        except TransportError as error:
            raise Trouble("E-BOARD-04", port=self.port) from error
        self._link.exec(PRELUDE)

    def _close(self, transport: SerialTransport) -> None:
        try:
            transport.close()
        except OSError as error:
            log.info("%s: closing: %s", self.port, error)
            transport.serial.close()

    def _guarded(self, work: Callable[[], T]) -> T:
        """Do something over the cable; what breaks it becomes Trouble, and mpremote's own prints go to the log."""
        noise = io.StringIO()
        try:
            with redirect_stdout(noise):
                return work()
        except TransportExecError:
            raise
        except (serial.SerialException, OSError, TransportError, struct.error) as error:
            if isinstance(error, FileNotFoundError) and Path(self.port).exists():
                raise
            code = "E-BOARD-05" if Path(self.port).exists() and not isinstance(error, OSError) else "E-PORT-08"
            raise Trouble(code, port=self.port) from error
        finally:
            if noise.getvalue():
                log.info("mpremote: %s", noise.getvalue().strip())
