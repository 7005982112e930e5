"""The guest door of a line: a technician's tool asks nodes while the gateway goes on polling them.

A Unix socket that carries whole RTU frames both ways, functions 3 and 16 only. What commands relays or forgets samples is
refused: those words are the gateway's alone. One guest at a time, after everybody else, and never for more than its
`share` of the line's time. What the gateway has to say comes as the exceptions of `firmware.field.guest`.
"""

import asyncio
import contextlib
import logging
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from firmware.field import guest
from gateway.bus.device import MOST_MARGIN_S
from gateway.bus.errors import LineDown, NoReply, Refused
from gateway.bus.framing import sealed
from gateway.bus.line import Line
from gateway.bus.node import DISCOVERY_MARGIN_S, DISCOVERY_SLOTS
from gateway.bus.turns import GUEST
from hardware.registers import ACKNOWLEDGE, COMMAND, DISCOVERY

log = logging.getLogger(__name__)

READ = 3
WRITE = 16
MOST_READ = 125
MOST_WRITTEN = 123
ILLEGAL_FUNCTION = 1
READ_MARGIN_S = 0.12
IDLE_S = 60.0
SHARE = 0.5
RESERVED = (COMMAND, ACKNOWLEDGE)


class Malformed(Exception):
    """The guest does not speak Modbus RTU."""


class GuestDoor:
    """Serves one guest at a time at `path`. Making it does no I/O."""

    def __init__(
        self,
        line: Line,
        path: Path,
        *,
        share: float = SHARE,
        idle_s: float = IDLE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._line = line
        self._share = share
        self._idle_s = idle_s
        self._monotonic = monotonic
        self._occupied = False
        self._rested_s = 0.0

    async def run(self) -> None:
        """Listen until cancelled; only this user may come in. A door that cannot be opened costs the line nothing."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(self._welcome, str(self.path))
            self.path.chmod(0o600)
        except OSError as error:
            log.warning("guest door %s stays shut: %s", self.path, error)
            await asyncio.Event().wait()
            return
        try:
            await server.serve_forever()
        finally:
            self.path.unlink(missing_ok=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._occupied:
            writer.close()
            return
        self._occupied = True
        try:
            await self._serve(reader, writer)
        except Malformed as error:
            log.warning("guest at %s sent away: %s", self.path, error)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            log.info("guest at %s has left", self.path)
        finally:
            self._occupied = False
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            frame = await asyncio.wait_for(_frame(reader), self._idle_s)
            await asyncio.sleep(max(0.0, self._rested_s - self._monotonic()))
            writer.write(await self._answer(frame))
            await asyncio.wait_for(writer.drain(), self._idle_s)

    async def _answer(self, frame: bytes) -> bytes:
        """The reply of the node, or an exception."""
        unit_id, function, address, count = struct.unpack_from(">BBHH", frame)
        try:
            if function == READ:
                words = await self._read(unit_id, address, count)
                return sealed(struct.pack(f">BBB{count}H", unit_id, READ, 2 * count, *words))
            if any(address < block.address + block.length and block.address < address + count for block in RESERVED):
                return _refusal(unit_id, function, ILLEGAL_FUNCTION)
            await self._write(unit_id, address, list(struct.unpack_from(f">{count}H", frame, 7)))
            return sealed(frame[:6])
        except Refused as refused:
            return _refusal(unit_id, function, refused.code)
        except LineDown:
            return _refusal(unit_id, function, guest.LINE_DOWN)
        except NoReply as silence:
            return _refusal(unit_id, function, guest.GARBLED if silence.heard else guest.SILENT)

    async def _read(self, unit_id: int, address: int, count: int) -> list[int]:
        wire_s = self._line.read_time_s(count)
        slots_s = DISCOVERY_SLOTS * (wire_s + DISCOVERY_MARGIN_S) if address == DISCOVERY.address else 0.0
        deadline_s = wire_s + READ_MARGIN_S + slots_s
        with self._paced(deadline_s):
            return await self._line.read(unit_id, address, count, deadline_s, GUEST, quiet_after_s=slots_s)

    async def _write(self, unit_id: int, address: int, words: list[int]) -> None:
        deadline_s = self._line.write_time_s(len(words)) + MOST_MARGIN_S
        with self._paced(deadline_s):
            await self._line.write(unit_id, address, words, deadline_s, GUEST)

    @contextlib.contextmanager
    def _paced(self, deadline_s: float) -> Iterator[None]:
        """What a request took of the line's time is given back to the others before the next one."""
        took_s = deadline_s
        try:
            yield
            took_s = self._line.last_took_s
        finally:
            self._rested_s = self._monotonic() + took_s * (1 / self._share - 1)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next whole request; Malformed when it is none."""
    head = await reader.readexactly(2)
    if head[1] == READ:
        frame = head + await reader.readexactly(6)
        most = MOST_READ
    elif head[1] == WRITE:
        frame = head + await reader.readexactly(5)
        frame += await reader.readexactly(frame[6] + 2)
        most = MOST_WRITTEN
    else:
        raise Malformed(f"function {head[1]}, where 3 and 16 are served")
    count = int.from_bytes(frame[4:6], "big")
    if sealed(frame[:-2]) != frame or not 1 <= head[0] <= 247 or not 1 <= count <= most:
        raise Malformed(f"a frame that is none: {frame.hex(' ')}")
    if head[1] == WRITE and frame[6] != 2 * count:
        raise Malformed(f"{frame[6]} bytes for {count} registers")
    return frame


def _refusal(unit_id: int, function: int, code: int) -> bytes:
    return sealed(bytes((unit_id, function | 0x80, code)))
