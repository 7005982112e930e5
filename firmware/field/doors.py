"""Ways onto a line: the serial port itself, or the guest door of a gateway that polls the same line.

A door carries bytes and knows nothing of Modbus. Behind the guest door stands a queue, so an answer may take longer
there: `patience_s` more. What the gateway itself has to say comes as a Modbus exception of
`firmware.field.guest`.
"""

import socket
import time
from pathlib import Path
from typing import Protocol

import serial

from firmware.field.frame import Trouble

GUEST_PREFIX = "unix:"
GUEST_PATIENCE_S = 8.0

_BUSY = (11, 16)
_NOT_PERMITTED = (1, 13)


class Door(Protocol):
    """Bytes to a line and back; `shared` when somebody else asks on it too."""

    name: str
    baud: int
    patience_s: float
    shared: bool

    def send(self, data: bytes) -> None:
        """Bring bytes onto the line."""

    def receive(self, seconds: float) -> bytes:
        """What came within this time, empty for nothing."""

    def drop(self) -> int:
        """Forget what came unasked; returns how many bytes."""

    def close(self) -> None:
        """Let go of the line."""


class SerialDoor:
    """A serial port held for oneself; Trouble when it cannot be opened or goes away."""

    patience_s = 0.0
    shared = False

    def __init__(self, path: str, baud: int) -> None:
        self.name = path
        self.baud = baud
        try:
            self._port = serial.Serial(path, baud, timeout=0, write_timeout=2, exclusive=True)
        except (OSError, ValueError) as error:
            raise _not_opened(path, error) from error

    def send(self, data: bytes) -> None:
        """Bring bytes onto the line."""
        try:
            self._port.write(data)
        except OSError as error:
            raise Trouble("E-PORT-34", port=self.name) from error

    def receive(self, seconds: float) -> bytes:
        """What came within this time, empty for nothing."""
        try:
            self._port.timeout = max(0.0, seconds)
            data: bytes = self._port.read(1)
            return data + self._port.read(self._port.in_waiting) if data else b""
        except OSError as error:
            raise Trouble("E-PORT-34", port=self.name) from error

    def drop(self) -> int:
        """Forget what came unasked; returns how many bytes."""
        try:
            waiting = int(self._port.in_waiting)
            self._port.reset_input_buffer()
        except OSError as error:
            raise Trouble("E-PORT-34", port=self.name) from error
        return waiting

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()


class GuestDoor:
    """A seat at the gateway's line; Trouble when the gateway is away or its one seat is taken."""

    patience_s = GUEST_PATIENCE_S
    shared = True

    def __init__(self, path: str, baud: int) -> None:
        self.name = GUEST_PREFIX + path
        self.baud = baud
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            code = "E-PORT-33" if error.errno in _NOT_PERMITTED else "E-PORT-35"
            raise Trouble(code, port=path) from error

    def send(self, data: bytes) -> None:
        """Bring bytes to the gateway."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Trouble("E-PORT-36", port=self.name) from error

    def receive(self, seconds: float) -> bytes:
        """What the gateway says within this time, empty for nothing; Trouble when it showed the door."""
        self._socket.settimeout(max(0.001, seconds))
        try:
            data = self._socket.recv(512)
        except TimeoutError:
            return b""
        except OSError as error:
            raise Trouble("E-PORT-36", port=self.name) from error
        if not data:
            raise Trouble("E-PORT-36", port=self.name)
        return data

    def drop(self) -> int:
        """Forget what came unasked; returns how many bytes."""
        dropped = 0
        self._socket.setblocking(False)
        try:
            while data := self._socket.recv(512):
                dropped += len(data)
        except BlockingIOError:
            return dropped
        except OSError as error:
            raise Trouble("E-PORT-36", port=self.name) from error
        raise Trouble("E-PORT-36", port=self.name)

    def close(self) -> None:
        """Leave the gateway's line."""
        self._socket.close()


def open_door(name: str, baud: int) -> Door:
    """The door of this name, `/dev/...` or `unix:PATH`; Trouble when it is shut."""
    if name.startswith(GUEST_PREFIX):
        return GuestDoor(name.removeprefix(GUEST_PREFIX), baud)
    return SerialDoor(name, baud)


def find_port(folder: Path = Path("/dev/serial/by-id")) -> str:
    """The one adapter that is plugged in; Trouble when there is none or more than one."""
    found = sorted(str(path) for path in folder.glob("*"))
    if not found:
        raise Trouble("E-PORT-31", port=str(folder))
    if len(found) > 1:
        raise Trouble("E-PORT-37", ports=", ".join(found))
    return found[0]


def pause(seconds: float) -> None:
    """Wait, in the one place that does."""
    time.sleep(max(0.0, seconds))


def _not_opened(path: str, error: Exception) -> Trouble:
    number = getattr(error, "errno", None)
    if number in _NOT_PERMITTED:
        return Trouble("E-PORT-33", port=path)
    if number in _BUSY:
        return Trouble("E-PORT-32", port=path)
    return Trouble("E-PORT-31", port=path)
