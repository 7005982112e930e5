"""DS18B20 sensors on one 1-Wire pin: ROM and function commands, scratchpad with CRC, a conversion of 750 ms."""

from collections.abc import Callable

from hardware import registers
from hardware.twin.probes.crc import crc8
from hardware.twin.probes.senses import Senses

READ_ROM, MATCH_ROM, SKIP_ROM = 0x33, 0x55, 0xCC
CONVERT, READ_SCRATCHPAD = 0x44, 0xBE
CONVERSION_S = 0.75
POWER_ON = bytes((0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10))


def rom_of(number: int) -> bytes:
    """A ROM of family 28 with this serial number."""
    rom = b"\x28" + number.to_bytes(6, "little")
    return rom + bytes((crc8(rom),))


class Sensor:
    """One sensor."""

    def __init__(self, senses: Senses, number: int, quantity: int = registers.QUANTITY_TEMPERATURE) -> None:
        self.senses = senses
        self.rom = rom_of(number)
        self.quantity = quantity
        self.scratchpad = POWER_ON
        self.ready_s = 0.0

    def convert(self, now_s: float) -> None:
        """Measure; a sensor whose supply breaks down meanwhile starts anew."""
        self.ready_s = now_s + CONVERSION_S
        if self.senses.faults.power_on_value:
            self.scratchpad = POWER_ON
            return
        count = round(self.senses.value(self.quantity) * 16)
        self.scratchpad = count.to_bytes(2, "little", signed=True) + POWER_ON[2:6] + bytes((16 - (count & 15), 0x10))


class Wire:
    """The bus: after a reset a ROM command selects, then a function command acts; lines of several sensors are ANDed."""

    def __init__(self, sensors: list[Sensor], now_s: Callable[[], float]) -> None:
        self.sensors = sensors
        self._now_s = now_s
        self._sent = b""
        self._out = b""
        self._selected: list[Sensor] = []

    def reset(self) -> bool:
        """Whether anybody answers the reset with its presence."""
        self._sent = self._out = b""
        self._selected = []
        return bool(self._alive())

    def write(self, byte: int) -> None:
        """Take eight bits of a command."""
        self._sent += bytes((byte,))
        match self._sent[0]:
            case 0x33 if len(self._sent) == 1:
                self._say([sensor.rom for sensor in self._alive()])
            case 0x55 if len(self._sent) == 9:
                self._selected = [sensor for sensor in self._alive() if sensor.rom == self._sent[1:]]
            case 0x55 if len(self._sent) == 10:
                self._act(byte)
            case 0xCC if len(self._sent) == 1:
                self._selected = self._alive()
            case 0xCC if len(self._sent) == 2:
                self._act(byte)

    def read(self) -> int:
        """The next eight bits; ones when nobody pulls the wire."""
        if self._sent[-1:] == bytes((CONVERT,)):
            busy = any(self._now_s() < sensor.ready_s or sensor.senses.faults.not_ready for sensor in self._selected)
            return 0 if busy else 0xFF
        byte, self._out = (self._out[:1] or b"\xff")[0], self._out[1:]
        return byte

    def roms(self) -> list[bytes]:
        """What a search finds."""
        return [sensor.rom for sensor in self._alive()]

    def _alive(self) -> list[Sensor]:
        return [sensor for sensor in self.sensors if not sensor.senses.faults.dead]

    def _act(self, command: int) -> None:
        if command == CONVERT:
            for sensor in self._selected:
                sensor.convert(self._now_s())
        elif command == READ_SCRATCHPAD:
            self._say([_with_crc(sensor) for sensor in self._selected])

    def _say(self, answers: list[bytes]) -> None:
        self._out = bytes(_all_of(column) for column in zip(*answers, strict=True))


def _with_crc(sensor: Sensor) -> bytes:
    crc = crc8(sensor.scratchpad) ^ (0x10 if sensor.senses.faults.garbled else 0)
    return sensor.scratchpad + bytes((crc,))


def _all_of(bits: tuple[int, ...]) -> int:
    result = 0xFF
    for one in bits:
        result &= one
    return result
