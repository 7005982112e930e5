"""What carries a line's bytes: a serial port, or a TCP connection to a converter. Opening either gives a descriptor."""

import asyncio
import contextlib
import os
import select
import socket
import termios
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

import serial

Parity = Literal["N", "E", "O"]

CONNECT_S = 2.0
CHUNK_BYTES = 4096


class WireDown(Exception):
    """The port or the connection cannot be had, or went away."""


class Wire(ABC):
    """Bytes both ways without waiting. `on_bytes` hears what comes, `on_lost` is called once when the other end is gone."""

    advice = ""

    def __init__(self, name: str) -> None:
        self.name = name
        self.on_bytes: Callable[[bytes], None] = lambda _: None
        self.on_lost: Callable[[], None] = lambda: None
        self._fd: int | None = None

    @property
    def is_open(self) -> bool:
        """True until the wire was lost or closed."""
        return self._fd is not None

    async def open(self) -> None:
        """Take the port or connect; raises WireDown."""
        try:
            self._fd = await self._connect()
            asyncio.get_running_loop().add_reader(self._fd, self._readable)
        except (OSError, ValueError, termios.error) as error:
            self.close()
            reason = f"no answer within {CONNECT_S:.0f} s" if isinstance(error, TimeoutError) else str(error)
            raise WireDown(reason) from error

    def send(self, data: bytes) -> None:
        """Hand over a whole frame; raises WireDown."""
        try:
            if self._fd is None or os.write(self._fd, data) != len(data):
                raise WireDown("it takes no bytes")
        except OSError as error:
            raise WireDown(str(error)) from error

    def drop_waiting(self) -> int:
        """Throw away what came and was not heard yet; returns how many bytes. Raises WireDown."""
        dropped = 0
        while self._fd is not None and select.select([self._fd], [], [], 0)[0]:
            dropped += len(self._read(self._fd))
        return dropped

    def close(self) -> None:
        """Let go; never raises."""
        if self._fd is not None:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._fd)
            self._fd = None
        with contextlib.suppress(OSError, termios.error):
            self._let_go()

    def _readable(self) -> None:
        assert self._fd is not None
        try:
            data = self._read(self._fd)
        except WireDown:
            self.close()
            self.on_lost()
        else:
            self.on_bytes(data)

    def _read(self, fd: int) -> bytes:
        try:
            data = os.read(fd, CHUNK_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise WireDown(str(error)) from error
        if not data:
            raise WireDown("the other end hung up")
        return data

    @abstractmethod
    async def _connect(self) -> int: ...

    @abstractmethod
    def _let_go(self) -> None: ...


class SerialWire(Wire):
    """A serial port by its path, nobody else on it."""

    advice = "Is the adapter plugged in, and nobody else on it?"

    def __init__(self, path: str, baud: int, parity: Parity = "N", stop_bits: int = 1) -> None:
        super().__init__(path)
        self._baud, self._parity, self._stop_bits = baud, parity, stop_bits
        self._port: serial.Serial | None = None

    async def _connect(self) -> int:
        self._port = serial.Serial(
            self.name, self._baud, parity=self._parity, stopbits=self._stop_bits, timeout=0, exclusive=True
        )
        return int(self._port.fileno())

    def _let_go(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            port.close()


class TcpWire(Wire):
    """A converter on the farm's network, by `host` and `port`."""

    advice = "Has the converter power, and is this its address?"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")
        self._address = (host, port)
        self._socket: socket.socket | None = None

    async def _connect(self) -> int:
        loop = asyncio.get_running_loop()
        found = await asyncio.wait_for(loop.getaddrinfo(*self._address, type=socket.SOCK_STREAM), CONNECT_S)
        family, kind, protocol, _, address = found[0]
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.wait_for(loop.sock_connect(self._socket, address), CONNECT_S)
        return self._socket.fileno()

    def _let_go(self) -> None:
        if self._socket is not None:
            wire, self._socket = self._socket, None
            wire.close()
