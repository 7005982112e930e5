# The buses that probes hang on, each made when the first probe asks for it.

import asyncio

from hardware import pins


class Buses:
    def __init__(self, counters) -> None:
        self._counters = counters
        self._made: "dict[str, object]" = {}

    @property
    def master(self):
        # Modbus on the probes' own line.
        return self._once("master", self._make_master)

    @property
    def i2c(self):
        return self._once("i2c", _make_i2c)

    @property
    def one_wire(self):
        return self._once("one_wire", _make_one_wire)

    def _once(self, name, make):
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _make_master(self):
        from machine import UART

        from firmware.node.probes.master import Master

        uart = UART(pins.PROBES_UART, 9600, tx=pins.PROBES_TX, rx=pins.PROBES_RX, rxbuf=256, timeout=0)
        return Master(uart, asyncio.sleep_ms, self._counters)


def _make_i2c():
    from machine import I2C, Pin

    return I2C(0, scl=Pin(pins.I2C_SCL), sda=Pin(pins.I2C_SDA), freq=100000)


def _make_one_wire():
    from machine import Pin
    from onewire import OneWire  # type: ignore[import-not-found]

    return OneWire(Pin(pins.ONE_WIRE))
