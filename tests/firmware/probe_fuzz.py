"""Random and damaged replies against every probe driver, on any bus; who says what was really sent is written anew here."""

import math
import random
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from firmware.node.counters import Counters
from firmware.node.probes import make
from firmware.node.probes.master import Master
from firmware.node.probes.water import Water
from hardware.twin.probes.crc import crc8, crc16

UNIT = 1
ADDRESS = 0x48
ROM = b"\x28\x01\x02\x03\x04\x05\x06" + bytes((crc8(b"\x28\x01\x02\x03\x04\x05\x06"),))
Values = list[float]


class Still:
    """A clock at one moment."""

    def uptime_ms(self) -> int:
        """The moment."""
        return 1000


class Fresh:
    """Settings of a node in fresh water."""

    salinity_psu = 0.0
    pressure_hpa = 1013.25


async def no_sleep(_: int) -> None:
    """No time passes."""


class Wires:
    """All three buses at once; whatever is asked, `said` is the answer."""

    def __init__(self) -> None:
        self.said = b""
        self._left = b""
        self._command = 0
        self.counters = Counters()
        self.master = Master(self, no_sleep, self.counters)
        self.i2c = self.one_wire = self

    def init(self, baudrate: int) -> None:
        """Serial port: another speed."""

    def any(self) -> int:
        """Serial port: bytes that wait."""
        return len(self._left)

    def write(self, data: bytes) -> None:
        """Serial port: a request."""
        self._left = self.said

    def readinto(self, buffer: memoryview) -> int:
        """Serial port: take what waits."""
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def writeto(self, address: int, data: bytes) -> None:
        """I2C: a command."""

    def readfrom_into(self, address: int, buffer: bytearray) -> None:
        """I2C: the answer."""
        buffer[:] = self.said[: len(buffer)].ljust(len(buffer), b"\0")

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        """I2C: a register."""

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        """I2C: config stands first in `said`, conversion second."""
        buffer[:] = self.said[2:4] if register == 0 else self.said[:2]

    def reset(self) -> bool:
        """1-Wire: present."""
        self._left = b""
        return True

    def writebyte(self, value: int) -> None:
        """1-Wire: a command; the scratchpad is `said`, a conversion is over at once."""
        self._left = self.said if value == 0xBE else b""

    def readbyte(self) -> int:
        """1-Wire: the next byte."""
        byte, self._left = (self._left[:1] or b"\xff")[0], self._left[1:]
        return byte

    def crc8(self, data: bytes) -> int:
        """1-Wire: 0 when the data end in their CRC."""
        return crc8(bytes(data))


@dataclass(frozen=True)
class Target:
    """One driver: `good` is a whole answer, `meaning` what an answer says, None when it must be refused."""

    entry: list[Any]
    good: bytes
    meaning: Callable[[bytes], Values | None]
    checked: bool = True
    """Whether a check sum stands in the answer, so that no small damage can pass."""


def rtu_target(
    driver: str, function: int, data: bytes, decode: Callable[[bytes], Values | None], **options: Any
) -> Target:
    """A Modbus probe that answers its one question with `data`."""
    body = bytes((UNIT, function, len(data))) + data
    size = len(body) + 2

    def meaning(said: bytes) -> Values | None:
        frame = said[-size:]
        head = frame[:3] == bytes((UNIT, function, len(data)))
        return decode(frame[3:-2]) if len(frame) == size and head and crc16(frame[:-2]) == frame[-2:] else None

    return Target([driver, UNIT, options], body + crc16(body), meaning)


def _fraction(order: str, share_at: int, degrees_at: int) -> Callable[[bytes], Values]:
    def decode(data: bytes) -> Values:
        share, degrees = (struct.unpack_from(order + "f", data, at)[0] for at in (share_at, degrees_at))
        return [share * 100, degrees]

    return decode


def _second_float(data: bytes) -> Values | None:
    return None if data[8] else [struct.unpack_from("<f", data, 4)[0]]


def _conductivity(data: bytes) -> Values | None:
    values = _second_float(data)
    return None if values is None or values[0] < 0.05 else values


def _energy(data: bytes) -> Values:
    words = struct.unpack(">10H", data)
    return [
        (words[1] + 65536 * words[2]) / 1000,
        words[0] / 10,
        (words[3] + 65536 * words[4]) / 10000,
        (words[5] + 65536 * words[6]) / 1000,
    ]


def _ascii(said: bytes) -> Values | None:
    text, ended, _ = said[1:32].ljust(31, b"\0").partition(b"\0")
    plain = re.fullmatch(rb"[+-]?[0-9]+([.][0-9]+)?", text) and len(re.sub(rb"[^0-9]", b"", text)) <= 12
    return [float(text)] if said[:1] == b"\x01" and ended and plain else None


def _loop(said: bytes) -> Values | None:
    config, count = struct.unpack(">Hh", said[:4])
    milliampere = count * 4096 / 32768 / 100
    if config != 0xC303 or not 3.6 <= milliampere <= 21 or abs(count) >= 32767:
        return None
    return [min(max((milliampere - 4) / 16, 0), 1) * 5]


def _thermometer(said: bytes) -> Values | None:
    data = said[:9].ljust(9, b"\xff")
    if crc8(data[:8]) != data[8] or data[4] & 0x1F != 0x1F:
        return None
    count = struct.unpack("<h", data[:2])[0]
    return None if count == 0x0550 and data[6] == 0x0C else [count / 16]


def _big_float(data: bytes) -> Values:
    return list(struct.unpack(">f", bytes((data[2], data[3], data[0], data[1]))))


