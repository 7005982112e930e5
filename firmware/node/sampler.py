# Takes samples of all channels into the memory and shows the newest in the live block.

import struct

from firmware.node.bank import Bank
from firmware.node.channel import age_s
from firmware.node.clock import Clock
from firmware.node.memory import Memory
from firmware.node.ring import Ring
from firmware.node.wall import Wall
from hardware.registers import LIVE


class Sampler:
    # Without `settings` and `log` samples are kept in RAM alone.
    def __init__(self, channels, ring: Ring, clock: Clock, boot_id: int, settings=None, log=None) -> None:
        self.channels = channels
        self.ring = ring
        self.wall = Wall(clock)
        quantities = bytes(channel.quantity for channel in channels)
        self.memory = Memory(ring, log, self.wall, clock, boot_id, quantities, settings)
        self._clock = clock
        self._boot_id = boot_id
        self._sampled_ms = 0
        self._shown: "list[tuple[int, float, int, int]]" = []

    def serve(self, bank: Bank) -> None:
        bank.add(LIVE, self._show_live)
        self.memory.serve(bank)
        self.wall.serve(bank)

    def take(self) -> None:
        # One sample of the channels as they stand.
        self._sampled_ms = self._clock.uptime_ms()
        self._shown = [(channel.quantity, channel.value, channel.quality, channel.read_ms) for channel in self.channels]
        self.ring.append(self._sampled_ms, ((value, quality) for _, value, quality, _ in self._shown))

    def _show_live(self, image: bytearray) -> None:
        now_ms = self._clock.uptime_ms()
        age_ms = now_ms - self._sampled_ms if self.ring.last else 0xFFFFFFFF
        struct.pack_into(
            ">IIII", image, 2, self._boot_id, self.ring.last, self._sampled_ms & 0xFFFFFFFF, min(age_ms, 0xFFFFFFFF)
        )
        at = 2 * LIVE.head_length
        for quantity, value, quality, read_ms in self._shown:
            struct.pack_into(">HfHH", image, at, quantity, value, quality, age_s(read_ms, now_ms))
            at += 2 * LIVE.group_length
