# Relays, current transformers, contacts, phases and siren of a panel, on the pins of hardware/pins.py.
#
# Normally closed wiring is the rule: a relay without current lets its aerator run, so a dead board means air. An aerator on
# a normally open contact stops with the board; it is for machines that something else keeps safe.

from machine import ADC, I2C, PWRON_RESET, WDT_RESET, Pin, reset_cause

from firmware.node import air, errorlog
from firmware.node.expander import Expander
from hardware import pins
from hardware.registers import MAINS_HOA_UNREAD, MAINS_UNREAD, MAINS_WIRED

_ALL_AUTO = 0x5555
_ALL_PHASES = 7
_SIREN = 0x01
_SIREN_IS_OUTPUT = b"\xff\xfe"
_I2C_TIMEOUT_US = 5000


class Relays:
    # The mask of allowed aerators is kept in RTC memory and on latched pins, so that a reset moves no relay. After the
    # watchdog bit, or where the memory says nothing, every aerator may run: that boot had a reason to be doubted. At a
    # power-up those that draw current go on; the others rest, to be let go one by one.
    def __init__(self, count: int, running_a: float, normally_open: int = 0, phases: int = 0) -> None:
        self._count = count
        self._phases = phases & _ALL_PHASES
        self._adcs = [ADC(Pin(pins.CURRENTS[i]), atten=ADC.ATTN_11DB) for i in range(count)]
        i2c = I2C(0, scl=Pin(pins.I2C_SCL), sda=Pin(pins.I2C_SDA), freq=100000, timeout=_I2C_TIMEOUT_US)
        self._switches = Expander(i2c, pins.HOA_EXPANDER)
        self._sense = Expander(i2c, pins.SENSE_EXPANDER, _SIREN_IS_OUTPUT)
        self._currents_ma: "list[int | None]" = [None] * count
        self._reported = False
        self.refresh()
        self._memory = air.Memory()
        self._survive(running_a)
        self._memory.wiring = normally_open
        self._memory.keep()
        self._pins = [Pin(pins.RELAYS[i]) for i in range(count)]
        for i in range(count):
            self._drive(i)

    def allowed(self) -> int:
        return self._memory.mask & ((1 << self._count) - 1)

    def allow(self, aerator: int, run: bool) -> None:
        if run:
            self._memory.mask |= 1 << aerator
        else:
            self._memory.mask &= ~(1 << aerator)
        self._memory.keep()
        self._drive(aerator)

    def rest_ms(self, aerator: int) -> int:
        # What this aerator still had to rest when the memory was written last.
        return self._memory.rests[aerator] * air.REST_UNIT_MS

    def keep(self, fit: int, rests_ms: "list[int]") -> None:
        # For the next boot: what shall run when nobody decides, and how long each stopped aerator has yet to rest.
        self._memory.fit = fit | air.EVERYTHING & ~((1 << self._count) - 1)
        for aerator in range(self._count):
            self._memory.rests[aerator] = -(-rests_ms[aerator] // air.REST_UNIT_MS)
        self._memory.keep()

    def current_a(self, aerator: int) -> float:
        # NaN where the wire to the current transformer is broken.
        current_ma = self._currents_ma[aerator]
        return float("nan") if current_ma is None else current_ma / 1000

    def current_ma(self, aerator: int) -> "int | None":
        # The same without the memory that a fraction takes; None for a broken wire.
        return self._currents_ma[aerator]

    def hoa(self) -> int:
        # Switches that cannot be read stand at auto.
        return self._switches.contacts if self._switches.answers else _ALL_AUTO

    def mains(self) -> int:
        # The word `panel.mains`. What is not wired or cannot be read is there.
        word = _ALL_PHASES
        if self._phases:
            word = MAINS_WIRED | _ALL_PHASES
            if self._sense.answers:
                word &= self._sense.contacts | ~self._phases
            else:
                word |= MAINS_UNREAD
        return word if self._switches.answers else word | MAINS_HOA_UNREAD

    def sound(self, on: bool) -> None:
        # The siren follows at the next refresh.
        self._sense.outputs[1] = _SIREN if on else 0

    def refresh(self) -> None:
        # Reads currents and contacts, so that nobody who asks has to wait for them.
        for i in range(len(self._adcs)):
            self._currents_ma[i] = _current_ma(self._adcs[i].read_uv())
        self._switches.exchange()
        self._sense.exchange()
        needed = self._phases or self._sense.outputs[1]
        if not self._reported and (self._switches.away or self._sense.away and needed):
            self._reported = True
            errorlog.write("panel: the expander of the %s is silent; look at its supply and I2C wires"
                           % ("switches" if self._switches.away else "phases and siren"))

    def _survive(self, running_a: float) -> None:
        memory = self._memory
        whole = memory.recall()
        if reset_cause() == PWRON_RESET:
            memory.mask = sum(1 << i for i in range(self._count) if self.current_a(i) >= running_a)
            memory.rests[:] = bytes(air.AERATORS)
        elif not whole or reset_cause() == WDT_RESET:
            memory.mask = memory.fit

    def _drive(self, aerator: int) -> None:
        memory = self._memory
        air.drive(self._pins[aerator], memory.mask >> aerator & 1, memory.wiring >> aerator & 1)


def _current_ma(microvolts: int) -> "int | None":
    if microvolts < pins.MICROVOLTS_AT_ZERO_AMPERE * 3 // 4:
        return None
    return max(microvolts - pins.MICROVOLTS_AT_ZERO_AMPERE, 0) // (pins.MICROVOLTS_PER_AMPERE // 1000)
