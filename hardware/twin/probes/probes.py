"""All probes of one node, on its serial line and its board's buses, as its settings list them."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hardware import registers
from hardware.twin.board import Board
from hardware.twin.ponds import Pond
from hardware.twin.probes.ads1115 import Ads1115
from hardware.twin.probes.ds18b20 import Sensor, Wire
from hardware.twin.probes.ezo import EzoCircuit
from hardware.twin.probes.meters import Described, Pzem004t, Sen0681
from hardware.twin.probes.rtu import Line, Unit
from hardware.twin.probes.senses import ProbeFaults, Senses
from hardware.twin.probes.yosemitech import MODELS, Yosemitech
from hardware.twin.terminals import Terminal

Entry = Sequence[Any]


class Probes:
    """Probes by their settings entries [driver, address, options]; those on I2C and 1-Wire need `attach`."""

    def __init__(
        self,
        pond: Pond,
        terminal: Terminal,
        *,
        entries: Sequence[Entry],
        seed: int,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.terminal = terminal
        self.senses = Senses(pond, seed)
        self.sensors: list[Sensor] = []
        self._entries = [(entry[0], entry[1], entry[2] if len(entry) > 2 else {}) for entry in entries]
        self._seed = seed
        self._now_s = now_s
        units = {entry[1]: unit for entry in self._entries if (unit := self._unit(*entry))}
        self.line = Line(terminal, self.senses, units)
        self.answer = self.line.answer

    @property
    def faults(self) -> ProbeFaults:
        """What is wrong with them."""
        return self.senses.faults

    @property
    def drift_mg_l(self) -> float:
        """How far the oxygen probe is off by now."""
        return self.senses.drift_mg_l

    def step(self, hours: float) -> None:
        """Let time pass."""
        self.senses.step(hours)

    def heal(self) -> None:
        """Clean, wet and whole again."""
        self.senses.heal()

    def attach(self, board: Board) -> None:
        """Wire the probes that hang on I2C and 1-Wire to the board."""
        for driver, address, options in self._entries:
            if driver == "ads1115":
                board.bus.attach(address, Ads1115(self.senses, options, self._now_s))
            elif driver.startswith("ezo_"):
                board.bus.attach(address, EzoCircuit(self.senses, driver[4:].upper(), self._now_s))
            elif driver == "ds18b20":
                self.sensors.append(self._sensor(address, options))
        if self.sensors:
            board.bus.attach_one_wire(Wire(self.sensors, self._now_s))

    def _sensor(self, address: str | int, options: Mapping[str, Any]) -> Sensor:
        number = int.from_bytes(bytes.fromhex(address)[1:7], "little") if isinstance(address, str) else self._seed
        in_air = options.get("air")
        return Sensor(
            self.senses, number, registers.QUANTITY_AIR_TEMPERATURE if in_air else registers.QUANTITY_TEMPERATURE
        )

    def _unit(self, driver: str, address: Any, options: Mapping[str, Any]) -> Unit | None:
        if driver in MODELS:
            return Yosemitech(self.senses, driver, 1000 * self._seed + address)
        if driver == "sen0681":
            return Sen0681(self.senses)
        if driver == "pzem004t":
            return Pzem004t(self.senses)
        return Described(self.senses, options) if driver == "modbus" else None
