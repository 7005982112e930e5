# Modbus master on the probes' own line. One request at a time, one deadline for each.

from firmware.node.counters import Counters
from firmware.node.crc import holds, seal
from hardware.registers import REASON_BAD_FRAME, REASON_TIMEOUT

_STEP_MS = 10


class ProbeSilent(Exception):
    # No usable reply; args[0] is the reason code for the channel.
    pass


class Master:
    # `port` has any(), readinto(buffer) and write(buffer); `sleep_ms` is awaitable.
    def __init__(self, port, sleep_ms, counters: Counters) -> None:
        self._port = port
        self._sleep_ms = sleep_ms
        self._counters = counters
        self._request = bytearray(8)
        self._reply = bytearray(64)
        self._view = memoryview(self._reply)

    async def read(self, unit_id: int, address: int, count: int, wait_ms: int) -> memoryview:
        # The data bytes of `count` holding registers, valid until the next call; raises ProbeSilent.
        self._counters.probe_requests += 1
        self._discard_old()
        self._send(unit_id, address, count)
        length = 5 + 2 * count
        have = await self._collect(length, wait_ms)
        if have == 0:
            self._counters.probe_timeouts += 1
            raise ProbeSilent(REASON_TIMEOUT)
        reply = self._reply
        if have != length or reply[0] != unit_id or reply[1] != 3 or reply[2] != 2 * count or not self._sealed(length):
            self._counters.probe_bad_frames += 1
            raise ProbeSilent(REASON_BAD_FRAME)
        return self._view[3 : 3 + 2 * count]

    def _sealed(self, length: int) -> bool:
        return holds(self._reply, 0, length)

    def _discard_old(self) -> None:
        while self._port.any():
            self._port.readinto(self._reply)

    def _send(self, unit_id: int, address: int, count: int) -> None:
        request = self._request
        request[0] = unit_id
        request[1] = 3
        request[2] = address >> 8
        request[3] = address & 0xFF
        request[4] = count >> 8
        request[5] = count & 0xFF
        seal(request, 6)
        self._port.write(request)

    async def _collect(self, length: int, wait_ms: int) -> int:
        have = 0
        while have < length and wait_ms > 0:
            await self._sleep_ms(_STEP_MS)
            wait_ms -= _STEP_MS
            if self._port.any():
                have += self._port.readinto(self._view[have:]) or 0
        return have
