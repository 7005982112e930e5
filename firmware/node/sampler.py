# Takes samples of all channels into the ring and shows the newest in the live block.

import struct

from firmware.node.bank import Bank, whole
from firmware.node.clock import Clock
from firmware.node.ring import Ring
from hardware.registers import ACKNOWLEDGE, LIVE, RING

_RING_HEAD_BYTES = 2 * RING.head_length


class Sampler:
    def __init__(self, channels, ring: Ring, clock: Clock, boot_id: int) -> None:
        self.channels = channels
        self.ring = ring
        self._clock = clock
        self._boot_id = boot_id
        self._sampled_ms = 0

    def serve(self, bank: Bank) -> None:
        bank.add(LIVE, self._show_live)
        bank.add(RING, self._show_ring)
        bank.add(ACKNOWLEDGE, None, self._acknowledge)

    def take(self) -> None:
        # One sample of the channels as they stand.
        self._sampled_ms = self._clock.uptime_ms()
        self.ring.append(self._sampled_ms, ((channel.value, channel.quality) for channel in self.channels))

    def _show_live(self, image: bytearray) -> None:
        now_ms = self._clock.uptime_ms()
        age_ms = now_ms - self._sampled_ms if self.ring.last else 0xFFFFFFFF
        struct.pack_into(
            ">IIII", image, 2, self._boot_id, self.ring.last, self._sampled_ms & 0xFFFFFFFF, min(age_ms, 0xFFFFFFFF)
        )
        at = 2 * LIVE.head_length
        for channel in self.channels:
            struct.pack_into(
                ">HfHH", image, at, channel.quantity, channel.value, channel.quality, channel.age_s(now_ms)
            )
            at += 2 * LIVE.group_length

    def _show_ring(self, image: bytearray) -> None:
        records = self.ring.window(image, _RING_HEAD_BYTES)
        struct.pack_into(">IHHI", image, 2, self._boot_id, self.ring.channels, records, self.ring.unread())

    def _acknowledge(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, ACKNOWLEDGE.length)
        if words[0] << 16 | words[1] == self._boot_id:
            self.ring.acknowledge(words[2] << 16 | words[3])
