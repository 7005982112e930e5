"""Aerators behind a panel node: contactors, motors, switches, phases, siren and the current that is fed back.

An energised coil (pin high) opens a normally closed contact and closes a normally open one: a panel without power lets
the machines on normally closed contacts run and stops the others.
"""

from dataclasses import dataclass

from hardware import pins
from hardware.twin.board.board import Board

SIREN_DIRECTION_REGISTER = 0x01
CONTACTS_REGISTER = 0x12
SIREN_OUTPUT_REGISTER = 0x15
SWITCH_POSITIONS = {"off": 0, "auto": 1, "hand": 2}


@dataclass
class Machine:
    """One aerator and what is wrong with it."""

    switch: str = "auto"
    welded: bool = False
    tripped: bool = False
    current_wire: bool = True
    contactor: bool = True
    running: bool = False
    starts: int = 0


class Bank:
    """The aerators of one panel, `rated_current_a` each; bits of `normally_open` say how their relays are wired."""

    def __init__(self, board: Board, count: int, rated_current_a: float, normally_open: int = 0) -> None:
        self.board = board
        self.machines = [Machine() for _ in range(count)]
        self.phases = [True, True, True]
        self.siren = False
        self._rated_current_a = rated_current_a
        self._normally_open = normally_open

    def step(self, mains: bool) -> int:
        """Let the contactors follow pins and switches, feed currents back; returns how many machines run."""
        phases = [present and mains for present in self.phases]
        contacts = 0
        for at, machine in enumerate(self.machines):
            wanted = machine.switch == "hand" or (machine.switch == "auto" and self.allowed(at))
            machine.contactor = wanted or (machine.welded and machine.contactor)
            running = machine.contactor and all(phases) and not machine.tripped
            machine.starts += running and not machine.running
            machine.running = running
            self.board.set_adc_uv(pins.CURRENTS[at], self._microvolts(machine))
            contacts |= SWITCH_POSITIONS[machine.switch] << 2 * at
        self.board.i2c_set(pins.HOA_EXPANDER, CONTACTS_REGISTER, contacts.to_bytes(2, "little"))
        self._sense(phases)
        return sum(machine.running for machine in self.machines)

    def allowed(self, at: int) -> bool:
        """True when the relay lets this machine run."""
        return self.board.level(pins.RELAYS[at]) == self._normally_open >> at & 1

    def _microvolts(self, machine: Machine) -> int:
        """What the current transformer's rectifier gives; nothing through a broken wire."""
        current_a = self._rated_current_a if machine.running else 0.0
        whole = pins.MICROVOLTS_AT_ZERO_AMPERE + int(current_a * pins.MICROVOLTS_PER_AMPERE)
        return whole if machine.current_wire else 0

    def _sense(self, phases: list[bool]) -> None:
        """Show the phases to the board and hear the siren, which is silent where its expander has no power."""
        address = pins.SENSE_EXPANDER
        word = sum(present << at for at, present in enumerate(phases))
        self.board.i2c_set(address, CONTACTS_REGISTER, bytes((word,)))
        if not self.board.status.running:
            self.board.i2c_set(address, SIREN_DIRECTION_REGISTER, b"\xff")
            self.board.i2c_set(address, SIREN_OUTPUT_REGISTER, b"\x00")
        directions = self.board.i2c_get(address, SIREN_DIRECTION_REGISTER, 1)[0]
        outputs = self.board.i2c_get(address, SIREN_OUTPUT_REGISTER, 1)[0]
        self.siren = bool(outputs & ~directions & 1)