AMMONIUM = {"quantity": 10, "register": 2, "type": "f32", "order": "CDAB", "low": 0, "high": 50}
SOLIDS = {"quantity": 11, "register": 2, "type": "s16", "function": 4, "scale": 0.5, "low": -9e4, "high": 9e4}
LOOP = {"kind": "loop", "input": 0, "quantity": 12, "shunt_ohm": 100, "low": 0, "high": 5}
SCRATCHPAD = b"\xc8\x01\x4b\x46\x7f\xff\x08\x10"
TARGETS = [
    rtu_target("y504", 3, struct.pack("<fff", 28.5, 0.82, 0), _fraction("<", 4, 0)),
    rtu_target("y510", 3, struct.pack("<ff", 28.5, 35.25) + b"\0\0", _second_float),
    rtu_target("y520", 3, struct.pack("<ff", 28.5, 24.75) + b"\0\0", _conductivity),
    rtu_target("y532", 3, struct.pack("<f", 7.84), lambda data: list(struct.unpack("<f", data))),
    rtu_target("sen0681", 3, struct.pack(">fff", 0.82, 6.1, 28.5), _fraction(">", 0, 8)),
    rtu_target("pzem004t", 4, struct.pack(">10H", 2301, 4700, 0, 10800, 0, 34464, 1, 500, 98, 0), _energy),
    rtu_target("modbus", 3, b"\x99\x9a\x41\x11", _big_float, channels=[AMMONIUM]),
    rtu_target("modbus", 4, b"\x01\x40", lambda data: [struct.unpack(">h", data)[0] / 2], channels=[SOLIDS]),
    Target(["ezo_ph", 0x63], b"\x017.841", _ascii, checked=False),
    Target(["ezo_orp", 0x62], b"\x01-123.4", _ascii, checked=False),
    Target(["ads1115", ADDRESS, {"inputs": [LOOP]}], b"\xc3\x03\x28\x00", _loop, checked=False),
    Target(["ds18b20", ROM.hex()], SCRATCHPAD + bytes((crc8(SCRATCHPAD),)), _thermometer),
]


@dataclass
class Outcome:
    """What became of all answers; `wrong` lists those that were taken for something else than they say."""

    tried: int = 0
    taken: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def damaged(chance: random.Random, good: bytes) -> tuple[bytes, bool]:
    """One answer, and whether its damage is so small that no check sum may miss it: one byte, or a shorter frame."""
    data = bytearray(good)
    kind = chance.randrange(8)
    if kind == 0:
        return good, False
    if kind <= 3:
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        return bytes(data), True
    if kind == 4:
        return bytes(data[: chance.randrange(1, len(data))]), False
    if kind == 5:
        return chance.randbytes(chance.randrange(12)) + good, False
    if kind == 6:
        for _ in range(chance.randrange(2, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data), False
    return chance.randbytes(chance.randrange(4, 40)), False


def resealed(chance: random.Random, good: bytes) -> bytes:
    """Random data in a frame whose check sum holds."""
    data = bytearray(good[:-2])
    for _ in range(chance.randrange(1, 4)):
        data[chance.randrange(len(data))] = chance.choice((0, 1, 2, 4, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(data) + crc16(bytes(data))


class Fuzz:
    """Puts answers through one real driver."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.wires = Wires()
        self.probe = make(target.entry, self.wires, Water(Fresh()))
        self.probe.sleep_ms = no_sleep
        self.probe.answering = True
        self.clock = Still()

    def try_answer(self, said: bytes) -> Values | None:
        """What the driver's primary channels get, None for nothing."""
        self.wires.said = said
        self.probe.answering = True
        run_now(self.probe.read(self.clock))
        channels = [channel for channel in self.probe.channels if not channel.derived]
        for channel in channels:
            channel.settle(1000)
        self.probe.derive(1000)
        shown = [channel.raw for channel in channels]
        for channel in self.probe.channels:
            assert channel.quality >> 8 == 2 or channel.low <= channel.value <= channel.high
            assert channel.quality >> 8 < 2 or math.isnan(channel.value)
        return None if all(math.isnan(value) for value in shown) else shown


def run_now(coroutine: Any) -> None:
    """Run a coroutine that never waits, without the cost of an event loop."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the driver waits for something else than sleep_ms and its bus")


def same(shown: Values | None, meant: Values | None) -> bool:
    """Whether the driver took the answer for what it says; a value that is no number counts as refused."""
    finite = [value if math.isfinite(value) else math.nan for value in meant or [math.nan]]
    if shown is None:
        return all(math.isnan(value) for value in finite)
    return len(shown) == len(finite) and all(
        (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        for a, b in zip(shown, finite, strict=True)
    )


def fuzz(count: int, seed: int) -> Outcome:
    """So many answers in all, spread over the drivers; any exception of a driver comes out."""
    outcome = Outcome()
    chance = random.Random(seed)
    drivers = [Fuzz(target) for target in TARGETS]
    for at in range(count):
        driver = drivers[at % len(drivers)]
        target = driver.target
        if target.entry[1] == UNIT and chance.random() < 0.2:
            said, small = resealed(chance, target.good), False
        else:
            said, small = damaged(chance, target.good)
        if target.entry[0] == "ads1115":
            said = said[:4].ljust(4, b"\0")
        shown = driver.try_answer(said)
        outcome.tried += 1
        outcome.taken += shown is not None
        outcome.refused += shown is None
        passed = small and target.checked and shown is not None
        if passed or not same(shown, target.meaning(said)):
            outcome.wrong.append(f"{target.entry[0]}: {said.hex()} taken for {shown}")
    return outcome
