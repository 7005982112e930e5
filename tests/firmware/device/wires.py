# Wires with simulated ends for the tests of probe drivers: a serial port, an I2C bus, a 1-Wire bus, and no time that passes.

import asyncio

from firmware.node.counters import Counters
from firmware.node.crc import seal
from firmware.node.probes import make
from firmware.node.probes.master import Master
from firmware.node.probes.water import Water


class Steps:
    def uptime_ms(self):
        return 4000


class Nowhere:
    # Settings without any measured water.
    salinity_psu = 0.0
    pressure_hpa = 1013.25


async def no_sleep(_):
    pass


class Port:
    # A probe at the end answers each request with the next of `replies`; "" is silence.
    def __init__(self, *replies):
        self.replies = list(replies)
        self.sent = []
        self.bauds = []
        self.waiting = b""

    def init(self, baudrate):
        self.bauds.append(baudrate)

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


class Buses:
    def __init__(self, port=None, i2c=None, one_wire=None):
        self.counters = Counters()
        self.master = Master(port, no_sleep, self.counters)
        self.i2c = i2c
        self.one_wire = one_wire


def reply(unit_id, data, function=3):
    return sealed(bytes((unit_id, function, len(data))) + data)


def sealed(body):
    frame = bytearray(len(body) + 2)
    frame[:-2] = body
    seal(frame, len(body))
    return bytes(frame)


def made(entry, buses, water=None):
    probe = make(entry, buses, water or Water(Nowhere()))
    probe.sleep_ms = no_sleep
    return probe


def read(probe):
    # One reading, settled and derived as the node's rounds do it; the channels by their quantity.
    asyncio.run(probe.read(Steps()))
    for channel in probe.channels:
        if not channel.derived:
            channel.settle(4000)
    probe.derive(4000)
    return {channel.quantity: channel for channel in probe.channels}


def refused(entry):
    # What the ValueError of a wrong entry says.
    try:
        made(entry, Buses())
    except ValueError as error:
        return error.args[0]
    return ""
