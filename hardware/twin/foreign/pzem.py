"""PZEM-004T v3: ten input registers, pairs with the low word first, and a reset of four bytes that is no Modbus."""

from hardware.twin.foreign.slave import Slave

RESET = b"\x42"


class Pzem(Slave):
    """Measures what runs behind it; silent while its measured side has no mains."""

    def __init__(self, unit_id: int) -> None:
        super().__init__(unit_id)
        self.energy_wh = 0
        self.holding = {1: 0x59D8, 2: unit_id}
        self.load(0.0)

    def load(self, power_w: float, voltage_v: float = 230.0, power_factor: float = 0.85) -> None:
        """What is drawn now."""
        milliamps = round(1000 * power_w / (voltage_v * power_factor))
        decawatts = round(10 * power_w)
        words = [round(10 * voltage_v), *_low_first(milliamps), *_low_first(decawatts), *_low_first(self.energy_wh)]
        self.inputs = dict(enumerate([*words, 500, round(100 * power_factor), 0]))

    def odd(self, body: bytes) -> bytes | None:
        """The reset of the energy, echoed."""
        if body != RESET:
            return None
        self.energy_wh = 0
        self.inputs[5] = self.inputs[6] = 0
        return RESET


def _low_first(value: int) -> tuple[int, int]:
    return value & 0xFFFF, value >> 16
