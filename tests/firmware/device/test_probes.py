import asyncio
import math
import struct

from firmware.node.counters import Counters
from firmware.node.crc import seal
from firmware.node.probes.master import Master
from firmware.node.probes.yosemitech import Y504, Y520, Y532


class Steps:
    def uptime_ms(self):
        return 4000


class Water:
    salinity_psu = 0.0
    pressure_hpa = 1013.25


class Port:
    # A wire with a probe at its end that answers each request with the next of `replies`.
    def __init__(self, *replies):
        self.replies = list(replies)
        self.sent = []
        self.waiting = b""

    def any(self):
        return len(self.waiting)

    def write(self, data):
        self.sent.append(bytes(data))
        self.waiting = self.replies.pop(0) if self.replies else b""

    def readinto(self, buffer):
        count = min(len(buffer), len(self.waiting))
        buffer[:count] = self.waiting[:count]
        self.waiting = self.waiting[count:]
        return count


async def no_sleep(_):
    pass


def reply(unit_id, data):
    frame = bytearray(len(data) + 5)
    frame[:3] = bytes((unit_id, 3, len(data)))
    frame[3:-2] = data
    seal(frame, len(data) + 3)
    return bytes(frame)


def read(driver, *replies, water=None):
    counters = Counters()
    port = Port(*replies)
    probe = driver(Master(port, no_sleep, counters), 1, water or Water())
    asyncio.run(probe.read(Steps()))
    return probe.channels, port, counters


def test_y504_computes_oxygen_from_saturation_and_salinity():
    water = Water()
    water.salinity_psu = 25.0
    channels, port, _ = read(Y504, reply(1, struct.pack("<fff", 30.0, 0.5, 3.78)), water=water)
    assert port.sent == [b"\x01\x03\x26\x00\x00\x06\xce\x80"]
    assert abs(channels[0].value - 6.589 / 2) < 0.002
    assert abs(channels[1].value - 50.0) < 0.001
    assert channels[2].value == 30.0
    assert [channel.quality for channel in channels] == [0, 0, 0]


def test_y520_gives_salinity_to_the_oxygen_probe():
    water = Water()
    channels, _, _ = read(Y520, reply(1, struct.pack("<ff", 15.0, 42.914) + b"\x00\x00"), water=water)
    assert abs(channels[1].value - 35.0) < 0.001
    assert water.salinity_psu == channels[1].value


def test_a_dry_or_impossible_conductivity_leaves_the_salinity_alone():
    for temperature_c, conductivity in ((28.0, 0.0), (5.0, 99.0)):
        water = Water()
        water.salinity_psu = 30.0
        channels, _, _ = read(Y520, reply(1, struct.pack("<ff", temperature_c, conductivity) + b"\x00\x00"), water=water)
        assert channels[1].quality >> 8 == 2
        assert water.salinity_psu == 30.0


def test_y532_reads_ph():
    channels, _, _ = read(Y532, reply(1, struct.pack("<f", 8.25)))
    assert channels[0].value == 8.25


def test_one_lost_reply_is_asked_again():
    channels, port, counters = read(Y532, b"", reply(1, struct.pack("<f", 7.5)))
    assert channels[0].value == 7.5
    assert (counters.probe_requests, counters.probe_timeouts) == (2, 1)


def test_silence_damage_and_nonsense_are_bad_and_carry_no_value():
    good = reply(1, struct.pack("<f", 7.5))
    flipped = good[:4] + bytes((good[4] ^ 1,)) + good[5:]
    other = reply(2, struct.pack("<f", 7.5))
    for replies, reason in (((), 2), ((flipped, flipped), 3), ((other, other), 3), ((good[:5], good[:5]), 3)):
        channels, _, _ = read(Y532, *replies)
        assert channels[0].quality == 0x0200 | reason
        assert math.isnan(channels[0].value)
    for value in (15.0, -1.0, float("nan"), float("inf")):
        channels, _, _ = read(Y532, reply(1, struct.pack("<f", value)))
        assert channels[0].quality == 0x0204
