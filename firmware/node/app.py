# One node, from its settings to its tasks. The same code is a pond node or a panel node.

import asyncio
import gc
import os
import sys
import time

import machine

from firmware.node import errorlog, log, slots
from firmware.node.bank import Bank
from firmware.node.channel import Channel, age_s
from firmware.node.clock import Clock
from firmware.node.counters import Counters
from firmware.node.heartbeat import Heartbeat
from firmware.node.lamp import Lamp
from firmware.node.probes import make
from firmware.node.probes.buses import Buses
from firmware.node.probes.water import Water
from firmware.node.receiver import Receiver
from firmware.node.ring import Ring
from firmware.node.rounds import Rounds
from firmware.node.sampler import Sampler
from firmware.node.settings import Settings
from firmware.node.slave import Slave
from firmware.node.status import Status
from hardware import pins
from hardware.registers import (
    DISCOVERY,
    MAX_CHANNELS,
    QUANTITY_CURRENT,
    QUANTITY_DO,
    REASON_NO_SIGNAL,
    ROLE_PANEL,
)

_WATCHDOG_MS = 8000
_TECHNICIAN_MS = 600000
_SUPERVISE_MS = 500
_PANEL_STEP_MS = 100
_TEND_MS = 50
_COLLECT_AFTER_BYTES = 4096
_DISCOVERY_SLOTS = 4
_DISCOVERY_BITS = 250000  # milliseconds x baud of a discovery read, both ways
_DISCOVERY_MARGIN_MS = 15
_LOG_FOLDER = "log"
_LOG_DAYS = 7
_CALIBRATIONS = "cal"


