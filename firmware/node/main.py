# The board's main.py. The watchdog runs before anything else, the console is shut where the settings say so, unless somebody
# presses the button within a second, and whatever goes wrong ends in air: latches open, every relay without current, a
# reset.

import time

import machine
import micropython

HOLD_BUTTON = 0
RELAY_PINS = (4, 13, 18, 19, 23, 25, 26, 2)

machine.WDT(timeout=30000)
try:
    import esp32

    if esp32.NVS("pondkeeper").get_i32("locked"):
        micropython.kbd_intr(-1)
        button = machine.Pin(HOLD_BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
        for _ in range(50):
            if not button.value():
                micropython.kbd_intr(3)
                break
            time.sleep_ms(20)
except OSError:
    pass  # nothing is kept yet: the console is open

try:
    from firmware.node import starter

    starter.start()
except Exception as error:
    import sys

    sys.print_exception(error)
    machine.RTC().memory(b"")
    for number in RELAY_PINS:
        pin = machine.Pin(number)
        pin.init(machine.Pin.OUT, value=0)
        pin.init(hold=False)
    machine.reset()
