"""Foreign devices on a wire: a serial port, or a TCP port as converters offer it; each served by a thread of its own."""

import contextlib
import os
import select
import socket
import struct
import threading
from collections.abc import Sequence
from pathlib import Path

from hardware.twin.background import Background
from hardware.twin.foreign.slave import Slave
from hardware.twin.probes.crc import crc16
from hardware.twin.terminals import Terminal

LONGEST_BYTES = 260


class Rtu:
    """Finds whole requests for its slaves at the end of what was heard, as A2b of a shared line needs it."""

    def __init__(self, slaves: Sequence[Slave]) -> None:
        self._slaves = {slave.unit_id: slave for slave in slaves}
        self._heard = b""

    def hear(self, data: bytes) -> bytes:
        """The reply to what ends with these bytes; empty for silence."""
        self._heard = (self._heard + data)[-LONGEST_BYTES:]
        for begin in range(max(0, len(self._heard) - LONGEST_BYTES), len(self._heard) - 3):
            frame = self._heard[begin:]
            slave = self._slaves.get(frame[0])
            if slave is None or crc16(frame[:-2]) != frame[-2:] or not _whole(frame[1:-2]):
                continue
            self._heard = b""
            body = slave.answer(frame[1:-2])
            reply = b"" if body is None else frame[:1] + body
            return reply + crc16(reply) if reply else b""
        return b""


def _whole(body: bytes) -> bool:
    """Has a request of this function this length? Functions that are not Modbus come alone."""
    if body[0] in (15, 16):
        return len(body) > 5 and len(body) == 6 + body[5]
    return len(body) == (5 if body[0] <= 6 else 1)


class SerialSlaves:
    """Slaves behind a port of their own, which the gateway opens at `link`; or, not `own`, a member of the twin's line."""

    def __init__(self, link: Path, slaves: Sequence[Slave], *, own: bool = True) -> None:
        self._rtu = Rtu(slaves)
        self._terminal = Terminal(link) if own else None
        self._fd = self._terminal.master if self._terminal else os.open(link, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        self._work = Background(self._run)

    def close(self) -> None:
        """Hang up."""
        self._work.end()
        if self._terminal:
            self._terminal.close()
        else:
            os.close(self._fd)

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if select.select([self._fd], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):
                    if reply := self._rtu.hear(os.read(self._fd, 4096)):
                        os.write(self._fd, reply)


class TcpSlaves:
    """Slaves behind a converter at `port`: RTU frames as they are, or Modbus TCP with `mbap`."""

    def __init__(self, slaves: Sequence[Slave], *, mbap: bool, port: int = 0) -> None:
        self._slaves = {slave.unit_id: slave for slave in slaves}
        self._mbap = mbap
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self._server.settimeout(0.02)
        self._work = Background(self._run)

    def close(self) -> None:
        """Hang up on everybody."""
        self._work.end()
        self._server.close()

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                peer, _ = self._server.accept()
                with peer:
                    self._serve(peer, stop)

    def _serve(self, peer: socket.socket, stop: threading.Event) -> None:
        peer.settimeout(0.02)
        rtu = Rtu(list(self._slaves.values()))
        while not stop.is_set():
            try:
                data = peer.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            if reply := self._tcp(data) if self._mbap else rtu.hear(data):
                peer.sendall(reply)

    def _tcp(self, data: bytes) -> bytes:
        number, _, _, unit_id = struct.unpack(">HHHB", data[:7])
        slave = self._slaves.get(unit_id)
        body = bytes((data[7] | 0x80, 0x0B)) if slave is None else slave.answer(data[7:])
        return b"" if body is None else struct.pack(">HHHB", number, 0, 1 + len(body), unit_id) + body
