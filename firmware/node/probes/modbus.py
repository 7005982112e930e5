# Any Modbus probe, described as data: options `channels` (a list), `baud` (9600) and `wait_ms` (300). Each channel has
# `quantity`, `register`, `type`, `low`, `high`, and where they differ from these: `function` 3, `order` "AB" or "ABCD",
# `scale` 1, `offset` 0. `order` says how the bytes come, A being the highest. `serial` is [register, count] of its ASCII.
#
# A probe that gives saturation but no oxygen, or conductivity but no salinity, gets that channel from us.

import struct

from firmware.node.channel import Channel
from firmware.node.probes.derived import Oxygen, Salinity
from firmware.node.probes.master import MOST_REGISTERS
from firmware.node.probes.options import bounds, choice, is_number, known, number, whole
from firmware.node.probes.probe import printable
from firmware.node.probes.rtu import RtuProbe, unit_in
from hardware.registers import (
    MAX_CHANNELS,
    QUANTITY_CONDUCTIVITY,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_RAIN,
    QUANTITY_SALINITY,
    QUANTITY_TEMPERATURE,
)

_FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f"}
_ORDERS = {2: ("AB", "BA"), 4: ("ABCD", "DCBA", "BADC", "CDAB")}
_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_NAMES = "quantity function register type order scale offset low high"


class Item:
    # One channel and where in the probe it stands.
    def __init__(self, options) -> None:
        known(options, _NAMES)
        low, high = bounds(options)
        self.channel = Channel(whole(options, "quantity", 1, QUANTITY_RAIN), low, high)
        self.function = choice(options, "function", (3, 4), 3)
        self.register = whole(options, "register", 0, 0xFFFF)
        self._format = _FORMATS[choice(options, "type", tuple(_FORMATS))]
        size = struct.calcsize(self._format)
        self.count = size // 2
        self._order = choice(options, "order", _ORDERS[size], _ORDERS[size][0])
        self._scale = number(options, "scale", -1e9, 1e9, 1)
        self._offset = number(options, "offset", -1e9, 1e9, 0)
        self._bytes = bytearray(size)
        self.value = 0.0

    def decode(self, data: memoryview) -> None:
        for at, letter in enumerate(self._order):
            self._bytes[ord(letter) - 65] = data[at]
        self.value = struct.unpack_from(self._format, self._bytes, 0)[0] * self._scale + self._offset


class Driver(RtuProbe):
    def __init__(self, master, address, options, water) -> None:
        known(options, "channels baud wait_ms serial")
        baud = choice(options, "baud", _BAUDS, 9600)
        wait_ms = whole(options, "wait_ms", 50, 2000, 300)
        self._serial_at = _serial(options.get("serial"))
        self._items = _items(options.get("channels"))
        measured = tuple(item.channel for item in self._items)
        super().__init__(master, unit_in(address), water, measured, _derived(measured, water), baud, wait_ms)

    async def _read(self, clock) -> None:
        for item in self._items:
            item.decode(await self._ask(item.register, item.count, item.function))
        now_ms = clock.uptime_ms()
        for item in self._items:
            item.channel.put(item.value, now_ms)

    async def _identify(self):
        if self._serial_at is None:
            return b""
        return printable(await self._ask(self._serial_at[0], self._serial_at[1]))


def _items(listed) -> "list[Item]":
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_CHANNELS:
        raise ValueError("option channels is %r, not a list of 1 to %d channels" % (listed, MAX_CHANNELS))
    items = []
    for at, options in enumerate(listed):
        if not isinstance(options, dict):
            raise ValueError("option channels[%d] is %r, not names with values" % (at, options))
        try:
            items.append(Item(options))
        except ValueError as error:
            raise ValueError("channels[%d]: %s" % (at, error.args[0]))
    return items


def _serial(place):
    if place is None:
        return None
    if not isinstance(place, list) or len(place) != 2 or not all(is_number(part) for part in place):
        raise ValueError("option serial is %r, not [register, count]" % (place,))
    names = {"register": place[0], "count": place[1]}
    return whole(names, "register", 0, 0xFFFF), whole(names, "count", 1, MOST_REGISTERS)


def _derived(measured, water):
    by_quantity = {channel.quantity: channel for channel in measured}
    temperature = by_quantity.get(QUANTITY_TEMPERATURE)
    derived: "list[object]" = []
    if QUANTITY_DO_SATURATION in by_quantity and QUANTITY_DO not in by_quantity:
        derived.append(Oxygen(by_quantity[QUANTITY_DO_SATURATION], temperature, water))
    if QUANTITY_CONDUCTIVITY in by_quantity and QUANTITY_SALINITY not in by_quantity:
        derived.append(Salinity(by_quantity[QUANTITY_CONDUCTIVITY], temperature, water))
    return derived
