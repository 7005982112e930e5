# The identity, discovery and status blocks.

import gc
import struct

from firmware.node.bank import Bank
from firmware.node.counters import NAMES
from hardware.registers import DISCOVERY, IDENTITY, MAGIC, MAP_VERSION, STATUS

VERSION = (0, 1, 0)


class Status:
    # `hardware_id` is the chip's own number, six bytes.
    def __init__(self, settings, hardware_id: bytes, boot_id: int, reset_cause: int, clock) -> None:
        self._settings = settings
        self._unit_id = settings.unit_id
        self._hardware_id = (hardware_id + bytes(8))[:8]
        self._boot_id = boot_id
        self._reset_cause = reset_cause
        self._clock = clock

    def serve(self, bank: Bank, counters, ring) -> None:
        self._counters = counters
        self._ring = ring
        bank.add(IDENTITY, self._show_identity)
        bank.add(DISCOVERY, self._show_discovery)
        bank.add(STATUS, self._show_status)

    def _show_identity(self, image: bytearray) -> None:
        settings = self._settings
        struct.pack_into(
            ">HHH8sHHHHHHII",
            image,
            2,
            MAGIC,
            MAP_VERSION,
            settings.role,
            self._hardware_id,
            VERSION[0],
            VERSION[1],
            VERSION[2],
            self._unit_id,
            self._ring.channels,
            settings.aerators,
            settings.sample_period_ms,
            self._boot_id,
        )

    def _show_discovery(self, image: bytearray) -> None:
        struct.pack_into(">H8s", image, 2, MAGIC, self._hardware_id)

    def _show_status(self, image: bytearray) -> None:
        ring = self._ring
        struct.pack_into(
            ">IIHIH",
            image,
            2,
            self._boot_id,
            self._clock.uptime_ms() // 1000 & 0xFFFFFFFF,
            self._reset_cause,
            gc.mem_free(),
            self._settings.generation,
        )
        struct.pack_into(">HIII", image, 18, self._counters.errors_logged & 0xFFFF, ring.last, ring.unread(), ring.dropped)
        at = 32
        for name in NAMES[1:]:
            struct.pack_into(">I", image, at, getattr(self._counters, name) & 0xFFFFFFFF)
            at += 4
