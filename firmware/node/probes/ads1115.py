# ADS1115, four analogue inputs on I2C at 0x48 to 0x4B: pointer 0 conversion, 1 config, both 16 bits, high byte first.
# Config: bit 15 starts a conversion and reads 1 when it is done; 14-12 input; 11-9 range; 8 single shot; 7-5 rate; 1-0
# comparator off (datasheet SBAS444 as used by esphome). At 8 samples a second mains hum averages out.
#
# Option `inputs` is a list; what each input can be stands in analogue.py.

from firmware.node.probes.analogue import make_input
from firmware.node.probes.derived import Oxygen
from firmware.node.probes.options import address_in, known
from firmware.node.probes.probe import Probe, ProbeSilent
from hardware.registers import (
    QUANTITY_DO_SATURATION,
    REASON_BAD_FRAME,
    REASON_NOT_READY,
    REASON_TIMEOUT,
)

_CONVERSION = 0
_CONFIG = 1
_START = 0x8000
_SINGLE_SHOT_8_HZ = 0x0103
_STEP_MS = 20
_LONGEST_MS = 300
_MOST_INPUTS = 8


class Driver(Probe):
    bus = "i2c"

    def __init__(self, i2c, address, options, water) -> None:
        known(options, "inputs")
        self._i2c = i2c
        self._address = address_in(address, 0x48, 0x4B)
        self._inputs = _inputs(options.get("inputs"), water)
        self._word = bytearray(2)
        measured = tuple(one.channel for one in self._inputs)
        derived = [Oxygen(one, None, water) for one in measured if one.quantity == QUANTITY_DO_SATURATION]
        super().__init__(water, measured, derived)

    async def _read(self, clock) -> None:
        try:
            for one in self._inputs:
                await self._convert(one)
        except OSError:
            raise ProbeSilent(REASON_TIMEOUT)
        now_ms = clock.uptime_ms()
        for one in self._inputs:
            one.put(now_ms)

    async def _convert(self, one) -> None:
        config = one.mux_and_range | _SINGLE_SHOT_8_HZ
        self._word[0] = (config | _START) >> 8
        self._word[1] = config & 0xFF
        self._i2c.writeto_mem(self._address, _CONFIG, self._word)
        left_ms = _LONGEST_MS
        while True:
            await self.sleep_ms(_STEP_MS)
            left_ms -= _STEP_MS
            self._i2c.readfrom_mem_into(self._address, _CONFIG, self._word)
            now = self._word[0] << 8 | self._word[1]
            if now & ~_START != config:
                raise ProbeSilent(REASON_BAD_FRAME)  # it was reset, or that is no ADS1115
            if now & _START:
                break
            if left_ms <= 0:
                raise ProbeSilent(REASON_NOT_READY)
        self._i2c.readfrom_mem_into(self._address, _CONVERSION, self._word)
        count = self._word[0] << 8 | self._word[1]
        one.count = count - 0x10000 if count & 0x8000 else count


def _inputs(listed, water):
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST_INPUTS:
        raise ValueError("option inputs is %r, not a list of 1 to %d inputs" % (listed, _MOST_INPUTS))
    inputs = []
    for at, options in enumerate(listed):
        if not isinstance(options, dict):
            raise ValueError("option inputs[%d] is %r, not names with values" % (at, options))
        try:
            inputs.append(make_input(options, water))
        except ValueError as error:
            raise ValueError("inputs[%d]: %s" % (at, error.args[0]))
    return inputs
