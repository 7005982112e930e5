"""Probes on the gateway's line: Yosemitech, DFRobot SEN0681, SUP-DO7013. What the water is like is set by `water`."""

import struct

from hardware.twin.foreign.slave import Slave

START = struct.pack(">BHH", 3, 0x2500, 0)


class Yosemitech(Slave):
    """Function 3, floats with all bytes reversed; optical ones want a read of no register at 0x2500 to start."""

    def __init__(self, unit_id: int, model: str) -> None:
        super().__init__(unit_id)
        self.model = model
        self.started = False
        self.water(28.0, 70.0)

    def water(self, temperature_c: float, value: float, error: int = 0) -> None:
        """Temperature and saturation in per cent (Y504), pH (Y532) or mS/cm (Y520)."""
        if self.model == "y532":
            self.set_float(0x2800, value, "DCBA")
            self.set_float(0x2400, temperature_c, "DCBA")
            return
        self.set_float(0x2600, temperature_c, "DCBA")
        self.set_float(0x2602, value / 100 if self.model == "y504" else value, "DCBA")
        if self.model == "y504":
            self.set_float(0x2604, 0.0, "DCBA")
        else:
            self.holding[0x2604] = error << 8

    def odd(self, body: bytes) -> bytes | None:
        """The order to start, answered with no data."""
        if body != START:
            return None
        self.started = True
        return bytes((3, 0))


class Sen0681(Slave):
    """DFRobot's optical probe for sea water: floats with the high byte first."""

    def __init__(self, unit_id: int) -> None:
        super().__init__(unit_id)
        self.water(28.0, 70.0, 5.1)

    def water(self, temperature_c: float, saturation: float, do_mg_l: float) -> None:
        """What it measures; the salinity that was set in it makes the mg/L."""
        self.set_float(0x0000, saturation / 100)
        self.set_float(0x0002, do_mg_l)
        self.set_float(0x0004, temperature_c)
        self.holding |= {0x1020: 0, 0x1022: 10132}


class SupDo7013(Slave):
    """Galvanic probe in whole numbers."""

    def __init__(self, unit_id: int) -> None:
        super().__init__(unit_id)
        self.water(28.0, 70.0, 5.1)

    def water(self, temperature_c: float, saturation: float, do_mg_l: float) -> None:
        """0.1 degC, 0.01 mg/L, 0.1 %."""
        self.holding = {0: round(10 * temperature_c), 1: round(100 * do_mg_l), 2: round(10 * saturation)}
