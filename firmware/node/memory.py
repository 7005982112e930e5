# What nobody has fetched yet, in RAM and in flash, shown oldest first.
#
# Every sample goes to the ring. What stays unread there for five minutes, or is about to be overwritten, goes to the log,
# one sample in `log_period_s`; so flash rests as long as the gateway fetches. Flash is touched in `tend` alone, after the
# answers: a window that the log has not yet readied is shown empty, with `unread` above zero.

import struct

from firmware.node import errorlog
from firmware.node.bank import Bank, whole
from firmware.node.clock import Clock
from firmware.node.ring import Ring
from firmware.node.wall import Wall
from hardware.registers import ACKNOWLEDGE, RING

HELD_MS = 300000
_RETRY_MS = 60000
_NEARLY_FULL = 3  # samples that may come between two calls of `tend`
_HEAD_BYTES = 2 * RING.head_length


class Memory:
    # `quantities` has a byte for each channel; `log` is None for a memory that ends with the power.
    def __init__(self, ring: Ring, log, wall: Wall, clock: Clock, boot_id: int, quantities: bytes, settings) -> None:
        self.ring = ring
        self.log = log
        self._wall = wall
        self._clock = clock
        self._boot_id = boot_id
        self._quantities = quantities
        self._settings = settings
        self._rests_until_ms = 0
        self._sick = False

    def serve(self, bank: Bank) -> None:
        bank.add(RING, self._show)
        bank.add(ACKNOWLEDGE, None, self._acknowledge)

    @property
    def unread(self) -> int:
        # A sample that stands in both counts once.
        records = self.log.records if self.log else 0
        return self.ring.unread() + max(records - self.ring.twice(), 0)

    @property
    def dropped(self) -> int:
        return self.ring.dropped + (self.log.dropped if self.log else 0)

    def tend(self) -> bool:
        # One piece of work on flash, if there is any; True while more waits. Never raises for a flash that is sick.
        now_ms = self._clock.uptime_ms()
        if self.log is None or now_ms < self._rests_until_ms:
            return False
        self.ring.every = max(self._settings.log_period_s * 1000 // self._settings.sample_period_ms, 1)
        try:
            if self._due(now_ms):
                self._keep(now_ms)
                more = True
            else:
                more = self.log.step()
        except OSError as error:
            self._fails(error, now_ms)
            return False
        self._sick = False
        return more

    def _due(self, now_ms: int) -> bool:
        oldest = self.ring.wanted()
        if oldest > self.ring.last:
            return False
        if self.ring.unread() + _NEARLY_FULL > self.ring.capacity and oldest < self.ring.first + _NEARLY_FULL:
            return True
        return self._age_ms(oldest, now_ms) >= HELD_MS

    def _age_ms(self, sequence: int, now_ms: int) -> int:
        return (now_ms - self.ring.uptime_ms(sequence)) & 0xFFFFFFFF

    def _keep(self, now_ms: int) -> None:
        # All that is worth it up to the newest, but never beyond a wrap of the records' 32-bit time.
        ring = self.ring
        first = ring.wanted()
        made_ms = now_ms - self._age_ms(first, now_ms)
        end = first
        while end <= ring.last and now_ms - self._age_ms(end, now_ms) >> 32 == made_ms >> 32:
            end += ring.every
        zero_s = self._wall.zero_s(made_ms)
        sequences = range(first, end, ring.every)
        count = self.log.append(self._boot_id, zero_s, self._quantities, sequences, ring.record)
        ring.kept = sequences[count - 1]

    def _fails(self, error: OSError, now_ms: int) -> None:
        if not self._sick:
            errorlog.write("sample log: %r; samples stay in RAM, next try in a minute" % error)
        self._sick = True
        self._rests_until_ms = now_ms + _RETRY_MS
        self.log.scan()

    def _show(self, image: bytearray) -> None:
        log = self.log
        if log is None or not log.records or (log.ready and not log.older_than(self._boot_id, self.ring.first)):
            self._show_ring(image)
        elif log.ready:
            self._show_log(image)
        else:
            self._head(image, self._boot_id, self.ring.channels, 0, self._wall.booted_s, self._quantities)
            _clear(image, _HEAD_BYTES)

    def _show_ring(self, image: bytearray) -> None:
        records = self.ring.window(image, _HEAD_BYTES)
        self._head(image, self._boot_id, self.ring.channels, records, self._wall.booted_s, self._quantities)
        _clear(image, _HEAD_BYTES + records * self.ring.record_bytes)

    def _show_log(self, image: bytearray) -> None:
        head = self.log.head
        records = self.log.older_than(self._boot_id, self.ring.first)
        end = records * head.record_bytes
        zero_s = self._wall.booted_s if head.boot_id == self._boot_id else head.zero_s
        image[_HEAD_BYTES : _HEAD_BYTES + end] = self.log.window[:end]
        self._head(image, head.boot_id, head.channels, records, zero_s, head.quantities)
        _clear(image, _HEAD_BYTES + end)

    def _head(
        self, image: bytearray, boot_id: int, channels: int, records: int, zero_s: int, quantities: bytes
    ) -> None:
        struct.pack_into(">IHHII12s", image, 2, boot_id, channels, records, self.unread, zero_s, quantities)

    def _acknowledge(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, ACKNOWLEDGE.length)
        boot_id = words[0] << 16 | words[1]
        sequence = words[2] << 16 | words[3]
        if boot_id == self._boot_id:
            if sequence > self.ring.last:
                return
            self.ring.acknowledge(sequence)
        if self.log:
            self.log.acknowledge(boot_id, sequence)


def _clear(image: bytearray, at: int) -> None:
    for i in range(at, len(image)):
        image[i] = 0
