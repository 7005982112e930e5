# DS18B20, temperature on 1-Wire, with a power wire of its own: CONVERT 0x44, READ 0xBE, nine bytes with CRC-8, signed
# sixteenths of a degree, low byte first (datasheet; micropython-lib's ds18x20). Address: the 16 hexadecimal digits of its
# ROM, family 28 first, or 0 for the only one on the wire. Option `air`: 1 when it hangs in the air.
#
# 85.0 is what it holds after power-up: believed only when a second conversion says so, and then not while byte 6 is still
# 0x0C, which a conversion overwrites.

import binascii

from firmware.node.channel import Channel
from firmware.node.probes.options import choice, known
from firmware.node.probes.probe import Probe, ProbeSilent
from hardware.registers import (
    QUANTITY_AIR_TEMPERATURE,
    QUANTITY_TEMPERATURE,
    REASON_BAD_FRAME,
    REASON_NOT_READY,
    REASON_POWER_ON_VALUE,
    REASON_TIMEOUT,
)

_FAMILY = 0x28
_READ_ROM = 0x33
_MATCH_ROM = 0x55
_CONVERT = 0x44
_READ = 0xBE
_POWER_ON = 0x0550
_STEP_MS = 50
_LONGEST_MS = 1000  # 750 at 12 bits
_CONFIG_ONES = 0x1F


class Driver(Probe):
    bus = "one_wire"

    def __init__(self, wire, address, options, water) -> None:
        known(options, "air")
        if choice(options, "air", (0, 1), 0):
            channel = Channel(QUANTITY_AIR_TEMPERATURE, -10.0, 60.0)
        else:
            channel = Channel(QUANTITY_TEMPERATURE, 0.0, 45.0)
        super().__init__(water, (channel,))
        self._wire = wire
        self._fixed = address != 0 or isinstance(address, bool)
        self._rom = bytearray(_parsed(address) if self._fixed else 8)
        self._scratchpad = bytearray(9)

    async def _read(self, clock) -> None:
        if not self._fixed:
            self._find()
        count = await self._measure()
        if count == _POWER_ON:
            count = await self._measure()
            if count == _POWER_ON and self._scratchpad[6] == 0x0C:
                raise ProbeSilent(REASON_POWER_ON_VALUE)
        self._measured[0].put(count / 16, clock.uptime_ms())

    async def _identify(self):
        return binascii.hexlify(self._rom)

    def _find(self) -> None:
        self._reset()
        self._wire.writebyte(_READ_ROM)
        for at in range(8):
            self._rom[at] = self._wire.readbyte()
        self._check(self._rom)
        if self._rom[0] != _FAMILY:
            raise ProbeSilent(REASON_BAD_FRAME)

    async def _measure(self) -> int:
        # Sixteenths of a degree.
        self._select(_CONVERT)
        left_ms = _LONGEST_MS
        while self._wire.readbyte() != 0xFF:
            if left_ms <= 0:
                raise ProbeSilent(REASON_NOT_READY)
            await self.sleep_ms(_STEP_MS)
            left_ms -= _STEP_MS
        self._select(_READ)
        data = self._scratchpad
        for at in range(9):
            data[at] = self._wire.readbyte()
        self._check(data)
        if data[4] & _CONFIG_ONES != _CONFIG_ONES:
            raise ProbeSilent(REASON_BAD_FRAME)  # a shorted wire reads as zeros, whose CRC holds
        count = data[1] << 8 | data[0]
        return count - 0x10000 if count & 0x8000 else count

    def _select(self, command: int) -> None:
        self._reset()
        self._wire.writebyte(_MATCH_ROM)
        for byte in self._rom:
            self._wire.writebyte(byte)
        self._wire.writebyte(command)

    def _reset(self) -> None:
        if not self._wire.reset():
            raise ProbeSilent(REASON_TIMEOUT)

    def _check(self, data) -> None:
        if self._wire.crc8(data):
            raise ProbeSilent(REASON_BAD_FRAME)


def _parsed(address) -> bytes:
    try:
        rom = binascii.unhexlify(address)
    except (TypeError, ValueError):
        rom = b""
    if len(rom) != 8 or rom[0] != _FAMILY:
        raise ValueError("address is %r, not 16 hexadecimal digits that begin with 28, nor 0" % (address,))
    return rom
