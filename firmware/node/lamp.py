# The lamp that shows which node is meant: it blinks for half a minute when somebody on the line asks.

from machine import Pin

from hardware import pins

_HALF_PERIODS = 60


class Lamp:
    def __init__(self) -> None:
        self._pin = Pin(pins.IDENTIFY_LAMP, Pin.OUT, value=0)
        self._left = 0

    def blink(self) -> None:
        self._left = _HALF_PERIODS

    def step(self) -> None:
        # To be called twice a second.
        if self._left:
            self._left -= 1
            self._pin.value(self._left & 1)
