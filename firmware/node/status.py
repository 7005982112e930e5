# The identity, discovery and status blocks.

import gc
import struct

from firmware.node.bank import Bank
from firmware.node.counters import NAMES
from firmware.node.version import VERSION
from hardware.registers import DISCOVERY, IDENTITY, MAGIC, MAP_VERSION, SAFE_BOOT_NO, STATUS


class Status:
    # `hardware_id` is the chip's own number, six bytes; `slots` has running() and on_trial(); `key_id` names its key.
    def __init__(self, settings, hardware_id: bytes, boot_id: int, reset_cause: int, clock, slots=None, key_id: int = 0):
        self.safe_boot = SAFE_BOOT_NO
        self._settings = settings
        self._unit_id = settings.unit_id
        self._hardware_id = (hardware_id + bytes(8))[:8]
        self._boot_id = boot_id
        self._reset_cause = reset_cause
        self._clock = clock
        self._slot = slots.running() if slots else 0
        self._on_trial = slots.on_trial if slots else bool
        self._key_id = key_id
        self._least_free_bytes = gc.mem_free() if hasattr(gc, "mem_free") else 0

    def serve(self, bank: Bank, counters, memory=None) -> None:
        # `memory` is that of the samples; the base has none.
        self._counters = counters
        self._memory = memory
        bank.add(IDENTITY, self._show_identity)
        bank.add(DISCOVERY, self._show_discovery)
        bank.add(STATUS, self._show_status)

    def collected(self) -> None:
        # To be called after each collection of garbage.
        self._least_free_bytes = min(self._least_free_bytes, gc.mem_free())

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
            self._memory.ring.channels if self._memory else 0,
            settings.aerators,
            settings.sample_period_ms,
            self._boot_id,
        )

    def _show_discovery(self, image: bytearray) -> None:
        struct.pack_into(">H8s", image, 2, MAGIC, self._hardware_id)

    def _show_status(self, image: bytearray) -> None:
        struct.pack_into(
            ">IIHIIHHHHIH",
            image,
            2,
            self._boot_id,
            self._clock.uptime_ms() // 1000 & 0xFFFFFFFF,
            self._reset_cause,
            gc.mem_free(),
            self._least_free_bytes,
            self._settings.generation,
            self._slot,
            self.safe_boot,
            1 if self._on_trial() else 0,
            self._key_id,
            self._counters.errors_logged & 0xFFFF,
        )
        if self._memory:
            self._show_samples(image)
        at = 54
        for name in NAMES[1:]:
            struct.pack_into(">I", image, at, getattr(self._counters, name) & 0xFFFFFFFF)
            at += 4

    def _show_samples(self, image: bytearray) -> None:
        memory = self._memory
        log = memory.log
        struct.pack_into(
            ">IIIII",
            image,
            34,
            memory.ring.last,
            memory.unread,
            memory.dropped,
            log.records if log else 0,
            log.erases if log else 0,
        )
