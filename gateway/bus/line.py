"""One RS-485 line: one request at a time, and no late reply is ever believed.

Modbus RTU has no transaction number. pymodbus 3.16 takes any frame with a good CRC and the right unit for the answer, so
this class shows it only the one frame that fits unit, function and length. After a request that stayed unanswered the
line keeps silent until the owed reply has come or can no longer come (`turnaround_s`). Bytes that the kernel kept from
before a request are dropped.
"""

import asyncio
import contextlib
import logging
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass

from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from gateway.bus.errors import LineDown, NoReply, Refused
from gateway.bus.turns import POLL, Turns

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

BITS_PER_BYTE = 10
REQUEST_BYTES = 8
REPLY_OVERHEAD_BYTES = 5
WRITE_REPLY_BYTES = 8
WRITE_OVERHEAD_BYTES = 9
EXCEPTION_BYTES = 5
REOPEN_S = 1.0


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
    """A serial line by its path; opens by itself and again when the adapter went away. Making one does no I/O."""

    def __init__(
        self, path: str, *, baud: int, turnaround_s: float = 0.1, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self.baud = baud
        self.statistics = LineStatistics()
        self.last_took_s = 0.0  # from request to reply, of the answer that was returned last
        self._turnaround_s = turnaround_s
        self._monotonic = monotonic
        self._turns = Turns()
        self._client: AsyncModbusSerialClient | None = None
        self._closed_at: float | None = None
        self._expected: tuple[tuple[bytes, int], ...] = ()
        self._pending = False
        self._seen = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._quiet_until = 0.0

    def read_time_s(self, count: int) -> float:
        """Seconds that the bytes of a read of `count` registers take on the wire, both ways."""
        return (REQUEST_BYTES + REPLY_OVERHEAD_BYTES + 2 * count) * BITS_PER_BYTE / self.baud

    def write_time_s(self, count: int) -> float:
        """Seconds that the bytes of a write of `count` registers take on the wire, both ways."""
        return (WRITE_OVERHEAD_BYTES + 2 * count + WRITE_REPLY_BYTES) * BITS_PER_BYTE / self.baud

    async def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        deadline_s: float,
        urgency: int = POLL,
        quiet_after_s: float = 0.0,
    ) -> list[int]:
        """`count` holding registers; raises BusError. The line stays silent for `quiet_after_s` afterwards."""
        request = ReadHoldingRegistersRequest(address=address, count=count, dev_id=unit_id)
        frame = (bytes((unit_id, 3, 2 * count)), REPLY_OVERHEAD_BYTES + 2 * count)
        reply = await self._transact(request, frame, deadline_s, urgency, quiet_after_s)
        return list(reply.registers)

    async def write(
        self, unit_id: int, address: int, values: list[int], deadline_s: float, urgency: int = POLL
    ) -> None:
        """Write registers by function 16; returns when the device confirmed; raises BusError."""
        request = WriteMultipleRegistersRequest(address=address, registers=values, dev_id=unit_id)
        frame = (bytes((unit_id, 16)) + request.encode()[:4], WRITE_REPLY_BYTES)
        await self._transact(request, frame, deadline_s, urgency)

    def close(self) -> None:
        """Let go of the port."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _transact(
        self, request: ModbusPDU, frame: tuple[bytes, int], deadline_s: float, urgency: int, quiet_after_s: float = 0.0
    ) -> ModbusPDU:
        async with self._turns.take(urgency):
            await self._keep_quiet()
            client = await self._open()
            self._drop_old_bytes(client)
            unit_id = frame[0][0]
            self._expected = (frame, (bytes((unit_id, frame[0][1] | 0x80)), EXCEPTION_BYTES))
            started = self._monotonic()
            reply = await self._execute(client, request, unit_id, deadline_s)
            self.last_took_s = self._monotonic() - started
            self.statistics.busy_s += self.last_took_s
            if quiet_after_s:
                await asyncio.sleep(quiet_after_s)
        if reply.isError():
            code = getattr(reply, "exception_code", 0)
            raise Refused(f"{self.path} unit {unit_id}: Modbus exception {code}", code=code)
        return reply

    async def _execute(
        self, client: AsyncModbusSerialClient, request: ModbusPDU, unit_id: int, deadline_s: float
    ) -> ModbusPDU:
        self.statistics.requests += 1
        client.ctx.comm_params.timeout_connect = deadline_s
        answered = False
        try:
            reply: ModbusPDU = await client.execute(False, request)
            answered = True
        except ModbusException as error:
            if not client.connected:
                self._went_down()
                raise LineDown(f"{self.path}: the port went away") from error
            raise self._no_reply(unit_id) from error
        finally:
            self._pending = False
            if not answered:
                self._stay_quiet(client)
        self.statistics.replies += 1
        return reply

    def _no_reply(self, unit_id: int) -> NoReply:
        heard = self._seen > 0
        if heard:
            self.statistics.garbled += 1
        else:
            self.statistics.silent += 1
        return NoReply(f"{self.path} unit {unit_id}: {'garbled reply' if heard else 'no reply'}", heard=heard)

    def _stay_quiet(self, client: AsyncModbusSerialClient) -> None:
        self._settled.clear()
        self._quiet_until = self._monotonic() + self._turnaround_s
        if client.ctx.transport:
            client.ctx.transport.flush()  # type: ignore[attr-defined]

    async def _keep_quiet(self) -> None:
        left_s = self._quiet_until - self._monotonic()
        if left_s > 0 and not self._settled.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), left_s)
        self._settled.set()

    async def _open(self) -> AsyncModbusSerialClient:
        if self._client is not None and self._client.connected:
            return self._client
        self.close()
        if self._closed_at is not None and self._monotonic() - self._closed_at < REOPEN_S:
            raise LineDown(f"{self.path}: the port is closed, next try within {REOPEN_S:.0f} s")
        client = AsyncModbusSerialClient(
            self.path,
            framer=FramerType.RTU,
            baudrate=self.baud,
            timeout=1.0,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._gate,
            trace_connect=self._linked,
        )
        try:
            opened = await client.connect()
            await asyncio.sleep(0)
        except (OSError, ValueError, termios.error) as error:
            opened, reason = False, f": {error}"
        else:
            reason = ""
        if not opened:
            client.close()
            self._went_down()
            raise LineDown(
                f"{self.path}: cannot open the port{reason}. Is the adapter plugged in, and nobody else on it?"
            )
        self._client = client
        self._closed_at = None
        self._seen = 0
        self.statistics.opened += 1
        return client

    def _went_down(self) -> None:
        self._closed_at = self._monotonic()

    def _linked(self, up: bool) -> None:
        """The port vanished: fail the waiter now, not at its deadline."""
        if up or self._client is None:
            return
        waiter = self._client.ctx.response_future
        if not waiter.done():
            waiter.set_exception(ModbusException("port vanished"))

    def _drop_old_bytes(self, client: AsyncModbusSerialClient) -> None:
        try:
            port = client.ctx.transport.sync_serial  # type: ignore[attr-defined]
            self.statistics.late_bytes += port.in_waiting
            port.reset_input_buffer()
        except (OSError, termios.error, AttributeError) as error:
            self.close()
            self._went_down()
            raise LineDown(f"{self.path}: the port went away") from error

    def _gate(self, sending: bool, data: bytes) -> bytes:
        """Show pymodbus only the frame that is waited for; `data` is all bytes since the last request."""
        if sending:
            self._pending, self._seen = True, 0
            return data
        fresh = max(0, len(data) - self._seen)
        self._seen = len(data)
        if not self._pending:
            self.statistics.late_bytes += fresh
            if self._settled.is_set():
                return b""
        frame = self._find(data)
        if frame is None:
            return b""
        if not self._pending:
            self.statistics.late_frames += 1
            self._settled.set()
            return b""
        self._pending = False
        return frame

    def _find(self, data: bytes) -> bytes | None:
        for head, size in self._expected:
            at = data.find(head)
            while at >= 0:
                frame = data[at : at + size]
                if len(frame) == size and FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big")):
                    return frame
                at = data.find(head, at + 1)
        return None
