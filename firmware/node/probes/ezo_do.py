# Atlas EZO-DO, galvanic oxygen, usually at 0x61. It is told to give saturation only; salinity and pressure are ours, so its
# own corrections stand at fresh water and sea level. Sources as in ezo.py.
#
# It measures no temperature: mg/L needs another probe's, or option `temperature_c`.

from firmware.node.channel import NOTHING, Channel
from firmware.node.probes.derived import Oxygen
from firmware.node.probes.ezo import Ezo, place
from firmware.node.probes.options import number
from hardware.registers import QUANTITY_DO_SATURATION

_SETUP = (b"O,%,1", b"O,mg,0", b"S,0", b"P,101.3")


class Driver(Ezo):
    def __init__(self, i2c, address, options, water) -> None:
        address = place(address, options, "temperature_c")
        assumed_c = number(options, "temperature_c", 0.0, 45.0) if options else NOTHING
        share = Channel(QUANTITY_DO_SATURATION, 0.0, 250.0)
        oxygen = Oxygen(share, None, water, assumed_c)
        super().__init__(i2c, address, b"DO", _SETUP, water, (share,), (oxygen,))

    def _command(self) -> bytes:
        return self._compensated()
