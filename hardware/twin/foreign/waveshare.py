"""Waveshare Modbus RTU Relay 8CH (protocol V3 of its wiki): coils 0 to 7, 5500 toggles, 0x00FF means all; no watchdog."""

from hardware.twin.foreign.slave import Slave

RELAYS = 8
ALL = 0x00FF
TOGGLE = 0x5500


class WaveshareRelay(Slave):
    """`coils` are the relays; they hold their last state for ever, and drop when the board loses power."""

    def __init__(self, unit_id: int) -> None:
        super().__init__(unit_id)
        self.coils = dict.fromkeys(range(RELAYS), False)
        self.holding = {0x8000: 0x0100, 0x4000: unit_id}

    def switched(self, address: int, value: int) -> bool:
        """One relay, or all."""
        places = range(RELAYS) if address == ALL else [address]
        if value not in (0xFF00, 0x0000, TOGGLE) or not all(at in self.coils for at in places):
            return False
        for at in places:
            self.coils[at] = not self.coils[at] if value == TOGGLE else value == 0xFF00
        return True

    def lose_power(self) -> None:
        """All relays fall off and nobody answers."""
        self.dead = True
        self.coils = dict.fromkeys(range(RELAYS), False)
