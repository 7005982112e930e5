# Atlas EZO-pH, usually at 0x63. Sources as in ezo.py.

from firmware.node.channel import Channel
from firmware.node.probes.ezo import Ezo, place
from hardware.registers import QUANTITY_PH


class Driver(Ezo):
    def __init__(self, i2c, address, options, water) -> None:
        super().__init__(i2c, place(address, options), b"PH", (), water, (Channel(QUANTITY_PH, 0.0, 14.0),))

    def _command(self) -> bytes:
        return self._compensated()
