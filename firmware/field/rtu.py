"""A small Modbus RTU master: one request at a time, and only the one frame that answers it is believed.

Modbus RTU has no transaction number (Modbus over serial line V1.02, 2.4), so what came before a request is dropped, unit,
function, length and CRC have to fit, and after a request that stayed unanswered the same unit is left alone until its
late reply can no longer come.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from firmware.field import guest
from firmware.field.doors import Door, pause
from firmware.field.frame import Trouble
from firmware.node.crc import crc16

READ = 3
WRITE = 16
BITS_PER_BYTE = 10
REQUEST_BYTES = 8
REPLY_OVERHEAD_BYTES = 5
WRITE_OVERHEAD_BYTES = 9
WRITE_REPLY_BYTES = 8
EXCEPTION_BYTES = 5
LATENCY_S = 0.25
RETRIES = 2
TURNAROUND_S = 0.1


class NoAnswer(Trouble):
    """Nothing usable came in time; `heard` says whether bytes came, `crc` whether only the CRC was wrong."""

    def __init__(self, unit_id: int, port: str, *, heard: bool, crc: bool = False) -> None:
        super().__init__("E-LINE-02" if heard else "E-LINE-01", unit=unit_id, port=port)
        self.heard = heard
        self.crc = crc


class Refused(Trouble):
    """The node answered with a Modbus exception: 1 function, 2 address, 3 value."""

    def __init__(self, unit_id: int, exception: int) -> None:
        super().__init__("E-NODE-01", unit=unit_id, exception=exception)
        self.exception = exception


@dataclass
class Counts:
    """What happened on the line since the master was made."""

    requests: int = 0
    replies: int = 0
    silent: int = 0
    garbled: int = 0
    crc_errors: int = 0
    dropped_bytes: int = 0
    busy_s: float = 0.0

    @property
    def failed(self) -> int:
        """Requests without a usable answer."""
        return self.silent + self.garbled + self.crc_errors


def sealed(body: bytes) -> bytes:
    """A frame with its CRC."""
    return body + struct.pack("<H", crc16(body, 0, len(body)))


def read_request(unit_id: int, address: int, count: int) -> bytes:
    """A whole request by function 3."""
    return sealed(struct.pack(">BBHH", unit_id, READ, address, count))


def write_request(unit_id: int, address: int, words: list[int]) -> bytes:
    """A whole request by function 16."""
    return sealed(struct.pack(f">BBHHB{len(words)}H", unit_id, WRITE, address, len(words), 2 * len(words), *words))


def find(data: bytes, head: bytes, size: int) -> bytes | None:
    """The first frame in `data` of this head and size whose CRC holds."""
    at = data.find(head)
    while at >= 0:
        frame = data[at : at + size]
        if len(frame) == size and sealed(frame[:-2]) == frame:
            return frame
        at = data.find(head, at + 1)
    return None


class Rtu:
    """The one who asks on a line. `latency_s` is how long a node may think; the time of the bytes comes on top."""

    def __init__(self, door: Door, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.door = door
        self.counts = Counts()
        self._monotonic = monotonic
        self._failed: dict[int, float] = {}

    def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        *,
        latency_s: float = LATENCY_S,
        retries: int = RETRIES,
        quiet_s: float = 0.0,
    ) -> list[int]:
        """`count` holding registers; NoAnswer or Refused. The line stays silent for `quiet_s` after the reply."""
        size = REPLY_OVERHEAD_BYTES + 2 * count
        head = bytes((unit_id, READ, 2 * count))
        reply = self._ask(read_request(unit_id, address, count), head, size, latency_s, retries)
        pause(quiet_s)
        return list(struct.unpack(f">{count}H", reply[3:-2]))

    def write(
        self, unit_id: int, address: int, words: list[int], *, latency_s: float = LATENCY_S, retries: int = RETRIES
    ) -> None:
        """Write registers; returns when the node confirmed; NoAnswer or Refused. A repeated write is the same write."""
        request = write_request(unit_id, address, words)
        self._ask(request, request[:6], WRITE_REPLY_BYTES, latency_s, retries)

    def time_s(self, bytes_both_ways: int) -> float:
        """How long so many bytes take on the wire."""
        return bytes_both_ways * BITS_PER_BYTE / self.door.baud

    def close(self) -> None:
        """Let go of the line."""
        self.door.close()

    def _ask(self, request: bytes, head: bytes, size: int, latency_s: float, retries: int) -> bytes:
        for left in range(retries, -1, -1):
            try:
                return self._ask_once(request, head, size, latency_s)
            except NoAnswer:
                if left == 0:
                    raise
        raise AssertionError("unreachable")

    def _ask_once(self, request: bytes, head: bytes, size: int, latency_s: float) -> bytes:
        unit_id = request[0]
        self._leave_alone(unit_id)
        self.counts.dropped_bytes += self.door.drop()
        self.counts.requests += 1
        started_s = self._monotonic()
        self.door.send(request)
        within_s = self.time_s(len(request) + size) + latency_s + self.door.patience_s
        try:
            return self._wait(unit_id, head, size, started_s + within_s)
        except NoAnswer:
            self._failed[unit_id] = self._monotonic()
            raise
        finally:
            self.counts.busy_s += self._monotonic() - started_s

    def _leave_alone(self, unit_id: int) -> None:
        failed_s = self._failed.pop(unit_id, None)
        if failed_s is not None and not self.door.shared:
            pause(failed_s + TURNAROUND_S - self._monotonic())

    def _wait(self, unit_id: int, head: bytes, size: int, deadline_s: float) -> bytes:
        exception = bytes((unit_id, head[1] | 0x80))
        heard = b""
        while (left_s := deadline_s - self._monotonic()) > 0:
            heard += self.door.receive(left_s)
            if frame := find(heard, head, size):
                self.counts.replies += 1
                return frame
            if frame := find(heard, exception, EXCEPTION_BYTES):
                raise self._exception(unit_id, frame[2])
        raise self._no_answer(unit_id, heard=bool(heard), crc=_shaped(heard, head, size))

    def _exception(self, unit_id: int, code: int) -> Trouble:
        if code == guest.LINE_DOWN and self.door.shared:
            return Trouble("E-PORT-38", port=self.door.name)
        if code in (guest.SILENT, guest.GARBLED) and self.door.shared:
            return self._no_answer(unit_id, heard=code == guest.GARBLED, crc=False)
        self.counts.replies += 1
        return Refused(unit_id, code)

    def _no_answer(self, unit_id: int, *, heard: bool, crc: bool) -> NoAnswer:
        if crc:
            self.counts.crc_errors += 1
        elif heard:
            self.counts.garbled += 1
        else:
            self.counts.silent += 1
        return NoAnswer(unit_id, self.door.name, heard=heard, crc=crc)


def _shaped(heard: bytes, head: bytes, size: int) -> bool:
    """True when the bytes have the place and the length of the reply, so that only its CRC is wrong."""
    at = heard.find(head)
    return at >= 0 and len(heard) - at == size
