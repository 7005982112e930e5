"""Can this oxygen reading be believed? Only a reading that passes every test may switch a machine off.

The signature of a probe out of water (air saturation, a jump, air temperature) and the stuck probe's (exact repeats) are
those of the field reports; the drift that needs the aerator step test is not found here.
"""

from collections import deque
from collections.abc import Callable

from gateway.bus.samples import REASONS, Quality, Sample
from gateway.control.observation import DoState, Oxygen
from gateway.control.trend import TREND_S, slope_mg_l_h
from hardware.quantities import DO, DO_SATURATION, TEMPERATURE
from hardware.registers import REASON_FROZEN, REASON_OUT_OF_WATER

STALE_SAMPLES = 3
TRANSPORT_S = 2.0
LONGEST_STALE_S = 180.0
REPEATS = 10
JUMP_MG_L = 1.0
JUMP_C = 1.5
JUMP_WITHIN_S = 900.0
HOLD_S = 600.0
AIR_LOW_SAT, AIR_HIGH_SAT = 95.0, 105.0
STILL_AIR_SPREAD_SAT = 1.0
TREND_EVERY_S = 10.0

# What a node finds out by itself goes by the same name as what the gateway finds out.
SEEN_BY_THE_NODE = {REASON_OUT_OF_WATER: DoState.OUT_OF_WATER, REASON_FROZEN: DoState.FROZEN}