class Node:
    # `memory` holds the samples that nobody has fetched yet.
    def __init__(self, settings: Settings, memory: bytearray) -> None:
        self.settings = settings
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.counters = Counters()
        self.boot_id = int.from_bytes(os.urandom(4), "big") or 1
        self.bank = Bank()
        self.watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self.heartbeat = Heartbeat(self.clock, self.watchdog.feed)
        self.relays = None
        self.panel = None
        self.desk = None
        self.reset_asked = False
        self.entries: "list[object]" = []  # of the settings, one for each of `probes`
        self.probes = self._make_probes()
        self.currents = self._make_panel() if settings.role == ROLE_PANEL else []
        self.rounds = Rounds(self.probes, settings.burst, self.clock)
        self.sampler = self._make_sampler(memory)
        self.trial = self._make_trial()
        self.lamp = Lamp()
        self._serve_blocks()
        self._apply_calibrations()
        self.remember()
        self.receiver = Receiver(settings.unit_id, self.counters, bool(settings.echo))
        self.slave = Slave(self.bank, self.counters)
        self.line = machine.UART(
            pins.LINE_UART, settings.baud, tx=pins.LINE_TX, rx=pins.LINE_RX, rxbuf=512, timeout=0
        )

    def _make_probes(self) -> "list[object]":
        # An entry that makes no sense costs its own channels, not the node.
        self.water = Water(self.settings)
        buses = Buses(self.counters)
        probes = []
        room = MAX_CHANNELS - (self.settings.aerators if self.settings.role == ROLE_PANEL else 0)
        for entry in self.settings.probes:
            try:
                probe = make(entry, buses, self.water)
                room -= len(probe.channels)
                if room < 0:
                    raise ValueError("no room for the channels of %r" % entry[0])
                probes.append(probe)
                self.entries.append(entry)
            except ValueError as error:
                errorlog.write("settings: %s" % error.args[0])
        return probes

    def _make_panel(self) -> "list[Channel]":
        from firmware.node.panel import Panel
        from firmware.node.relays import Relays

        settings = self.settings
        self.relays = Relays(settings.aerators, settings.running_a, settings.normally_open, settings.phases)
        self.panel = Panel(settings, self.relays, self.clock, self._own_oxygen)
        return [Channel(QUANTITY_CURRENT) for _ in range(settings.aerators)]

    def _make_sampler(self, memory: bytearray) -> Sampler:
        channels = self.currents + [channel for probe in self.probes for channel in probe.channels]
        longest = _LOG_DAYS * 86400 // self.settings.log_period_s
        kept = log.Log(_LOG_FOLDER, len(channels), longest, self.boot_id, log.free_bytes)
        return Sampler(channels, Ring(memory, len(channels)), self.clock, self.boot_id, self.settings, kept)

    def _own_oxygen(self):
        for probe in self.probes:
            for channel in probe.channels:
                if channel.quantity == QUANTITY_DO:
                    return channel.value, channel.quality, age_s(channel.read_ms, self.clock.uptime_ms())
        return None

    def _make_trial(self):
        # None for an application that nothing speaks against.
        if not slots.in_doubt():
            return None
        from firmware.node.trial import Trial

        return Trial(self.clock, slots)

    def _serve_blocks(self) -> None:
        from firmware.node import key

        self.status = Status(
            self.settings, machine.unique_id(), self.boot_id, machine.reset_cause(), self.clock, slots, key.key_id()
        )
        self.status.serve(self.bank, self.counters, self.sampler.memory)
        self.sampler.serve(self.bank)
        if self.panel is not None:
            self.panel.serve(self.bank)
        self.bank.add_late(self._open_desk)

    def _open_desk(self) -> None:
        from firmware.node.desk import Desk

        self.desk = Desk(self)

    def _apply_calibrations(self) -> None:
        # The desk itself comes later; what it knows of the channels counts from the first sample.
        if _CALIBRATIONS in os.listdir():
            from firmware.node.calibration import Calibration

            Calibration(
                self.sampler.channels, self.probes, self.entries, self.rounds, self.water, self.clock, self.boot_id
            ).apply()

    def answering(self) -> int:
        # How many probes answered their last question.
        return sum(1 for probe in self.probes if probe.answering)

    def ask_reset(self) -> None:
        self.reset_asked = True

    def remember(self) -> None:
        # The base must find the same line, relays and update key when these settings are gone.
        from firmware.node import essentials

        try:
            essentials.remember(self.settings)
        except OSError as error:
            errorlog.write("essentials not kept: %r" % error)

    async def run(self) -> None:
        tasks = [self._guarded(self._serve()), self._guarded(self._measure()), self._guarded(self._tend())]
        if self.panel is not None:
            tasks.append(self._guarded(self._hold_relays()))
        await asyncio.gather(self._guarded(self._supervise()), *tasks)

    async def _guarded(self, task) -> None:
        # A task that ends by an exception ends the node: the log keeps the reason, the reset brings it back.
        try:
            await task
        except Exception as error:
            self.counters.errors_logged += 1
            record(error)
            self.give_air()
            slots.count_crash()
            machine.reset()

    def give_air(self) -> None:
        # Lets every aerator run, whatever its motor's rest.
        if self.relays is not None:
            from firmware.node import air

            air.give(self.settings.normally_open)

    async def _serve(self) -> None:
        self.heartbeat.expect("line", 4000)
        reader = asyncio.StreamReader(self.line)
        chunk = bytearray(128)
        reply = memoryview(self.slave.reply)
        while True:
            count = await reader.readinto(chunk)
            if not count:
                await asyncio.sleep_ms(20)
                continue
            self.heartbeat.mark("line")
            start = self.receiver.feed(chunk, count)
            if start >= 0:
                await self._answer(start, reply)

    async def _answer(self, start: int, reply: memoryview) -> None:
        frame = self.receiver.buffer
        used = self.receiver.length - start
        length = self.slave.serve(frame, start)
        if frame[start + 2] << 8 | frame[start + 3] == DISCOVERY.address:
            slot = os.urandom(1)[0] % _DISCOVERY_SLOTS
            await asyncio.sleep_ms(slot * (_DISCOVERY_BITS // self.settings.baud + _DISCOVERY_MARGIN_MS))
        self.receiver.clear(used)
        self.receiver.expect_echo(length)
        self.line.write(reply[:length])
        if self.desk is not None:
            self.desk.step()

    async def _tend(self) -> None:
        # What waits for flash, a piece at a time.
        self.heartbeat.expect("tend", 60000)
        while True:
            busy = self.desk is not None and self.desk.step()
            busy = self.sampler.memory.tend() or busy
            self.heartbeat.mark("tend")
            await asyncio.sleep_ms(1 if busy else _TEND_MS)

    async def _measure(self) -> None:
        # Samples stand on a fixed grid; one that comes late does not move the next.
        due_ms = self.clock.uptime_ms()
        while True:
            period_ms = self.settings.sample_period_ms
            self.heartbeat.expect("measure", 2 * period_ms + 30000)
            self._measure_currents()
            await self.rounds.run()
            self.sampler.take()
            due_ms += period_ms
            behind_ms = self.clock.uptime_ms() - due_ms
            if behind_ms > 0:
                due_ms += behind_ms
            await asyncio.sleep_ms(max(due_ms - self.clock.uptime_ms(), 0))

    def _measure_currents(self) -> None:
        now_ms = self.clock.uptime_ms()
        for aerator, channel in enumerate(self.currents):
            current_a = self.relays.current_a(aerator)
            if current_a == current_a:
                channel.good(current_a, now_ms)
            else:
                channel.bad(REASON_NO_SIGNAL)

    async def _hold_relays(self) -> None:
        self.heartbeat.expect("relays", 4000)
        while True:
            self.relays.refresh()
            self.panel.step()
            self.heartbeat.mark("relays")
            await asyncio.sleep_ms(_PANEL_STEP_MS)

    async def _supervise(self) -> None:
        while True:
            if not self.line.any():
                self.heartbeat.mark("line")
            self.heartbeat.check()
            self.lamp.step()
            if self.trial is not None and not self.trial.healthy(self.counters.requests, self.answering()):
                self.reset_asked = True
            if self.reset_asked:
                await asyncio.sleep_ms(200)
                machine.reset()
            gc.collect()
            self.status.collected()
            await asyncio.sleep_ms(_SUPERVISE_MS)


def record(error: Exception) -> None:
    # The traceback goes to the console and to the error log.
    import io

    text = io.StringIO()
    sys.print_exception(error, text)
    sys.print_exception(error)
    errorlog.write(text.getvalue())


def main(settings: Settings, memory: bytearray) -> None:
    gc.threshold(_COLLECT_AFTER_BYTES)
    node = Node(settings, memory)
    try:
        asyncio.run(node.run())
    except KeyboardInterrupt:
        # A technician took the console: nobody holds the lease now, so every aerator runs; the watchdog waits longer.
        node.give_air()
        machine.WDT(timeout=_TECHNICIAN_MS)
        return
    machine.reset()
