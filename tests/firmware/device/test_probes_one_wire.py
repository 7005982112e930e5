# The DS18B20 on a simulated 1-Wire bus.

from firmware.node.probes.water import Water
from hardware.registers import (
    BAD,
    QUANTITY_AIR_TEMPERATURE,
    QUANTITY_TEMPERATURE,
    REASON_BAD_FRAME,
    REASON_NOT_READY,
    REASON_POWER_ON_VALUE,
    REASON_RANGE,
    REASON_TIMEOUT,
)
from wires import Buses, Nowhere, made, read, refused

ROM = b"\x28\xff\x64\x1e\x8c\x16\x03\x2f"


def crc8(data):
    crc = 0
    for byte in data:
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if (crc ^ byte) & 1 else crc >> 1
            byte >>= 1
    return crc


def whole(data):
    return data + bytes((crc8(data),))


class Wire:
    # One sensor whose conversions give `counts`, one after another; busy for `polls` readings.
    def __init__(self, *counts, polls=2, present=True, after=b"\x7f\xff\x10\x10", rom=None):
        self.counts = list(counts)
        self.polls = polls
        self.present = present
        self.after = after
        self.rom = rom or whole(ROM[:7])
        self.out = b""
        self.written = []

    def reset(self):
        self.out = b""
        self.written = []
        return self.present

    def writebyte(self, value):
        self.written.append(value)
        if value == 0x33 and len(self.written) == 1:
            self.out = self.rom
        elif value == 0x44 and bytes(self.written[1:9]) == self.rom:
            self.out = bytes(self.polls) + b"\xff"
        elif value == 0xBE and bytes(self.written[1:9]) == self.rom:
            count = self.counts.pop(0) & 0xFFFF
            self.out = self.damaged(whole(bytes((count & 255, count >> 8, 0x4B, 0x46)) + self.after))

    def damaged(self, data):
        return data

    def readbyte(self):
        value = self.out[0] if self.out else 0xFF
        self.out = self.out[1:]
        return value

    def crc8(self, data):
        return crc8(data)


class Shorted(Wire):
    def readbyte(self):
        return 0


class Noisy(Wire):
    def damaged(self, data):
        return data[:1] + bytes((data[1] ^ 1,)) + data[2:]


def temperature(wire, address=0, options=None):
    probe = made(["ds18b20", address, options or {}], Buses(one_wire=wire))
    return read(probe), probe


def quality(wire, address=0):
    return temperature(wire, address)[0][QUANTITY_TEMPERATURE].quality


def test_the_only_sensor_on_the_wire_tells_temperature_and_rom():
    channels, probe = temperature(Wire(0x01C8))
    assert channels[QUANTITY_TEMPERATURE].value == 28.5
    assert probe.serial == b"28ff641e8c1603" + b"%02x" % crc8(ROM[:7])


def test_a_sensor_named_by_its_rom_is_the_one_that_is_read():
    name = "".join("%02x" % byte for byte in whole(ROM[:7]))
    assert temperature(Wire(0x01C8), name)[0][QUANTITY_TEMPERATURE].value == 28.5
    assert quality(Wire(0x01C8), "28000000000000aa") == BAD << 8 | REASON_BAD_FRAME


def test_below_zero_in_the_air():
    channels, _ = temperature(Wire(-0x0018), options={"air": 1})
    assert channels[QUANTITY_AIR_TEMPERATURE].value == -1.5
    assert quality(Wire(-0x0018)) == BAD << 8 | REASON_RANGE


def test_85_is_asked_again():
    assert temperature(Wire(0x0550, 0x01C8))[0][QUANTITY_TEMPERATURE].value == 28.5
    power_on = Wire(0x0550, 0x0550, 0x0550, 0x0550, after=b"\x7f\xff\x0c\x10")
    assert quality(power_on) == BAD << 8 | REASON_POWER_ON_VALUE
    assert quality(Wire(0x0550, 0x0550)) == BAD << 8 | REASON_RANGE


def test_an_empty_a_shorted_a_noisy_and_a_busy_wire_give_no_value():
    assert quality(Wire(present=False)) == BAD << 8 | REASON_TIMEOUT
    name = "".join("%02x" % byte for byte in whole(ROM[:7]))
    assert quality(Shorted(0, 0)) == BAD << 8 | REASON_BAD_FRAME
    assert quality(Shorted(0, 0), name) == BAD << 8 | REASON_NOT_READY
    assert quality(Noisy(0x01C8, 0x01C8)) == BAD << 8 | REASON_BAD_FRAME
    assert quality(Wire(0x01C8, polls=100)) == BAD << 8 | REASON_NOT_READY
    blank = Wire(0x01C8, 0x01C8, after=b"\x00\x00\x00\x00")
    assert quality(blank) == BAD << 8 | REASON_BAD_FRAME


def test_the_water_knows_the_temperature_while_the_sensor_works():
    water = Water(Nowhere())
    wire = Wire(0x01C8)
    probe = made(["ds18b20", 0], Buses(one_wire=wire), water)
    read(probe)
    assert water.temperature_c == 28.5
    wire.present = False
    read(probe)
    assert water.temperature_c != water.temperature_c


def test_addresses_that_are_none_are_refused():
    for address in ("", "28ff", "10ff641e8c16032f", "zzzzzzzzzzzzzzzz", 7, True, None):
        assert "address is" in refused(["ds18b20", address]), address
