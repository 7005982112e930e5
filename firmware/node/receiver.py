# Finds requests on a line that many share, without a timer.
#
# Every node hears every byte: requests to others, their replies, noise. So nothing can be said of where a frame begins;
# only of where it ends. On each chunk the receiver asks: does a valid request for my unit end exactly at the end of what
# I heard? Unit, function, length and CRC decide.

from firmware.node.counters import Counters
from firmware.node.crc import holds

_CAPACITY = 264  # longest Modbus frame is 256 bytes
_BROADCAST = 0


class Receiver:
    def __init__(self, unit_id: int, counters: Counters, echo: bool = False) -> None:
        self.buffer = bytearray(_CAPACITY)
        self.length = 0
        self.counters = counters
        self.echo = echo
        self._heads = (bytes((unit_id, 15)), bytes((unit_id, 16)))
        self._unit_id = unit_id
        self._echo_left = 0

    def expect_echo(self, length: int) -> None:
        # The next `length` bytes are our own, where the transceiver returns them.
        if self.echo:
            self._echo_left = length

    def feed(self, chunk: "bytearray | memoryview | bytes", count: int) -> int:
        # Takes `count` bytes of chunk; returns where in `buffer` a request to this unit begins, or -1.
        self.counters.bytes_heard += count
        start = min(self._echo_left, count)
        self._echo_left -= start
        self.counters.bytes_echoed += start
        self._append(chunk, start, count)
        return self._request_start() if count > start else -1

    def clear(self, used: int) -> None:
        # Forgets the buffer, of which `used` bytes were a request.
        self.counters.bytes_discarded += self.length - used
        self.length = 0

    def _append(self, chunk: "bytearray | memoryview | bytes", start: int, end: int) -> None:
        if end - start > _CAPACITY:
            self.counters.bytes_discarded += end - start - _CAPACITY
            start = end - _CAPACITY
        over = self.length + end - start - _CAPACITY
        if over > 0:
            self.counters.bytes_discarded += over
            self.buffer[: self.length - over] = self.buffer[over : self.length]
            self.length -= over
        for at in range(start, end):
            self.buffer[self.length] = chunk[at]
            self.length += 1

    def _request_start(self) -> int:
        start = self.length - 8
        if start >= 0 and 1 <= self.buffer[start + 1] <= 6:
            unit_id = self.buffer[start]
            if unit_id in (self._unit_id, _BROADCAST) and self._accept(start):
                return start
        return self._write_start()

    def _write_start(self) -> int:
        # Functions 15 and 16 carry their own length; their head is sought from the end of the buffer backwards.
        for head in self._heads:
            end = self.length - 8
            while end > 0:
                start = self.buffer.rfind(head, 0, end)
                if start < 0:
                    break
                if start + 9 + self.buffer[start + 6] == self.length and self._accept(start):
                    return start
                end = start + 1
        return -1

    def _accept(self, start: int) -> bool:
        if not holds(self.buffer, start, self.length):
            if self.buffer[start] == self._unit_id:
                self.counters.crc_misses += 1
            return False
        if self.buffer[start] == _BROADCAST:
            self.counters.broadcasts += 1
            self.clear(0)
            return False
        return True
