# What answers when no application runs: identity, discovery, status, errors, an update, reset, the other slot, a new file
# system. It needs neither settings nor a file system. As a panel it lets every aerator run.

import os
import time

import machine

from firmware.node import errorlog, key, slots
from firmware.node.air import give
from firmware.node.bank import Bank
from firmware.node.clock import Clock
from firmware.node.counters import Counters
from firmware.node.essentials import Essentials
from firmware.node.receiver import Receiver
from firmware.node.refused import ILLEGAL_VALUE, Refused
from firmware.node.slave import Slave
from firmware.node.status import Status
from firmware.node.transfer import Transfer
from firmware.node.update import Update
from hardware import pins
from hardware.registers import (
    ACTION_FORMAT,
    ACTION_RESET,
    ACTION_SWITCH_SLOT,
    CONTROL,
    DISCOVERY,
    DOCUMENT_ERRORS,
    ROLE_PANEL,
    SAFE_BOOT_FILE_SYSTEM,
)

RETRY_AFTER_MS = 600000
_QUIET_MS = 60000  # an update that brings nothing for so long is no reason to wait
_PAUSE_MS = 4
_MAIN = "/main.py"
_MAIN_TEXT = "from firmware.node import starter\n\nstarter.start()\n"


class Base:
    def __init__(self, reason: int) -> None:
        self._reason = reason
        self._settings = Essentials()
        self._panel = self._settings.role == ROLE_PANEL
        if self._panel:
            give(self._settings.normally_open)
        self._watchdog = machine.WDT(timeout=30000)
        self._clock = Clock(time.ticks_ms, time.ticks_diff)
        self._counters = Counters()
        self._reset_asked = False
        self._format_asked = False
        self._busy_ms = 0
        self._transfer = Transfer(self._watchdog.feed)
        self._update = Update(self._transfer, self._settings.update_key, lambda: 0, self._ask_reset, self._watchdog.feed)
        self._bank = Bank()
        self._serve_blocks()
        self._slave = Slave(self._bank, self._counters)
        self._receiver = Receiver(self._settings.unit_id, self._counters, bool(self._settings.echo))
        self._line = machine.UART(
            pins.LINE_UART, self._settings.baud, tx=pins.LINE_TX, rx=pins.LINE_RX, rxbuf=512, timeout=0
        )

    def run(self) -> None:
        # Until a reset; returns to a technician who took the console.
        chunk = bytearray(128)
        try:
            while True:
                self._watchdog.feed()
                count = self._line.readinto(chunk)
                if count:
                    self._hear(chunk, count)
                elif not self._tend():
                    time.sleep_ms(_PAUSE_MS)
        except KeyboardInterrupt:
            machine.WDT(timeout=RETRY_AFTER_MS)

    def _serve_blocks(self) -> None:
        boot_id = int.from_bytes(os.urandom(4), "big") or 1
        status = Status(
            self._settings, machine.unique_id(), boot_id, machine.reset_cause(), self._clock, slots, key.key_id()
        )
        status.safe_boot = self._reason
        status.serve(self._bank, self._counters)
        self._transfer.offer_to(DOCUMENT_ERRORS, lambda _: errorlog.FILE)
        self._transfer.serve(self._bank)
        self._bank.add(CONTROL, None, self._act)

    def _hear(self, chunk: bytearray, count: int) -> None:
        start = self._receiver.feed(chunk, count)
        if start < 0:
            return
        frame = self._receiver.buffer
        used = self._receiver.length - start
        length = self._slave.serve(frame, start)
        if frame[start + 2] << 8 | frame[start + 3] == DISCOVERY.address:
            time.sleep_ms(os.urandom(1)[0] % 4 * 20)
        self._receiver.clear(used)
        self._receiver.expect_echo(length)
        self._line.write(memoryview(self._slave.reply)[:length])

    def _act(self, offset: int, words: "list[int]") -> None:
        if words[0] == ACTION_RESET:
            self._ask_reset()
        elif words[0] == ACTION_SWITCH_SLOT:
            self._update.switch()
        elif words[0] == ACTION_FORMAT:
            self._format_asked = True
        else:
            raise Refused(ILLEGAL_VALUE)

    def _ask_reset(self) -> None:
        self._reset_asked = True

    def _tend(self) -> bool:
        # Work that waits until the line is quiet.
        now_ms = self._clock.uptime_ms()
        if self._transfer.step():
            self._busy_ms = now_ms
            return True
        if self._format_asked:
            self._format_asked = False
            self._format()
        if self._reset_asked:
            time.sleep_ms(200)
            machine.reset()
        if now_ms - self._busy_ms >= (RETRY_AFTER_MS if self._transfer.idle() else RETRY_AFTER_MS + _QUIET_MS):
            self._retry(now_ms)
        return False

    def _retry(self, now_ms: int) -> None:
        self._busy_ms = now_ms
        if self._reason == SAFE_BOOT_FILE_SYSTEM or slots.retry():
            machine.reset()

    def _format(self) -> None:
        # A new file system with nothing on it but what starts the base; an update then goes to slot a.
        from esp32 import Partition

        flash = Partition.find(Partition.TYPE_DATA, label="vfs")[0]
        if self._reason != SAFE_BOOT_FILE_SYSTEM:
            os.umount("/")
        self._watchdog.feed()
        os.VfsLfs2.mkfs(flash)
        os.mount(os.VfsLfs2(flash), "/")
        os.chdir("/")
        self._reason = 0
        with open(_MAIN, "w") as file:
            file.write(_MAIN_TEXT)
        slots.forget()
        self._update = Update(
            self._transfer, self._settings.update_key, lambda: 0, self._ask_reset, self._watchdog.feed
        )
