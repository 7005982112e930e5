"""Aerators behind a panel node: contactors, motors, switches and the current that is fed back.

The relay contacts are normally closed: an energised coil (pin high) holds the machine off. A panel without power lets
every machine run.
"""

from dataclasses import dataclass

from hardware import pins
from hardware.twin.board.board import Board

HOA_REGISTER = 0x12
SWITCH_POSITIONS = {"off": 0, "auto": 1, "hand": 2}


@dataclass
class Machine:
    """One aerator and what is wrong with it."""

    switch: str = "auto"
    welded: bool = False
    tripped: bool = False
    contactor: bool = True
    running: bool = False
    starts: int = 0


class Bank:
    """The aerators of one panel, `rated_current_a` each."""

    def __init__(self, board: Board, count: int, rated_current_a: float) -> None:
        self.board = board
        self.machines = [Machine() for _ in range(count)]
        self._rated_current_a = rated_current_a

    def step(self, mains: bool) -> int:
        """Let the contactors follow pins and switches, feed currents back; returns how many machines run."""
        contacts = 0
        for at, machine in enumerate(self.machines):
            allowed = self.board.level(pins.RELAYS[at]) == 0
            wanted = machine.switch == "hand" or (machine.switch == "auto" and allowed)
            machine.contactor = wanted or (machine.welded and machine.contactor)
            running = machine.contactor and mains and not machine.tripped
            machine.starts += running and not machine.running
            machine.running = running
            current_a = self._rated_current_a if running else 0.0
            self.board.set_adc_uv(pins.CURRENTS[at], int(current_a * pins.MICROVOLTS_PER_AMPERE))
            contacts |= SWITCH_POSITIONS[machine.switch] << 2 * at
        self.board.i2c_set(pins.HOA_EXPANDER, HOA_REGISTER, contacts.to_bytes(2, "little"))
        return sum(machine.running for machine in self.machines)

    def allowed(self, at: int) -> bool:
        """True when the relay lets this machine run."""
        return self.board.level(pins.RELAYS[at]) == 0
