"""ADS1115 on I2C with analogue probes at its inputs, as the options of its settings entry describe them."""

import errno
from collections.abc import Callable, Mapping
from typing import Any

from hardware import registers
from hardware.twin.probes.senses import Senses

POWER_ON = 0x8583
FULL_SCALES_MV = (6144, 4096, 2048, 1024, 512, 256, 256, 256)
RATES_HZ = (8, 16, 32, 64, 128, 250, 475, 860)
MUXES = {"0-1": 0, "0-3": 1, "1-3": 2, "2-3": 3, 0: 4, 1: 5, 2: 6, 3: 7}


class Ads1115:
    """Pointer register, conversion, config; a conversion takes its time."""

    def __init__(self, senses: Senses, options: Mapping[str, Any], now_s: Callable[[], float]) -> None:
        self._senses = senses
        self._inputs = {MUXES[one["input"]]: one for one in options["inputs"]}
        self._now_s = now_s
        self._pointer = 0
        self._config = POWER_ON
        self._count = 0
        self._ready_s = 0.0

    def write(self, data: bytes) -> None:
        """Set the pointer, then the register behind it."""
        self._acknowledge()
        self._pointer = data[0] & 3
        if self._pointer == 1 and len(data) == 3:
            config = data[1] << 8 | data[2]
            self._config = config & 0x7FFF
            if config & 0x8000:
                self._convert()

    def read(self, size: int) -> bytes:
        """The register behind the pointer."""
        self._acknowledge()
        idle = self._now_s() >= self._ready_s and not self._senses.faults.not_ready
        word = self._config | (0x8000 if idle else 0) if self._pointer == 1 else self._count & 0xFFFF
        return word.to_bytes(2, "big")[:size]

    def _acknowledge(self) -> None:
        if self._senses.faults.dead:
            raise OSError(errno.ENODEV, "no acknowledge")

    def _convert(self) -> None:
        self._ready_s = self._now_s() + 1 / RATES_HZ[self._config >> 5 & 7]
        one = self._inputs.get(self._config >> 12 & 7)
        millivolts = self._millivolts(one) if one else 0.0
        counts = round(millivolts * 32768 / FULL_SCALES_MV[self._config >> 9 & 7])
        self._count = min(max(counts, -32768), 32767)

    def _millivolts(self, one: Mapping[str, Any]) -> float:
        zero_mv = float(one.get("zero_mv", 0))
        if one["kind"] == "ph":
            kelvin = self._senses.value(registers.QUANTITY_TEMPERATURE) + 273.15
            slope = float(one.get("mv_per_ph", -59.16)) * kelvin / 298.15
            return zero_mv + slope * (self._senses.value(registers.QUANTITY_PH) - 7)
        if one["kind"] == "do":
            share = self._senses.value(registers.QUANTITY_DO_SATURATION) / 100
            return zero_mv + share * (float(one["full_mv"]) - zero_mv)
        value = self._senses.value(one["quantity"])
        if one["kind"] == "linear":
            return (value - float(one.get("offset", 0))) / float(one["scale"])
        if self._senses.faults.loop_broken:
            return 0.0
        share = (value - float(one["low"])) / (float(one["high"]) - float(one["low"]))
        return (4 + 16 * share) * float(one["shunt_ohm"])
