# What makes a reading doubtful although its probe answered. Each filter is a small object with its state made at boot;
# `judge` gives a quality word, 0 when it has nothing to say.

from hardware.registers import (
    BAD,
    GOOD,
    QUANTITY_AMMONIUM,
    QUANTITY_CONDUCTIVITY,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_ORP,
    QUANTITY_PH,
    QUANTITY_TEMPERATURE,
    REASON_FROZEN,
    REASON_NO_SIGNAL,
    REASON_OUT_OF_WATER,
    REASON_RATE,
    REASON_TIMEOUT,
    UNCERTAIN,
)

# Step that is always allowed, and what is allowed on top for each minute. Wide: they catch a wire, not a pond.
_RATES = {
    QUANTITY_DO_SATURATION: (40.0, 120.0),
    QUANTITY_TEMPERATURE: (2.0, 5.0),
    QUANTITY_PH: (1.0, 1.0),
    QUANTITY_CONDUCTIVITY: (10.0, 20.0),
}

# Minutes without any change of the raw value that make it uncertain; twice as many make it bad. Quantities that may well
# stand still (energy, rain, a current of nothing) are not here, those that probes round have longer.
_FROZEN_MIN = {
    QUANTITY_DO: 30,
    QUANTITY_DO_SATURATION: 30,
    QUANTITY_PH: 120,
    QUANTITY_ORP: 120,
    QUANTITY_AMMONIUM: 120,
    QUANTITY_TEMPERATURE: 240,
    QUANTITY_CONDUCTIVITY: 240,
}

_PATIENCE_ROUNDS = 3
_AIR_LOW_SAT = 97.0
_AIR_HIGH_SAT = 103.0
_JUMP_SAT = 5.0
_STEP_C = 0.3
_LEAP_C = 2.0  # within two samples: no pond does that


class Rate:
    # A value that moves faster than `step` plus `per_minute` is uncertain. The allowance grows while it stays away from
    # the last one believed, so a new level that persists is believed by itself.
    def __init__(self, step: float, per_minute: float) -> None:
        self._step = step
        self._per_minute = per_minute
        self._value = 0.0
        self._ms = -1

    def judge(self, channel, now_ms: int) -> int:
        value = channel.value
        if channel.quality >> 8 == BAD:
            return 0
        if self._ms >= 0 and abs(value - self._value) > self._step + self._per_minute * (now_ms - self._ms) / 60000:
            return UNCERTAIN << 8 | REASON_RATE
        self._value = value
        self._ms = now_ms
        return 0


class Frozen:
    # A raw value that stays the same to the last bit is uncertain after `uncertain_ms` and bad after `bad_ms`.
    def __init__(self, uncertain_ms: int, bad_ms: int) -> None:
        self._uncertain_ms = uncertain_ms
        self._bad_ms = bad_ms
        self._raw = float("nan")
        self._since_ms = 0

    def judge(self, channel, now_ms: int) -> int:
        if channel.raw != self._raw:
            # A lost reading (NaN) is no change.
            if channel.raw == channel.raw:
                self._raw = channel.raw
                self._since_ms = now_ms
            return 0
        still_ms = now_ms - self._since_ms
        if still_ms >= self._bad_ms:
            return BAD << 8 | REASON_FROZEN
        return UNCERTAIN << 8 | REASON_FROZEN if still_ms >= self._uncertain_ms else 0


class Timeout:
    # A channel that went `rounds` rounds without a reading is bad.
    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._read_ms = -1
        self._waited = 0

    def judge(self, channel, now_ms: int) -> int:
        if channel.read_ms != self._read_ms:
            self._read_ms = channel.read_ms
            self._waited = 0
            return 0
        self._waited = min(self._waited + 1, self._rounds + 1)
        return BAD << 8 | REASON_TIMEOUT if self._waited > self._rounds else 0


class OutOfWater:
    # For a channel of oxygen saturation. In air it reads as air does: it hangs there while the node's conductivity probe is
    # dry, after it jumped to that value within two samples while the temperature beside it made a step, or after that
    # temperature leapt, wherever the saturation had been. It is back
    # when the saturation leaves that band or the conductivity probe is wet. `temperature` and `conductivity` may be None.
    def __init__(self, temperature, conductivity) -> None:
        self.out = False
        self._temperature = temperature
        self._conductivity = conductivity
        self._saturations = [float("nan")] * 2
        self._temperatures = [float("nan")] * 2

    def judge(self, channel, now_ms: int) -> int:
        value = channel.value
        if channel.quality >> 8 == BAD:
            return 0
        dry = self._conductivity is not None and self._conductivity.quality == BAD << 8 | REASON_NO_SIGNAL
        wet = self._conductivity is not None and self._conductivity.quality >> 8 == GOOD
        celsius = self._temperature.value if self._temperature is not None else float("nan")
        if wet or not _AIR_LOW_SAT <= value <= _AIR_HIGH_SAT:
            self.out = False
        elif dry or self._left_the_water(value, celsius):
            self.out = True
        self._remember(self._saturations, value)
        self._remember(self._temperatures, celsius)
        return BAD << 8 | REASON_OUT_OF_WATER if self.out else 0

    def _left_the_water(self, value: float, celsius: float) -> bool:
        if self._moved(self._temperatures, celsius, _LEAP_C):
            return True
        return self._moved(self._saturations, value, _JUMP_SAT) and self._moved(self._temperatures, celsius, _STEP_C)

    def _moved(self, before, now: float, least: float) -> bool:
        # NaN fails both comparisons.
        return abs(now - before[0]) >= least or abs(now - before[1]) >= least

    def _remember(self, before, now: float) -> None:
        before[1] = before[0]
        before[0] = now


class Follows:
    # For the temperature beside an oxygen channel: in air it is the air's, at the latest one round after the oxygen.
    def __init__(self, out_of_water: OutOfWater) -> None:
        self._out_of_water = out_of_water

    def judge(self, channel, now_ms: int) -> int:
        return BAD << 8 | REASON_OUT_OF_WATER if self._out_of_water.out else 0


def fit(probes) -> None:
    # Gives every channel of these probes the filters of its quantity.
    conductivity = None
    for probe in probes:
        conductivity = conductivity or _first(probe.channels, QUANTITY_CONDUCTIVITY)
    for probe in probes:
        for channel in probe.channels:
            _fit(channel)
        _watch_for_air(probe.channels, conductivity)


def _fit(channel) -> None:
    quantity = channel.quantity
    channel.filters.append(Timeout(_PATIENCE_ROUNDS))
    if quantity in _RATES:
        channel.filters.append(Rate(*_RATES[quantity]))
    if quantity in _FROZEN_MIN:
        minutes = _FROZEN_MIN[quantity]
        channel.filters.append(Frozen(minutes * 60000, minutes * 120000))


def _watch_for_air(channels, conductivity) -> None:
    saturation = _first(channels, QUANTITY_DO_SATURATION)
    if saturation is None:
        return
    temperature = _first(channels, QUANTITY_TEMPERATURE)
    air = OutOfWater(temperature, conductivity)
    saturation.filters.append(air)
    if temperature is not None:
        temperature.filters.append(Follows(air))


def _first(channels, quantity: int):
    for channel in channels:
        if channel.quantity == quantity:
            return channel
    return None
