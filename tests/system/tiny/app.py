# The smallest application: answers the line, takes updates, proves itself in seconds. Reads nothing but what it needs.

import time

import machine

from firmware.node import essentials, key, slots, trial
from firmware.node.bank import Bank
from firmware.node.clock import Clock
from firmware.node.counters import Counters
from firmware.node.receiver import Receiver
from firmware.node.settings import Settings  # noqa: F401 - the starter asks the application for it
from firmware.node.slave import Slave
from firmware.node.status import Status
from firmware.node.transfer import Transfer
from firmware.node.update import Update
from hardware import pins
from hardware.registers import ACTION_RESET, ACTION_SWITCH_SLOT, CONTROL

trial.KEEP_AFTER_MS = 1500
trial.GIVE_BACK_AFTER_MS = 4000
ANSWERING = 1


def main(settings, memory):
    watchdog = machine.WDT(timeout=8000)
    clock = Clock(time.ticks_ms, time.ticks_diff)
    counters = Counters()
    asked = []
    essentials.remember(settings)
    transfer = Transfer(watchdog.feed)
    update = Update(transfer, settings.update_key, lambda: ANSWERING, lambda: asked.append(1), watchdog.feed)
    bank = Bank()
    cause = machine.reset_cause()
    Status(settings, machine.unique_id(), 1, cause, clock, slots, key.key_id()).serve(bank, counters)
    transfer.serve(bank)
    actions = {ACTION_RESET: lambda: asked.append(1), ACTION_SWITCH_SLOT: update.switch}
    bank.add(CONTROL, None, lambda offset, words: actions[words[0]]())
    serve(settings, bank, counters, transfer, trial.Trial(clock, slots), watchdog, asked)


def serve(settings, bank, counters, transfer, judge, watchdog, asked):
    receiver = Receiver(settings.unit_id, counters)
    slave = Slave(bank, counters)
    line = machine.UART(pins.LINE_UART, settings.baud, tx=pins.LINE_TX, rx=pins.LINE_RX, rxbuf=512, timeout=0)
    chunk = bytearray(128)
    while True:
        watchdog.feed()
        count = line.readinto(chunk)
        if count:
            start = receiver.feed(chunk, count)
            if start >= 0:
                used = receiver.length - start
                length = slave.serve(receiver.buffer, start)
                receiver.clear(used)
                line.write(memoryview(slave.reply)[:length])
        elif not transfer.step():
            if asked or not judge.healthy(counters.requests, ANSWERING):
                machine.reset()
            time.sleep_ms(2)
