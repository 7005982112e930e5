# What all probe drivers share: one retry, misses for the channels of a sick probe, a serial number, derived channels.

from hardware.registers import QUANTITY_AIR_PRESSURE, QUANTITY_SALINITY, QUANTITY_TEMPERATURE, REASON_NOT_READY

try:
    from asyncio import sleep_ms
except ImportError:
    import asyncio

    async def sleep_ms(ms: int) -> None:
        await asyncio.sleep(ms / 1000)


SERIAL_LENGTH = 16


class ProbeSilent(Exception):
    # No usable reply; args[0] is the reason code for the channels.
    pass


class Probe:
    # A driver writes `_read`, which puts all its channels or raises ProbeSilent before it has put any, and `_identify`
    # where the protocol has a serial number. `measured` are its primary channels, `derived` objects of derived.py.
    bus = ""  # name in buses.py
    serial = b""
    answering = False

    def __init__(self, water, measured, derived=()) -> None:
        self.channels = list(measured) + [part.channel for part in derived]
        self.sleep_ms = sleep_ms
        self._water = water
        self._measured = measured
        self._derived = derived
        for channel in measured:
            if channel.quantity == QUANTITY_TEMPERATURE:
                water.thermometers.append(channel)

    async def read(self, clock) -> None:
        # One reading of every primary channel. A probe that comes back is asked who it is: it may be another one.
        reason = await self._attempt(clock)
        if reason and reason != REASON_NOT_READY:
            reason = await self._attempt(clock)
        if reason:
            for channel in self._measured:
                channel.miss(reason)
        elif not self.answering:
            await self._introduce()
        self.answering = reason == 0

    def derive(self, now_ms: int) -> None:
        # Computes what follows from the settled channels and passes on what they say of the water.
        for part in self._derived:
            part.derive(now_ms)
        for channel in self._measured:
            if channel.quality == 0:
                if channel.quantity == QUANTITY_SALINITY:
                    self._water.salinity_psu = channel.value
                elif channel.quantity == QUANTITY_AIR_PRESSURE:
                    self._water.pressure_hpa = channel.value

    async def _attempt(self, clock) -> int:
        try:
            await self._read(clock)
        except ProbeSilent as silent:
            return silent.args[0]
        return 0

    async def _introduce(self) -> None:
        try:
            self.serial = bytes(await self._identify())[:SERIAL_LENGTH]
        except ProbeSilent:
            self.serial = b""

    async def _read(self, clock) -> None:
        raise NotImplementedError

    async def _identify(self):
        return b""


def printable(data) -> bytes:
    # The text at the start of `data`, up to its first byte that is none.
    end = 0
    while end < len(data) and 0x20 < data[end] < 0x7F:
        end += 1
    return bytes(data[:end])
