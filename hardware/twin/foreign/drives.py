"""Frequency drives by their makers' manuals: INVT Goodrive GD20 and Delta MS300."""

from hardware.twin.foreign.slave import Slave


class Drive(Slave):
    """A motor that follows at once. `trip` stops it until it is reset; `run_a` is the current at full speed."""

    command_at = frequency_at = 0

    def __init__(self, unit_id: int, run_a: float = 4.0) -> None:
        super().__init__(unit_id)
        self.running = False
        self.fault = 0
        self.set_hz = 0.0
        self.run_a = run_a
        self.show()

    @property
    def output_hz(self) -> float:
        """What turns the motor."""
        return self.set_hz if self.running and not self.fault else 0.0

    def trip(self, fault: int) -> None:
        """It stops by itself."""
        self.fault, self.running = fault, False
        self.show()

    def written(self, address: int, value: int) -> bool:
        """Command or frequency."""
        if address == self.frequency_at:
            self.set_hz = value / 100
        elif address == self.command_at:
            self.obey(value)
        else:
            return False
        self.show()
        return True

    def obey(self, value: int) -> None:
        """A command word."""

    def show(self) -> None:
        """Bring the registers up to date."""


class Gd20(Drive):
    """INVT GD20: 2000H commands, 3000H what it does; at most 16 registers at once."""

    command_at, frequency_at = 0x2000, 0x2001
    most_words = 16

    def obey(self, value: int) -> None:
        """1 forward, 5 stop, 6 coast, 7 reset; a faulted drive does not run."""
        if value == 7:
            self.fault = 0
        elif value == 1:
            self.running = not self.fault
        elif value in (5, 6):
            self.running = False

    def show(self) -> None:
        """State, fault, frequency and current."""
        state = 4 if self.fault else 1 if self.running else 3
        self.holding = {0x2000: 0, 0x2001: round(100 * self.set_hz)}
        self.holding |= {0x2100: state, 0x2101: 0x40, 0x2102: self.fault, 0x2103: 0x10B}
        amps = round(10 * self.run_a * self.output_hz / 50)
        rpm = round(29 * self.output_hz)
        values = [round(100 * self.output_hz), round(100 * self.set_hz), 5370, 380, amps, rpm, 0, 0]
        self.holding |= {0x3000 + at: value for at, value in enumerate(values)}


class Ms300(Drive):
    """Delta MS300: 2000H commands by bits, 2100H what it does."""

    command_at, frequency_at = 0x2000, 0x2001
    most_words = 20

    def written(self, address: int, value: int) -> bool:
        """Bit 1 of 2002H resets a fault."""
        if address == 0x2002:
            self.fault = 0 if value & 2 else self.fault
            self.show()
            return True
        return super().written(address, value)

    def obey(self, value: int) -> None:
        """Lowest two bits: 1 stop, 2 run."""
        if value & 3 == 2:
            self.running = not self.fault
        elif value & 3 == 1:
            self.running = False

    def show(self) -> None:
        """Fault, state, frequencies, current."""
        state = 3 if self.running else 0
        amps = round(100 * self.run_a * self.output_hz / 50)
        self.holding = {0x2000: 0, 0x2001: round(100 * self.set_hz), 0x2002: 0}
        values = [self.fault, state | 0x0500, round(100 * self.set_hz), round(100 * self.output_hz), amps, 5370, 3800]
        self.holding |= {0x2100 + at: value for at, value in enumerate(values)}
