# What an input of an ADS1115 can be. All kinds have `input` (0 to 3, or "0-1", "0-3", "1-3", "2-3" for the difference of
# two) and `full_scale_v` (4.096), and then
#   "ph": `zero_mv` at pH 7 (0), `mv_per_ph` at 25 degC (-59.16); the slope follows the water's temperature
#   "do": `full_mv` in water in balance with air, `zero_mv` without oxygen (0)
#   "loop": `quantity`, `shunt_ohm`, `low` at 4 mA, `high` at 20 mA
#   "linear": `quantity`, `scale` per mV, `offset`, `low`, `high`

from firmware.node.channel import Channel
from firmware.node.probes.options import bounds, choice, known, number, whole
from hardware.registers import (
    GOOD,
    QUANTITY_DO_SATURATION,
    QUANTITY_PH,
    QUANTITY_RAIN,
    REASON_LOOP,
    REASON_NONE,
    REASON_RANGE,
    UNCERTAIN,
)

_MUXES = ("0-1", "0-3", "1-3", "2-3", 0, 1, 2, 3)
_FULL_SCALES_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)
_COUNTS = 32768
_KELVIN_25 = 298.15


class Input:
    # `count` is what the last conversion gave.
    fault = REASON_RANGE  # reason when the input is at the end of its range

    def __init__(self, options, channel: Channel) -> None:
        mux = _MUXES.index(choice(options, "input", _MUXES))
        full_scale_v = choice(options, "full_scale_v", _FULL_SCALES_V, 4.096)
        self.channel = channel
        self.mux_and_range = mux << 12 | _FULL_SCALES_V.index(full_scale_v) << 9
        self.count = 0
        self._mv = full_scale_v * 1000 / _COUNTS

    def put(self, now_ms: int) -> None:
        if not -_COUNTS < self.count < _COUNTS - 1:
            self.channel.miss(self.fault)
        else:
            self._put(self.count * self._mv, now_ms)

    def _put(self, mv: float, now_ms: int) -> None:
        raise NotImplementedError


class PhInput(Input):
    def __init__(self, options, water) -> None:
        known(options, "kind input full_scale_v zero_mv mv_per_ph")
        self._water = water
        self._zero_mv = number(options, "zero_mv", -6000, 6000, 0)
        self._mv_per_ph = number(options, "mv_per_ph", -1000, 1000, -59.16)
        if self._mv_per_ph == 0:
            raise ValueError("option mv_per_ph is 0")
        super().__init__(options, Channel(QUANTITY_PH, 0.0, 14.0))

    def _put(self, mv: float, now_ms: int) -> None:
        slope = self._mv_per_ph
        temperature_c = self._water.temperature_c
        if temperature_c == temperature_c:
            slope *= (temperature_c + 273.15) / _KELVIN_25
        self.channel.put(7 + (mv - self._zero_mv) / slope, now_ms)


class DoInput(Input):
    def __init__(self, options, water) -> None:
        known(options, "kind input full_scale_v zero_mv full_mv")
        self._zero_mv = number(options, "zero_mv", -6000, 6000, 0)
        self._span_mv = number(options, "full_mv", -6000, 6000) - self._zero_mv
        if self._span_mv == 0:
            raise ValueError("option full_mv is as low as zero_mv")
        super().__init__(options, Channel(QUANTITY_DO_SATURATION, 0.0, 250.0))

    def _put(self, mv: float, now_ms: int) -> None:
        self.channel.put((mv - self._zero_mv) / self._span_mv * 100, now_ms)


class LoopInput(Input):
    # Below 3.6 mA and above 21 mA the loop is broken or shorted (NAMUR NE 43); next to 4 and 20 mA it is at its end.
    fault = REASON_LOOP

    def __init__(self, options, water) -> None:
        known(options, "kind input full_scale_v quantity shunt_ohm low high")
        self._low, self._high = bounds(options)
        self._shunt_ohm = number(options, "shunt_ohm", 1, 1000)
        super().__init__(options, Channel(whole(options, "quantity", 1, QUANTITY_RAIN), self._low, self._high))
        if 21 * self._shunt_ohm >= self._mv * _COUNTS:
            raise ValueError("option shunt_ohm is %s: 21 mA exceed full_scale_v" % self._shunt_ohm)

    def _put(self, mv: float, now_ms: int) -> None:
        current_ma = mv / self._shunt_ohm
        if not 3.6 <= current_ma <= 21:
            self.channel.miss(REASON_LOOP)
            return
        at_its_end = not 4 <= current_ma <= 20
        self.channel.doubt = UNCERTAIN << 8 | REASON_LOOP if at_its_end else GOOD << 8 | REASON_NONE
        share = min(max((current_ma - 4) / 16, 0.0), 1.0)
        self.channel.put(self._low + share * (self._high - self._low), now_ms)


class LinearInput(Input):
    def __init__(self, options, water) -> None:
        known(options, "kind input full_scale_v quantity scale offset low high")
        low, high = bounds(options)
        self._scale = number(options, "scale", -1e9, 1e9)
        self._offset = number(options, "offset", -1e9, 1e9, 0)
        super().__init__(options, Channel(whole(options, "quantity", 1, QUANTITY_RAIN), low, high))

    def _put(self, mv: float, now_ms: int) -> None:
        self.channel.put(mv * self._scale + self._offset, now_ms)


_KINDS = {"ph": PhInput, "do": DoInput, "loop": LoopInput, "linear": LinearInput}


def make_input(options, water) -> Input:
    return _KINDS[choice(options, "kind", tuple(_KINDS))](options, water)
