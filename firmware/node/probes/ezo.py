# What Atlas Scientific's EZO circuits share on I2C: write an ASCII command, then ask until the answer is there. First byte
# of an answer: 1 done, 2 syntax error, 254 not ready, 255 nothing to say; then ASCII, ended by NUL.
#
# Answers take 300 ms to 1.7 s with circuit and firmware (esphome's ezo, Atlas's Ezo_I2c_lib, ModularSensors), so the node
# asks again and again, up to a deadline, and never trusts a delay.

from firmware.node.probes.options import address_in, known
from firmware.node.probes.probe import Probe, ProbeSilent, printable
from hardware.registers import (
    REASON_BAD_FRAME,
    REASON_NOT_READY,
    REASON_PROBE_FAULT,
    REASON_TIMEOUT,
)

_DONE = 1
_SYNTAX_ERROR = 2
_NOT_READY = 254
_STEP_MS = 50
_LONGEST_MS = 2500
_ANSWER_LENGTH = 32
_MOST_DIGITS = 12
_NAMES = {b"DO": b"DO", b"D.O.": b"DO", b"PH": b"PH", b"EC": b"EC", b"ORP": b"ORP"}


class Ezo(Probe):
    # `name` is what the circuit calls itself, `setup` are commands that a circuit gets when it comes back.
    bus = "i2c"

    def __init__(self, i2c, address, name: bytes, setup, water, measured, derived=()) -> None:
        super().__init__(water, measured, derived)
        self._i2c = i2c
        self._address = address
        self._name = name
        self._setup = setup
        self._answer = bytearray(_ANSWER_LENGTH)

    async def _read(self, clock) -> None:
        if not self.answering:
            await self._refuse_other()
            for command in self._setup:
                await self._ask(command)
        end = await self._ask(self._command())
        self._put(number(self._answer, 1, end), clock.uptime_ms())

    def _command(self) -> bytes:
        return b"R"

    def _put(self, value: float, now_ms: int) -> None:
        self._measured[0].put(value, now_ms)

    def _compensated(self) -> bytes:
        # Reads at the water's temperature where that is known.
        temperature_c = self._water.temperature_c
        return b"RT,%.1f" % temperature_c if temperature_c == temperature_c else b"R"

    async def _identify(self):
        end = await self._ask(b"i")
        return printable(self._answer[4:end])

    async def _refuse_other(self) -> None:
        # A pH circuit at the oxygen circuit's address must not give oxygen.
        end = await self._ask(b"i")
        kind = bytes(self._answer[1:end]).upper().split(b",")
        if kind[0] != b"?I" or len(kind) < 2:
            raise ProbeSilent(REASON_BAD_FRAME)
        if _NAMES.get(kind[1], self._name) != self._name:
            raise ProbeSilent(REASON_PROBE_FAULT)

    async def _ask(self, command: bytes) -> int:
        # Leaves the answer in `_answer` from byte 1 on and returns its end.
        answer = self._answer
        try:
            self._i2c.writeto(self._address, command)
            left_ms = _LONGEST_MS
            while left_ms > 0:
                await self.sleep_ms(_STEP_MS)
                left_ms -= _STEP_MS
                self._i2c.readfrom_into(self._address, answer)
                if answer[0] == _DONE:
                    return _end(answer)
                if answer[0] != _NOT_READY:
                    break
        except OSError:
            raise ProbeSilent(REASON_TIMEOUT)
        if answer[0] == _SYNTAX_ERROR:
            raise ProbeSilent(REASON_PROBE_FAULT)
        raise ProbeSilent(REASON_NOT_READY if answer[0] >= _NOT_READY else REASON_BAD_FRAME)


def _end(answer: bytearray) -> int:
    for at in range(1, len(answer)):
        if answer[at] == 0:
            return at
    raise ProbeSilent(REASON_BAD_FRAME)


def number(text: bytearray, at: int, end: int) -> float:
    # A plain decimal number and nothing else: float() would take nan, inf and underscores.
    first = at
    if at < end and text[at] in b"-+":
        at += 1
    whole_digits = digits(text, at, end)
    at += whole_digits
    fraction_digits = 0
    plain = whole_digits > 0
    if at < end and text[at] == 0x2E:
        fraction_digits = digits(text, at + 1, end)
        at += 1 + fraction_digits
        plain = plain and fraction_digits > 0
    if not plain or at != end or whole_digits + fraction_digits > _MOST_DIGITS:
        raise ProbeSilent(REASON_BAD_FRAME)
    return float(bytes(text[first:end]).decode())


def digits(text: bytearray, at: int, end: int) -> int:
    count = 0
    while at + count < end and 0x30 <= text[at + count] <= 0x39:
        count += 1
    return count


def place(address, options, names: str = "") -> int:
    # Checks address and option names of a circuit.
    known(options, names)
    return address_in(address, 0x08, 0x77)
