"""One line: one request at a time, and no late reply is ever believed.

Modbus RTU has no transaction number. So only the one frame that fits unit, function, length and check sum is an answer,
and after a request that stayed unanswered the line keeps silent until the owed reply has come or can no longer come
(`turnaround_s`). Bytes that came between two requests are dropped. Modbus TCP numbers its requests and needs no silence.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.bus.errors import LineDown, NoReply, Refused
from gateway.bus.framing import Framing, Rtu
from gateway.bus.request import READ_HOLDING, Request, read_words, words_of, write_words
from gateway.bus.share import Share
from gateway.bus.turns import POLL, Turns
from gateway.bus.wire import SerialWire, Wire, WireDown

BITS_PER_BYTE = 10
AROUND_BODY_BYTES = 3  # unit id and check sum
REOPEN_S = 1.0
NOBODY_BEHIND_THE_CONVERTER = (0x0A, 0x0B)
MOST_BYTES = 2048


@dataclass
class LineStatistics:
    """What the line has carried since it was made."""

    requests: int = 0
    replies: int = 0
    silent: int = 0
    garbled: int = 0
    late_frames: int = 0
    late_bytes: int = 0
    opened: int = 0
    busy_s: float = 0.0


class Line:
    """A serial line by its path, or what else `wire` and `framing` make of it; opens by itself and again after a loss.

    Making one does no I/O.
    """

    def __init__(
        self,
        path: str,
        *,
        baud: int,
        turnaround_s: float = 0.1,
        wire: Wire | None = None,
        framing: Framing | None = None,
        bits_per_byte: int = BITS_PER_BYTE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.baud = baud
        self.statistics = LineStatistics()
        self.share = Share(monotonic)
        self.last_took_s = 0.0  # from request to reply, of the answer that was returned last
        self.trouble = ""
        self.byte_s = bits_per_byte / baud
        self._turnaround_s = turnaround_s
        self._monotonic = monotonic
        self._turns = Turns()
        self._wire = wire or SerialWire(path, baud)
        self._wire.on_bytes, self._wire.on_lost = self._received, self._lost
        self._framing = framing or Rtu()
        self._closed_at: float | None = None
        self._heard = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._settled = asyncio.Event()
        self._settled.set()
        self._quiet_until = 0.0
        self._gap_until = 0.0

    def time_s(self, request: Request) -> float:
        """Seconds that the bytes of request and answer take on the wire."""
        return (len(request.body) + request.size + 2 * AROUND_BODY_BYTES) * self.byte_s

    def read_time_s(self, count: int) -> float:
        """Seconds that a read of `count` registers takes on the wire."""
        return self.time_s(read_words(READ_HOLDING, 0, count))

    def write_time_s(self, count: int) -> float:
        """Seconds that a write of `count` registers takes on the wire."""
        return self.time_s(write_words(0, [0] * count))

    async def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        deadline_s: float,
        urgency: int = POLL,
        quiet_after_s: float = 0.0,
    ) -> list[int]:
        """`count` holding registers; raises BusError."""
        request = read_words(READ_HOLDING, address, count)
        return words_of(await self.ask(unit_id, request, deadline_s, urgency, quiet_after_s))

    async def write(
        self, unit_id: int, address: int, values: list[int], deadline_s: float, urgency: int = POLL
    ) -> None:
        """Write registers by function 16; returns when the device confirmed; raises BusError."""
        await self.ask(unit_id, write_words(address, values), deadline_s, urgency)

    async def ask(
        self, unit_id: int, request: Request, deadline_s: float, urgency: int = POLL, quiet_after_s: float = 0.0
    ) -> bytes:
        """The body of the answer; raises BusError. The line stays silent for `quiet_after_s` after the message."""
        async with self._turns.take(urgency):
            await self._keep_quiet()
            await self._open()
            started = self._monotonic()
            try:
                body = await self._transact(unit_id, request, deadline_s)
                self.last_took_s = self._monotonic() - started
            finally:
                took_s = self._monotonic() - started
                self.statistics.busy_s += took_s
                self.share.add(took_s)
                self._gap_until = self._monotonic() + quiet_after_s
        if body.startswith(request.refusal):
            raise self._refused(unit_id, body[1])
        return body

    def close(self) -> None:
        """Let go of the port."""
        self._wire.close()

    async def _transact(self, unit_id: int, request: Request, deadline_s: float) -> bytes:
        self.statistics.requests += 1
        answered = False
        self._answer = asyncio.get_running_loop().create_future()
        try:
            frame = self._framing.wrap(unit_id, request)
            self.statistics.late_bytes += self._wire.drop_waiting()
            self._heard = b""
            self._wire.send(frame)
            body = await asyncio.wait_for(self._answer, deadline_s)
            answered = True
        except WireDown as error:
            self._went_down("the port went away")
            raise LineDown(f"{self.path}: the port went away") from error
        except TimeoutError as error:
            raise self._no_reply(unit_id) from error
        finally:
            self._answer = None
            if not answered:
                self._stay_quiet()
        self.statistics.replies += 1
        return body

    def _no_reply(self, unit_id: int) -> NoReply:
        heard = bool(self._heard)
        if heard:
            self.statistics.garbled += 1
        else:
            self.statistics.silent += 1
        return NoReply(f"{self.path} unit {unit_id}: {'garbled reply' if heard else 'no reply'}", heard=heard)

    def _refused(self, unit_id: int, code: int) -> NoReply | Refused:
        if code in NOBODY_BEHIND_THE_CONVERTER:
            self.statistics.silent += 1
            return NoReply(f"{self.path} unit {unit_id}: the converter got no reply", heard=False)
        return Refused(f"{self.path} unit {unit_id}: Modbus exception {code}", code=code)

    def _stay_quiet(self) -> None:
        if not self._framing.numbered:
            self._settled.clear()
            self._quiet_until = self._monotonic() + self._turnaround_s

    async def _keep_quiet(self) -> None:
        left_s = self._quiet_until - self._monotonic()
        if left_s > 0 and not self._settled.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), left_s)
        self._settled.set()
        if (gap_s := self._gap_until - self._monotonic()) > 0:
            await asyncio.sleep(gap_s)

    async def _open(self) -> None:
        if self._wire.is_open:
            return
        if self._closed_at is not None and self._monotonic() - self._closed_at < REOPEN_S:
            raise LineDown(f"{self.path}: the port is closed, next try within {REOPEN_S:.0f} s")
        try:
            await self._wire.open()
        except WireDown as error:
            self._went_down(str(error))
            raise LineDown(f"{self.path}: cannot open the port: {error}. {self._wire.advice}") from error
        self._closed_at = None
        self.trouble = ""
        self.statistics.opened += 1

    def _went_down(self, trouble: str) -> None:
        self.trouble = trouble
        self._closed_at = self._monotonic()
        self._wire.close()

    def _lost(self) -> None:
        """The port vanished: fail the waiter now, not at its deadline."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WireDown("the port went away"))
        else:
            self._went_down("the port went away")

    def _received(self, data: bytes) -> None:
        waiting = self._answer is not None and not self._answer.done()
        self._heard = (self._heard + data)[-MOST_BYTES:]
        if not waiting:
            self.statistics.late_bytes += len(data)
            if self._settled.is_set():
                return
        body = self._framing.find(self._heard)
        if body is None:
            return
        if waiting:
            assert self._answer is not None
            self._answer.set_result(body)
        else:
            self.statistics.late_frames += 1
            self._settled.set()
