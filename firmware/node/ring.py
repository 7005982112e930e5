# Samples that the gateway has not yet put on its disk.
#
# A record is kept as the very bytes that the ring window shows: sequence (U32), sampled_uptime_ms (U32), then value (F32)
# and quality (U16) of each channel. The sequence is the address: record n stands in slot n modulo capacity.

import struct

_HEAD = 8
_CHANNEL = 6


class Ring:
    # `store` is the memory to use, made early at boot while there is an unbroken piece of that size. One sample in `every`
    # is worth keeping when nobody fetches them; `kept` is the sequence up to which the log has taken those.
    def __init__(self, store: bytearray, channels: int) -> None:
        self.channels = channels
        self.record_bytes = _HEAD + _CHANNEL * channels
        self.capacity = len(store) // self.record_bytes
        self.dropped = 0
        self.last = 0  # sequence of the newest sample, 0 before the first
        self.first = 1  # sequence of the oldest unread sample
        self.every = 1
        self.kept = 0
        self._store = store

    def unread(self) -> int:
        return self.last + 1 - self.first

    def append(self, uptime_ms: int, readings) -> int:
        # Takes an iterable of (value, quality word), one for each channel; returns the sequence of the new sample.
        if self.unread() == self.capacity:
            if self.first > self.kept and self.worth(self.first):
                self.dropped += 1
            self.first += 1
        self.last += 1
        at = self._slot(self.last)
        struct.pack_into(">II", self._store, at, self.last, uptime_ms & 0xFFFFFFFF)
        at += _HEAD
        for value, quality in readings:
            struct.pack_into(">fH", self._store, at, value, quality)
            at += _CHANNEL
        return self.last

    def acknowledge(self, sequence: int) -> None:
        # Forgets all samples up to this one. A number that was never given, or given back before, changes nothing.
        if self.first <= sequence <= self.last:
            self.first = sequence + 1

    def window(self, image: bytearray, at: int) -> int:
        # Copies the oldest unread records to image[at:], as many as fit before the spare register; returns how many.
        room = len(image) - 2 - at
        records = min(self.unread(), room // self.record_bytes)
        for i in range(records):
            slot = self._slot(self.first + i)
            image[at : at + self.record_bytes] = self._store[slot : slot + self.record_bytes]
            at += self.record_bytes
        return records

    def worth(self, sequence: int) -> bool:
        return (sequence - 1) % self.every == 0

    def wanted(self) -> int:
        # The oldest unread sample that is worth keeping and stands in no log; beyond `last` when there is none.
        sequence = max(self.first, self.kept + 1)
        return sequence + -(sequence - 1) % self.every

    def twice(self) -> int:
        # Unread samples that stand here and in the log.
        return max((self.kept - 1) // self.every - (self.first - 2) // self.every, 0) if self.kept else 0

    def record(self, sequence: int) -> memoryview:
        slot = self._slot(sequence)
        return memoryview(self._store)[slot : slot + self.record_bytes]

    def uptime_ms(self, sequence: int) -> int:
        return struct.unpack_from(">I", self._store, self._slot(sequence) + 4)[0]

    def _slot(self, sequence: int) -> int:
        return sequence % self.capacity * self.record_bytes
