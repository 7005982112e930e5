# Atlas EZO-EC, usually at 0x64. It gives uS/cm; it is left at 25 degC, where it corrects nothing, for salinity is computed
# here from the conductivity in place. Sources as in ezo.py.
#
# It measures no temperature: salinity needs another probe's, or option `temperature_c`.

from firmware.node.channel import NOTHING, Channel
from firmware.node.probes.derived import DRY_MS_CM, Salinity
from firmware.node.probes.ezo import Ezo, place
from firmware.node.probes.options import number
from hardware.registers import QUANTITY_CONDUCTIVITY, REASON_NO_SIGNAL

_SETUP = (b"O,EC,1", b"O,TDS,0", b"O,S,0", b"O,SG,0", b"T,25.0")


class Driver(Ezo):
    def __init__(self, i2c, address, options, water) -> None:
        address = place(address, options, "temperature_c")
        assumed_c = number(options, "temperature_c", 0.0, 45.0) if options else NOTHING
        conductivity = Channel(QUANTITY_CONDUCTIVITY, 0.0, 100.0)
        salinity = Salinity(conductivity, None, water, assumed_c)
        super().__init__(i2c, address, b"EC", _SETUP, water, (conductivity,), (salinity,))

    def _put(self, value: float, now_ms: int) -> None:
        if value / 1000 < DRY_MS_CM:
            self._measured[0].miss(REASON_NO_SIGNAL)
        else:
            self._measured[0].put(value / 1000, now_ms)
