"""Atlas EZO circuits on I2C: ASCII commands, an answer after 300 to 900 ms, 254 until then, 255 when nothing was asked."""

import errno
from collections.abc import Callable

from hardware import registers
from hardware.twin.probes.senses import Senses

DONE, SYNTAX_ERROR, NOT_READY, NOTHING = 1, 2, 254, 255
READ_S = 0.9
OTHER_S = 0.3
OUTPUTS = {"DO": ("MG", "%"), "EC": ("EC", "TDS", "S", "SG")}
NAMES = {"DO": "D.O.", "PH": "pH", "EC": "EC", "ORP": "ORP"}


class EzoCircuit:
    """One circuit of kind DO, PH, EC or ORP, as it leaves the factory with all outputs on."""

    def __init__(self, senses: Senses, kind: str, now_s: Callable[[], float]) -> None:
        self.outputs = dict.fromkeys(OUTPUTS.get(kind, ()), True)
        self.temperature_c = 25.0
        self._senses = senses
        self._kind = kind
        self._now_s = now_s
        self._answer: bytes | None = None
        self._ready_s = 0.0

    def write(self, data: bytes) -> None:
        """Take a command."""
        if self._senses.faults.dead:
            raise OSError(errno.ENODEV, "no acknowledge")
        command = data.decode("ascii", "replace").upper().split(",")
        self._ready_s = self._now_s() + (READ_S if command[0] in ("R", "RT") else OTHER_S)
        text = None if self._senses.faults.syntax_error else self._execute(command)
        self._answer = bytes((SYNTAX_ERROR,)) if text is None else bytes((DONE,)) + text.encode() + b"\0"

    def read(self, size: int) -> bytes:
        """Give the answer once, when it is ready."""
        if self._senses.faults.dead:
            raise OSError(errno.ENODEV, "no acknowledge")
        if self._senses.faults.not_ready or (self._answer is not None and self._now_s() < self._ready_s):
            return bytes((NOT_READY,)).ljust(size, b"\0")
        answer, self._answer = self._answer or bytes((NOTHING,)), None
        return answer.ljust(size, b"\0")[:size]

    def _execute(self, command: list[str]) -> str | None:
        match command:
            case ["I"]:
                return f"?I,{NAMES[self._kind]},2.16"
            case ["R"]:
                return self._reading()
            case ["RT", temperature]:
                self.temperature_c = float(temperature)
                return self._reading()
            case ["T", temperature]:
                self.temperature_c = float(temperature)
            case ["O", output, state] if output in self.outputs and state in ("0", "1"):
                self.outputs[output] = state == "1"
            case [("S" | "P"), _] if self._kind == "DO":
                pass
            case _:
                return None
        return ""

    def _reading(self) -> str:
        if self._kind == "PH":
            return f"{self._senses.value(registers.QUANTITY_PH):.3f}"
        if self._kind == "ORP":
            return f"{self._senses.value(registers.QUANTITY_ORP):.1f}"
        if self._kind == "DO":
            percent = self._senses.value(registers.QUANTITY_DO_SATURATION)
            values = {"MG": f"{percent * 0.08:.2f}", "%": f"{percent:.1f}"}
        else:
            microsiemens = self._senses.value(registers.QUANTITY_CONDUCTIVITY) * 1000
            values = {"EC": f"{microsiemens:.0f}", "TDS": f"{microsiemens / 2:.0f}", "S": "15.0", "SG": "1.010"}
        return ",".join(values[name] for name, wanted in self.outputs.items() if wanted)
