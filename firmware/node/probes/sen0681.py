# DFRobot SEN0681, optical oxygen for seawater: 4800 8N1, 0x0000 six registers: share of saturation, mg/L, degC, floats in
# the usual byte order (wiki.dfrobot.com/sen0681/docs/21674 as cited by community code). Its mg/L is left alone.

import struct

from firmware.node.channel import Channel
from firmware.node.probes.derived import Oxygen
from firmware.node.probes.options import known
from firmware.node.probes.rtu import RtuProbe, unit_in
from hardware.registers import QUANTITY_DO_SATURATION, QUANTITY_TEMPERATURE

_BAUD = 4800


class Driver(RtuProbe):
    def __init__(self, master, address, options, water) -> None:
        known(options, "")
        self._share = Channel(QUANTITY_DO_SATURATION, 0.0, 250.0)
        self._temperature = Channel(QUANTITY_TEMPERATURE, 0.0, 45.0)
        oxygen = Oxygen(self._share, self._temperature, water)
        super().__init__(master, unit_in(address), water, (self._share, self._temperature), (oxygen,), _BAUD)

    async def _read(self, clock) -> None:
        data = await self._ask(0x0000, 6)
        now_ms = clock.uptime_ms()
        self._share.put(struct.unpack_from(">f", data, 0)[0] * 100, now_ms)
        self._temperature.put(struct.unpack_from(">f", data, 8)[0], now_ms)
