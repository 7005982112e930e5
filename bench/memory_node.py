"""A node for measurements of the bus: the device's registers, samples and answers without a board around them."""

import struct
import time
from types import SimpleNamespace
from typing import Any

from firmware.node.bank import Bank
from firmware.node.channel import Channel
from firmware.node.counters import Counters
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler
from firmware.node.slave import Slave as Answers
from firmware.node.status import Status
from hardware.quantities import DO, DO_SATURATION, TEMPERATURE
from hardware.registers import GOOD, ROLE_POND
from hardware.twin.foreign.slave import Slave

PERIOD_MS = 1000
RING_BYTES = 8192
QUANTITIES = (DO, DO_SATURATION, TEMPERATURE)


class _Status(Status):
    """The status of a node without an interpreter of its own: boot and zeros."""

    def _show_status(self, image: bytearray) -> None:
        struct.pack_into(">I", image, 2, self._boot_id)


class MemoryNode(Slave):
    """The device's own registers and samples, a sample each second of its own, answered without a board around them."""

    def __init__(self, unit_id: int, boot: int, first_ms: int) -> None:
        super().__init__(unit_id)
        self._began_s = time.monotonic()
        self._now_ms = 0
        self._due_ms = first_ms
        settings: Any = SimpleNamespace(
            unit_id=unit_id, role=ROLE_POND, aerators=0, sample_period_ms=PERIOD_MS, generation=1
        )
        channels = [Channel(quantity.code) for quantity in QUANTITIES]
        for channel in channels:
            channel.value, channel.quality = 5.0, GOOD << 8
        clock: Any = self
        self._sampler = Sampler(channels, Ring(bytearray(8192), len(channels)), clock, boot)
        bank = Bank()
        self._sampler.serve(bank)
        _Status(settings, struct.pack(">6xH", boot)[2:], boot, 1, clock).serve(bank, Counters(), self._sampler.memory)
        self._answers = Answers(bank, Counters())

    def uptime_ms(self) -> int:
        """The node's clock: while samples are caught up it stands at the moment each was due."""
        return self._now_ms

    def odd(self, body: bytes) -> bytes:
        """All that the device's own code answers."""
        now_ms = int((time.monotonic() - self._began_s) * 1000)
        while self._due_ms <= now_ms:
            self._now_ms = self._due_ms
            self._sampler.take()
            self._due_ms += PERIOD_MS
        self._now_ms = now_ms
        length = self._answers.serve(bytearray((self.unit_id,)) + body, 0)
        return bytes(self._answers.reply[1 : length - 2])
