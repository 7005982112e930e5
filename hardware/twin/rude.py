"""A Modbus device on a pty that can be as rude as real ones: late, silent, garbled, foreign."""

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hardware.twin.background import Background
from hardware.twin.probes.crc import crc16
from hardware.twin.terminals import Terminal

Answer = Callable[[int, int, int], tuple[float, bytes]]


def reply(unit_id: int, values: list[int]) -> bytes:
    """A whole reply to function 3."""
    body = struct.pack(f">BBB{len(values)}H", unit_id, 3, 2 * len(values), *values)
    return body + crc16(body)


class RawSlave:
    """Calls `answer(unit_id, address, count)` for each read request; it gives (delay in seconds, bytes to send)."""

    def __init__(self, link: Path, answer: Answer) -> None:
        self.requests: list[tuple[float, int, int, int]] = []
        self._terminal = Terminal(link)
        self._answer = answer
        self._work = Background(self._run)

    def close(self) -> None:
        """Hang up."""
        self._work.end()
        self._terminal.close()

    def _run(self, stop: threading.Event) -> None:
        heard = b""
        due: list[tuple[float, bytes]] = []
        while not stop.wait(0.0005):
            heard += self._terminal.read()
            while len(heard) >= 8:
                unit_id, function, address, count = struct.unpack(">BBHH", heard[:6])
                size = 8 if function < 15 else 9 + heard[6]
                if len(heard) < size:
                    break
                heard = heard[size:]
                self.requests.append((time.monotonic(), unit_id, address, count))
                delay_s, data = self._answer(unit_id, address, count)
                due.append((time.monotonic() + delay_s, data))
            for item in [item for item in due if item[0] <= time.monotonic()]:
                due.remove(item)
                self._terminal.write(item[1])
