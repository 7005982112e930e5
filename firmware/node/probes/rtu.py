# A probe on the probes' Modbus line.

from firmware.node.probes.options import address_in
from firmware.node.probes.probe import Probe

HIGHEST_UNIT = 247


class RtuProbe(Probe):
    bus = "master"

    def __init__(self, master, unit_id, water, measured, derived=(), baud: int = 9600, wait_ms: int = 300) -> None:
        super().__init__(water, measured, derived)
        self._master = master
        self._unit_id = unit_id
        self._baud = baud
        self._wait_ms = wait_ms

    async def _ask(self, address: int, count: int, function: int = 3) -> memoryview:
        return await self._master.read(self._unit_id, address, count, self._wait_ms, function, self._baud)


def unit_in(address) -> int:
    return address_in(address, 1, HIGHEST_UNIT)
