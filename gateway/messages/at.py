"""A modem's AT port: one question at a time, and what the modem says unasked goes to a listener.

An answer ends with OK, ERROR, +CME ERROR or +CMS ERROR (SIM7500/SIM7600 AT Command Manual, chapter 2). After a question that
stayed unanswered the port is of no use any more: a late answer would be taken for that of the next question.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable

import serial

BAUD = 115200
LONGEST_LINE = 2000
UNASKED = (
    "RING", "VOICE CALL:", "NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "MISSED_CALL", "+CMTI:", "+CDS:", "+CLCC:",
    "+RXDTMF:", "+CPIN:", "+SIMCARD:", "RDY", "SMS DONE", "PB DONE", "+SMS FULL", "+CREG:", "+CEREG:", "+STIN:",
)  # fmt: skip
CALL_OVER = ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE")


class AtError(Exception):
    """The modem refuses a command; `answer` is its word, `code` the number in it, -1 for none."""

    def __init__(self, command: str, answer: str) -> None:
        super().__init__(f"{command}: {answer}")
        self.answer = answer
        found = re.search(r"ERROR: (\d+)", answer)
        self.code = int(found[1]) if found else -1


class PortLost(Exception):
    """The port is gone (`unplugged`), or the modem does not answer on it; the text says which."""

    def __init__(self, why: str, *, unplugged: bool = False) -> None:
        super().__init__(why)
        self.unplugged = unplugged


class AtPort:
    """Open from `open` to `close`; `notice` gets each unasked line, in the event loop."""

    def __init__(self, path: str, notice: Callable[[str], None]) -> None:
        self.lost: asyncio.Future[PortLost] = asyncio.get_running_loop().create_future()
        self._path = path
        self._notice = notice
        self._serial: serial.Serial | None = None
        self._buffer = b""
        self._turn = asyncio.Lock()
        self._command = ""
        self._payload: bytes | None = None
        self._lines: list[str] = []
        self._answer: asyncio.Future[str] | None = None

    def open(self) -> None:
        """Raises PortLost when there is no such port."""
        try:
            self._serial = serial.Serial(self._path, BAUD, timeout=0, write_timeout=1.0, exclusive=True)
            self._serial.reset_input_buffer()
        except (OSError, ValueError) as error:
            raise PortLost(f"{self._path} cannot be opened: {error}", unplugged=True) from error
        asyncio.get_running_loop().add_reader(self._serial.fileno(), self._readable)

    def close(self) -> None:
        """Let go of the port."""
        self._lose(PortLost("closed"))
        if self._serial is not None:
            asyncio.get_running_loop().remove_reader(self._serial.fileno())
            with contextlib.suppress(OSError):
                self._serial.close()
            self._serial = None

    async def ask(self, command: str, timeout_s: float = 5.0, payload: str | None = None) -> list[str]:
        """The lines of the answer without its OK; `payload` is given at the prompt. Raises AtError or PortLost."""
        async with self._turn:
            if self.lost.done():
                raise self.lost.result()
            self._command, self._lines = command, []
            self._payload = None if payload is None else payload.encode() + b"\x1a"
            self._answer = asyncio.get_running_loop().create_future()
            self._write(command.encode() + b"\r")
            try:
                async with asyncio.timeout(timeout_s):
                    final = await self._answer
            except TimeoutError:
                self._lose(PortLost(f"no answer to {_shown(command)} within {timeout_s:g} s"))
                raise self.lost.result() from None
            finally:
                self._answer, self._command = None, ""
            if final != "OK":
                raise AtError(_shown(command), final)
            return self._lines

    def _write(self, data: bytes) -> None:
        try:
            if self._serial is not None:
                self._serial.write(data)
        except OSError as error:
            self._lose(PortLost(f"{self._path} is gone: {error}", unplugged=True))

    def _lose(self, why: PortLost) -> None:
        if not self.lost.done():
            self.lost.set_result(why)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(self.lost.result())

    def _readable(self) -> None:
        assert self._serial is not None
        try:
            data = self._serial.read(4096)
        except OSError as error:
            asyncio.get_running_loop().remove_reader(self._serial.fileno())
            self._lose(PortLost(f"{self._path} is gone: {error}", unplugged=True))
            return
        *lines, rest = (self._buffer + data).replace(b"\r", b"\n").split(b"\n")
        self._buffer = rest[-LONGEST_LINE:]
        for line in lines:
            if line.strip():
                self._take(line.decode("ascii", "replace").strip())
        if self._payload is not None and self._buffer.strip() == b">":
            self._buffer, payload, self._payload = b"", self._payload, None
            self._write(payload)

    def _take(self, line: str) -> None:
        if self._answer is None or self._answer.done():
            self._notice(line)
        elif line == self._command or line.startswith(">"):
            return  # the echo of what was said
        elif self._is_final(line):
            self._answer.set_result(line)
        elif self._is_unasked(line):
            self._notice(line)
        else:
            self._lines.append(line)

    def _is_final(self, line: str) -> bool:
        ends_dialling = line in CALL_OVER and self._command.startswith("ATD")
        return line in ("OK", "ERROR") or line.startswith(("+CME ERROR", "+CMS ERROR")) or ends_dialling

    def _is_unasked(self, line: str) -> bool:
        asked = re.match(r"AT(\+\w+)", self._command)
        return line.startswith(UNASKED) and not (asked and line.startswith(f"{asked[1]}:"))


def _shown(command: str) -> str:
    """A command for people: the PIN stays a secret."""
    return re.sub(r"(AT\+CPIN=).*", r"\1…", command)
