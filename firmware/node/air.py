# What is left when nothing else works: latched relays, and the RTC memory that lets them stand through a reset.
#
# main.py and the base call give() for whatever is broken, so this file imports nothing of ours but the pin map.

from machine import RTC, Pin

from hardware import pins

EVERYTHING = 0xFF
AERATORS = 8
REST_UNIT_MS = 3000  # of one count of `rests`: the longest rest of 600 s fits a byte

_MARK = 0xA9  # other than that of an older layout
_LENGTH = 13


class Memory:
    # `wiring`: relays on their normally open contact; `mask`: aerators that may run; `fit`: those that shall run when
    # nobody decides, all but what is beyond the power limit; `rests`: what each stopped aerator still has to rest.
    def __init__(self) -> None:
        self.wiring = 0
        self.mask = EVERYTHING
        self.fit = EVERYTHING
        self.rests = bytearray(AERATORS)
        self._image = bytearray(_LENGTH)
        self._kept = bytearray(_LENGTH)

    def recall(self) -> bool:
        # False when RTC memory holds nothing of ours that is whole.
        image = RTC().memory()
        if len(image) != _LENGTH or image[0] != _MARK or image[-1] != _check(image):
            return False
        self.wiring, self.mask, self.fit = image[1], image[2], image[3]
        self.rests[:] = image[4:-1]
        return True

    def keep(self) -> None:
        # Writes only what changed: cheap enough for every step.
        image = self._image
        image[0], image[1], image[2], image[3] = _MARK, self.wiring, self.mask, self.fit
        for at in range(AERATORS):
            image[4 + at] = self.rests[at]
        image[-1] = _check(image)
        if image != self._kept:
            RTC().memory(image)
            self._kept[:] = image


def drive(pin, run: int, normally_open: int) -> None:
    # The level is set under the latch, then the latch opened and closed: the pin never shows another level.
    pin.init(Pin.OUT, value=1 if run == normally_open else 0)
    pin.init(hold=False)
    pin.init(hold=True)


def give(wiring: "int | None" = None) -> None:
    # At once and whatever the motors' rest: everything that the power limit lets run. `wiring` is a mask of the normally
    # open relays; without it the one that the last boot knew holds.
    memory = Memory()
    memory.recall()
    if wiring is not None:
        memory.wiring = wiring
    memory.mask = memory.fit
    memory.rests[:] = bytes(AERATORS)
    memory.keep()
    for at in range(AERATORS):
        drive(Pin(pins.RELAYS[at]), memory.mask >> at & 1, memory.wiring >> at & 1)


def _check(image) -> int:
    total = 0x5A
    for at in range(_LENGTH - 1):
        total = (total * 31 + image[at]) & 0xFF
    return total
