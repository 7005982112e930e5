# A panel without its line: what the gateway would say is read from an analogue pin, a crash is asked for by a button.

import time

from machine import ADC, Pin, reset

from firmware.node import air
from firmware.node.bank import Bank
from firmware.node.clock import Clock
from firmware.node.panel import Panel
from firmware.node.relays import Relays
from firmware.node.settings import Settings
from hardware.registers import COMMAND

GATEWAY = ADC(Pin(12))
CRASH = Pin(0)
SIREN = Pin(15)

try:
    settings = Settings()
    settings.load()
    relays = Relays(settings.aerators, settings.running_a, settings.normally_open, settings.phases)
    panel = Panel(settings, relays, Clock(time.ticks_ms, time.ticks_diff))
    bank = Bank()
    panel.serve(bank)
    counter = 0
    while True:
        said = GATEWAY.read_uv()
        if said:
            counter += 1
            words = bytes((0, counter & 0xFF, 0, said & 0xFF, 0, 60, 0, SIREN.value()))
            bank.write(COMMAND.address, 4, words, 0)
        relays.refresh()
        panel.step()
        if CRASH.value():
            raise RuntimeError("asked for")
        time.sleep_ms(20)
except Exception:
    air.give()
    reset()
