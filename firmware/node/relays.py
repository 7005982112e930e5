# Relays, current transformers and Hand-Off-Auto contacts of a panel, on the pins of hardware/pins.py.

from machine import ADC, I2C, PWRON_RESET, RTC, WDT_RESET, Pin, reset_cause

from hardware import pins

_ALL_AUTO = 0x5555
_GPIO_REGISTER = 0x12
_MARK = 0xA7


class Relays:
    # The mask of allowed aerators is kept in RTC memory and on latched pins, so that a reset moves no relay. After the
    # watchdog bit, or where the memory says nothing, every aerator may run: that boot had a reason to be doubted. At a
    # power-up those that draw current go on; the others' relays are energised, to be let go one by one.
    def __init__(self, count: int, running_a: float) -> None:
        self._count = count
        self._adcs = [ADC(Pin(pins.CURRENTS[i]), atten=ADC.ATTN_11DB) for i in range(count)]
        self._i2c = I2C(0, scl=Pin(pins.I2C_SCL), sda=Pin(pins.I2C_SDA), freq=100000)
        self._contacts = bytearray(2)
        self._currents_a = [0.0] * count
        self._hoa = _ALL_AUTO
        self.refresh()
        self._mask = self._survived(running_a)
        self._remember()
        self._relays = [Pin(pins.RELAYS[i]) for i in range(count)]
        for i in range(count):
            self._drive(i)

    def allowed(self) -> int:
        return self._mask

    def allow(self, aerator: int, run: bool) -> None:
        if run:
            self._mask |= 1 << aerator
        else:
            self._mask &= ~(1 << aerator)
        self._remember()
        self._drive(aerator)

    def current_a(self, aerator: int) -> float:
        return self._currents_a[aerator]

    def hoa(self) -> int:
        return self._hoa

    def refresh(self) -> None:
        # Reads currents and contacts, so that nobody who asks has to wait for them.
        for i in range(len(self._adcs)):
            self._currents_a[i] = self._adcs[i].read_uv() / pins.MICROVOLTS_PER_AMPERE
        try:
            self._i2c.readfrom_mem_into(pins.HOA_EXPANDER, _GPIO_REGISTER, self._contacts)
            self._hoa = self._contacts[0] | self._contacts[1] << 8
        except OSError:
            self._hoa = _ALL_AUTO

    def _survived(self, running_a: float) -> int:
        everything = (1 << self._count) - 1
        memory = RTC().memory()
        if reset_cause() == PWRON_RESET:
            return sum(1 << i for i in range(self._count) if self._currents_a[i] >= running_a)
        if reset_cause() == WDT_RESET or len(memory) != 2 or memory[0] != _MARK:
            return everything
        return memory[1] & everything

    def _remember(self) -> None:
        RTC().memory(bytes((_MARK, self._mask)))

    def _drive(self, aerator: int) -> None:
        # The level is set under the latch, then the latch opened and closed: the pin never shows another level.
        relay = self._relays[aerator]
        relay.init(Pin.OUT, value=0 if self._mask & 1 << aerator else 1)
        relay.init(hold=False)
        relay.init(hold=True)