class Judge:
    """Judges one pond's oxygen. `speed` turns seconds of the clock into seconds of pond time."""

    def __init__(self, monotonic: Callable[[], float], speed: float = 1.0, period_s: float = 10.0) -> None:
        self.period_s = period_s
        self._monotonic = monotonic
        self._speed = speed
        self._made_s = monotonic()
        self._last: Sample | None = None
        self._history: deque[tuple[float, float]] = deque()
        self._trend_mg_l_h: float | None = None
        self._trend_known = False
        self._raw: deque[tuple[float | None, ...]] = deque(maxlen=REPEATS)
        self._suspect_since_s: float | None = None
        self._in_air = False
        self._perhaps_air = False
        self._was_like_air = False
        self._known: dict[str, tuple[float, float]] = {}
        self._seen_water = False
        self._water_c: float | None = None

    @property
    def stale_after_s(self) -> float:
        """A reading older than this is not used: three samples and the time they travel, 180 s at most."""
        return min(STALE_SAMPLES * self.period_s + TRANSPORT_S, LONGEST_STALE_S)

    def take(self, sample: Sample) -> None:
        """A new sample; late ones are history and are not taken."""
        if sample.late or (self._last is not None and sample.taken_s <= self._last.taken_s):
            return
        now_s = sample.taken_s * self._speed
        self._watch_for_air(sample, now_s)
        self._last = sample
        self._raw.append(tuple(reading.value for reading in sample.readings))
        value = _value(sample, DO.symbol)
        if value is not None and (not self._history or now_s - self._history[-1][0] >= TREND_EVERY_S):
            self._history.append((now_s, value))
            self._trend_known = False
        while self._history and now_s - self._history[0][0] > TREND_S:
            self._history.popleft()

    def oxygen(self) -> Oxygen:
        """The oxygen as it may be believed now."""
        now_s = self._monotonic()
        if self._last is None:
            waiting = now_s - self._made_s < self.stale_after_s
            return Oxygen(state=DoState.WAITING if waiting else DoState.STALE, detail="no reading since the start")
        reading = self._last.reading(DO.symbol)
        age_s = now_s - self._last.taken_s
        value = reading.value if reading else None
        state, detail = self._state(age_s)
        trend = self._trend() if state is DoState.GOOD else None
        taken_s = self._last.taken_s * self._speed
        return Oxygen(state=state, value_mg_l=value, age_s=age_s, trend_mg_l_h=trend, detail=detail, taken_s=taken_s)

    def _state(self, age_s: float) -> tuple[DoState, str]:
        assert self._last is not None
        reading = self._last.reading(DO.symbol)
        if age_s > self.stale_after_s:
            return DoState.STALE, ""
        if reading is None:
            return DoState.BAD, "no oxygen channel"
        if reading.value is None or reading.quality is not Quality.GOOD:
            return SEEN_BY_THE_NODE.get(reading.reason, DoState.BAD), REASONS.get(reading.reason, "")
        if not DO.holds(reading.value):
            return DoState.BAD, "out of range"
        if self._frozen():
            return DoState.FROZEN, ""
        if self._in_air or (not self._seen_water and self._still_air()):
            return DoState.OUT_OF_WATER, ""
        if self._suspect_since_s is not None:
            return DoState.IMPLAUSIBLE, ""
        return DoState.GOOD, ""

    def _watch_for_air(self, sample: Sample, now_s: float) -> None:
        saturation = _value(sample, DO_SATURATION.symbol)
        if saturation is None:
            return
        like_air = AIR_LOW_SAT <= saturation <= AIR_HIGH_SAT
        if self._jumped(sample, now_s):
            self._suspect_since_s = now_s
            was_in_air = self._in_air
            self._in_air = like_air and (not self._was_like_air or self._left_the_water(sample))
            self._perhaps_air = False
            self._seen_water = self._seen_water or (was_in_air and not self._in_air)
        elif self._silent_too_long(now_s):
            self._suspect_since_s = now_s
            self._seen_water = False
        elif self._in_air and not like_air:
            self._suspect_since_s = now_s
            self._in_air, self._perhaps_air = False, True
        elif self._perhaps_air and like_air:
            self._in_air = True
        elif self._suspect_since_s is not None and not self._in_air and now_s - self._suspect_since_s >= HOLD_S:
            self._suspect_since_s = None
            self._perhaps_air = False
        if self._suspect_since_s is None:
            self._water_c = _value(sample, TEMPERATURE.symbol)
            self._seen_water = self._seen_water or not like_air
        self._was_like_air = like_air
        for symbol in (DO.symbol, TEMPERATURE.symbol):
            if (value := _value(sample, symbol)) is not None:
                self._known[symbol] = (now_s, value)

    def _silent_too_long(self, now_s: float) -> bool:
        """After a quarter of an hour without a good reading nothing is known of where the probe hangs."""
        known = self._known.get(DO.symbol)
        return known is not None and now_s - known[0] > JUMP_WITHIN_S

    def _left_the_water(self, sample: Sample) -> bool:
        """Another temperature than the water had when it was last believed."""
        temperature_c = _value(sample, TEMPERATURE.symbol)
        return temperature_c is None or self._water_c is None or abs(temperature_c - self._water_c) > JUMP_C

    def _jumped(self, sample: Sample, now_s: float) -> bool:
        """Against the last good value of each quantity, however many bad ones came between."""
        for symbol, limit in ((DO.symbol, JUMP_MG_L), (TEMPERATURE.symbol, JUMP_C)):
            known, value = self._known.get(symbol), _value(sample, symbol)
            if known and value is not None and now_s - known[0] <= JUMP_WITHIN_S and abs(value - known[1]) > limit:
                return True
        return False

    def _frozen(self) -> bool:
        """Oxygen or its saturation repeats exactly, whatever the other channels do."""
        places = [self._place(symbol) for symbol in (DO.symbol, DO_SATURATION.symbol)]
        columns = [[row[at] for row in self._raw if len(row) > at] for at in places if at is not None]
        return any(len(column) == REPEATS and len(set(column)) == 1 and column[0] is not None for column in columns)

    def _still_air(self) -> bool:
        """Air saturation with less noise than water ever has: a probe that hung in the air when the gateway started."""
        at = self._place(DO_SATURATION.symbol)
        if at is None or len(self._raw) < REPEATS:
            return False
        values = [row[at] for row in self._raw if len(row) > at]
        known = [value for value in values if value is not None]
        return (
            len(known) == REPEATS
            and abs(sum(known) / REPEATS - 100.0) < STILL_AIR_SPREAD_SAT
            and max(known) - min(known) < STILL_AIR_SPREAD_SAT
        )

    def _place(self, symbol: str) -> int | None:
        assert self._last is not None
        return next((at for at, reading in enumerate(self._last.readings) if reading.quantity == symbol), None)

    def _trend(self) -> float | None:
        """Slope of the last half hour of pond time, reckoned when a row is added."""
        if not self._trend_known:
            self._trend_mg_l_h, self._trend_known = slope_mg_l_h(self._history), True
        return self._trend_mg_l_h


def _value(sample: Sample, symbol: str) -> float | None:
    reading = sample.reading(symbol)
    return reading.value if reading and reading.quality is Quality.GOOD else None
