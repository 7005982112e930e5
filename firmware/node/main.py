# The board's main.py. The watchdog runs before anything else; settings and the samples' memory come while the heap is still
# in one piece; and whatever goes wrong ends in air: latches open, every relay without current, then a reset.

import machine

RELAY_PINS = (4, 13, 18, 19, 23, 25, 26, 2)
ALL_ALLOWED = b"\xa7\xff"  # what relays.py keeps in RTC memory when every aerator may run

machine.WDT(timeout=30000)
try:
    from firmware.node.settings import Settings

    settings = Settings()
    settings.load()
    memory = bytearray(settings.ring_bytes)

    from firmware.node import app

    app.main(settings, memory)
except Exception as error:
    import sys

    sys.print_exception(error)
    machine.RTC().memory(ALL_ALLOWED)
    for number in RELAY_PINS:
        pin = machine.Pin(number)
        pin.init(machine.Pin.OUT, value=0)
        pin.init(hold=False)
    machine.reset()
