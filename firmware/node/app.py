# One node, from its settings to its tasks. The same code is a pond node or a panel node.

import asyncio
import gc
import os
import sys
import time

import machine

from firmware.node import errorlog
from firmware.node.bank import Bank
from firmware.node.channel import Channel
from firmware.node.clock import Clock
from firmware.node.counters import Counters
from firmware.node.heartbeat import Heartbeat
from firmware.node.receiver import Receiver
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler
from firmware.node.settings import Settings
from firmware.node.setup import Setup
from firmware.node.slave import Slave
from firmware.node.status import Status
from hardware import pins
from hardware.registers import DISCOVERY, QUANTITY_CURRENT, ROLE_PANEL

_WATCHDOG_MS = 8000
_TECHNICIAN_MS = 600000
_SUPERVISE_MS = 500
_PANEL_STEP_MS = 100
_COLLECT_AFTER_BYTES = 4096
_DISCOVERY_SLOTS = 4
_DISCOVERY_BITS = 250000  # milliseconds x baud of a discovery read, both ways
_DISCOVERY_MARGIN_MS = 15


class Node:
    # `memory` holds the samples that nobody has fetched yet.
    def __init__(self, settings: Settings, memory: bytearray) -> None:
        self.settings = settings
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.counters = Counters()
        self.boot_id = int.from_bytes(os.urandom(4), "big") or 1
        self.bank = Bank()
        self.heartbeat = Heartbeat(self.clock, machine.WDT(timeout=_WATCHDOG_MS).feed)
        self.probes: "list[object]" = []
        self.relays = None
        self.panel = None
        self.reset_asked = False
        channels = self._panel_channels() if settings.role == ROLE_PANEL else self._probe_channels()
        self.sampler = Sampler(channels, Ring(memory, len(channels)), self.clock, self.boot_id)
        self._serve_blocks()
        self.receiver = Receiver(settings.unit_id, self.counters, bool(settings.echo))
        self.slave = Slave(self.bank, self.counters)
        self.line = machine.UART(
            pins.LINE_UART, settings.baud, tx=pins.LINE_TX, rx=pins.LINE_RX, rxbuf=512, timeout=0
        )

    def _panel_channels(self) -> "list[Channel]":
        from firmware.node.panel import Panel
        from firmware.node.relays import Relays

        self.relays = Relays(self.settings.aerators, self.settings.running_a)
        self.panel = Panel(self.settings, self.relays, self.clock)
        return [Channel(QUANTITY_CURRENT) for _ in range(self.settings.aerators)]

    def _probe_channels(self) -> "list[Channel]":
        from firmware.node.probes.master import Master
        from firmware.node.probes.yosemitech import DRIVERS, Water

        uart = machine.UART(pins.PROBES_UART, 9600, tx=pins.PROBES_TX, rx=pins.PROBES_RX, rxbuf=256, timeout=0)
        master = Master(uart, asyncio.sleep_ms, self.counters)
        water = Water(self.settings)
        channels = []
        for driver, unit_id in self.settings.probes:
            probe = DRIVERS[driver](master, unit_id, water)
            self.probes.append(probe)
            channels.extend(probe.channels)
        return channels

    def _serve_blocks(self) -> None:
        status = Status(self.settings, machine.unique_id(), self.boot_id, machine.reset_cause(), self.clock)
        status.serve(self.bank, self.counters, self.sampler.ring)
        self.sampler.serve(self.bank)
        self.setup = Setup(self.settings, self._ask_reset)
        self.setup.serve(self.bank)
        if self.panel is not None:
            self.panel.serve(self.bank)

    def _ask_reset(self) -> None:
        self.reset_asked = True

    async def run(self) -> None:
        tasks = [self._guarded(self._serve()), self._guarded(self._measure())]
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
            machine.reset()

    def give_air(self) -> None:
        # Lets every aerator run.
        for aerator in range(self.settings.aerators if self.relays else 0):
            self.relays.allow(aerator, True)

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
        self.setup.save_if_asked()

    async def _measure(self) -> None:
        # Samples stand on a fixed grid; one that comes late does not move the next.
        due_ms = self.clock.uptime_ms()
        while True:
            period_ms = self.settings.sample_period_ms
            self.heartbeat.expect("measure", 2 * period_ms + 10000)
            if self.panel is not None:
                self._measure_currents()
            for probe in self.probes:
                await probe.read(self.clock)
            self.sampler.take()
            due_ms += period_ms
            behind_ms = self.clock.uptime_ms() - due_ms
            if behind_ms > 0:
                due_ms += behind_ms
            await asyncio.sleep_ms(max(due_ms - self.clock.uptime_ms(), 0))

    def _measure_currents(self) -> None:
        now_ms = self.clock.uptime_ms()
        for aerator, channel in enumerate(self.sampler.channels):
            channel.good(self.relays.current_a(aerator), now_ms)

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
            if self.reset_asked:
                await asyncio.sleep_ms(200)
                machine.reset()
            gc.collect()
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
