# Modbus master on the probes' own line. One request at a time, one deadline for each.
#
# A transceiver that turns round may add noise, so a reply is looked for at the end of what came, not at its start.

from firmware.node.counters import Counters
from firmware.node.crc import holds, seal
from firmware.node.probes.probe import ProbeSilent
from hardware.registers import REASON_BAD_FRAME, REASON_NOT_READY, REASON_PROBE_FAULT, REASON_TIMEOUT

_STEP_MS = 10
_QUIET_MS = 50  # a line that says nothing more for so long has said all
_NOISE_BYTES = 8
_EXCEPTION_LENGTH = 5
_BUSY = 6
MOST_REGISTERS = 32


class Master:
    # `port` has any(), readinto(buffer), write(buffer) and init(baudrate=); `sleep_ms` is awaitable.
    def __init__(self, port, sleep_ms, counters: Counters, baud: int = 9600) -> None:
        self._port = port
        self._sleep_ms = sleep_ms
        self._counters = counters
        self._baud = baud
        self._request = bytearray(8)
        self._reply = bytearray(5 + 2 * MOST_REGISTERS + _NOISE_BYTES)
        self._view = memoryview(self._reply)
        self._owing = -1  # unit that let its deadline pass: it may still answer the request that stands in _request

    async def read(
        self, unit_id: int, address: int, count: int, wait_ms: int = 300, function: int = 3, baud: int = 9600
    ) -> memoryview:
        # The data bytes of `count` registers, valid until the next call; raises ProbeSilent.
        self._counters.probe_requests += 1
        if self._owing == unit_id and address != self._request[2] << 8 | self._request[3]:
            await self._sleep_ms(wait_ms)
            self._owing = -1
        if baud != self._baud:
            self._port.init(baudrate=baud)
            self._baud = baud
        self._discard_old()
        self._send(unit_id, function, address, count)
        length = 5 + 2 * count
        start = await self._collect(length, wait_ms)
        return self._view[start + 3 : start + length - 2]

    async def _collect(self, length: int, wait_ms: int) -> int:
        # Where in the buffer the reply starts.
        have = quiet_ms = 0
        while wait_ms > 0 and not (have >= _EXCEPTION_LENGTH and quiet_ms >= _QUIET_MS):
            await self._sleep_ms(_STEP_MS)
            wait_ms -= _STEP_MS
            quiet_ms += _STEP_MS
            if self._port.any() and have < len(self._reply):
                have += self._port.readinto(self._view[have:]) or 0
                quiet_ms = 0
                if self._is_reply(have - length, length):
                    return have - length
                self._refuse_exception(have - _EXCEPTION_LENGTH)
        if have == 0:
            self._owing = self._request[0]
            self._counters.probe_timeouts += 1
            raise ProbeSilent(REASON_TIMEOUT)
        self._counters.probe_bad_frames += 1
        raise ProbeSilent(REASON_BAD_FRAME)

    def _is_reply(self, start: int, length: int) -> bool:
        reply = self._reply
        request = self._request
        return (
            start >= 0
            and reply[start] == request[0]
            and reply[start + 1] == request[1]
            and reply[start + 2] == length - 5
            and holds(reply, start, start + length)
        )

    def _refuse_exception(self, start: int) -> None:
        # Raises ProbeSilent when the probe itself says that it cannot answer.
        reply = self._reply
        if start >= 0 and reply[start] == self._request[0] and reply[start + 1] == self._request[1] | 0x80:
            if holds(reply, start, start + _EXCEPTION_LENGTH):
                raise ProbeSilent(REASON_NOT_READY if reply[start + 2] == _BUSY else REASON_PROBE_FAULT)

    def _discard_old(self) -> None:
        while self._port.any():
            self._port.readinto(self._reply)

    def _send(self, unit_id: int, function: int, address: int, count: int) -> None:
        request = self._request
        request[0] = unit_id
        request[1] = function
        request[2] = address >> 8
        request[3] = address & 0xFF
        request[4] = count >> 8
        request[5] = count & 0xFF
        seal(request, 6)
        self._port.write(request)
