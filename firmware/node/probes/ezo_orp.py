# Atlas EZO-ORP, usually at 0x62, in mV. Sources as in ezo.py.

from firmware.node.channel import Channel
from firmware.node.probes.ezo import Ezo, place
from hardware.registers import QUANTITY_ORP


class Driver(Ezo):
    def __init__(self, i2c, address, options, water) -> None:
        super().__init__(i2c, place(address, options), b"ORP", (), water, (Channel(QUANTITY_ORP, -2000.0, 2000.0),))
