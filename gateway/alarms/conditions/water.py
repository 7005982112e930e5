"""Temperature, pH and its swing within a day, a step of salinity after rain, un-ionised ammonia."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.alarms.conditions.condition import Condition, Key, signal_above, signal_below
from gateway.alarms.facts import Facts, PondFacts
from hardware.quantities import AMMONIUM, PH, SALINITY, TEMPERATURE
from hardware.water import unionised_ammonia_fraction

ROW_EVERY_S = 600.0
DAY_S = 24 * 3600.0
STEP_WITHIN_S = 6 * 3600.0
DEADBAND_C, DEADBAND_PH, DEADBAND_PSU, DEADBAND_SHARE = 0.3, 0.1, 0.5, 0.1


@dataclass
class Window:
    """The newest values of one quantity, one in ten minutes of pond time."""

    span_s: float
    rows: deque[tuple[float, float]] = field(default_factory=deque)

    def take(self, now_s: float, value: float | None) -> None:
        """A value, None while there is none."""
        while self.rows and now_s - self.rows[0][0] > self.span_s:
            self.rows.popleft()
        if value is not None and (not self.rows or now_s - self.rows[-1][0] >= ROW_EVERY_S):
            self.rows.append((now_s, value))

    def swing(self, value: float | None) -> float | None:
        """Highest less lowest, with the value of now; None without one."""
        return None if value is None else max(self._all(value)) - min(self._all(value))

    def fall(self, value: float | None) -> float | None:
        """How far the value is under the highest; None without one."""
        return None if value is None else max(self._all(value)) - value

    def _all(self, value: float) -> list[float]:
        return [value, *(old for _, old in self.rows)]


class Water:
    """Remembers a day of each pond's pH and six hours of its salinity."""

    def __init__(self) -> None:
        self._ph: dict[str, Window] = {}
        self._salinity: dict[str, Window] = {}

    def conditions(self, facts: Facts) -> Iterator[Condition]:
        """Of all ponds; what is not measured now is undecided."""
        for pond in facts.ponds:
            yield from _ranges(pond)
            yield from self._changes(pond, facts.pond_s)
            yield _ammonia(pond)

    def saved(self, pond_s: float) -> dict[str, dict[str, list[list[float]]]]:
        """What is remembered, with its age in seconds of pond time: "ph" and "salinity" by pond."""
        kinds = {"ph": self._ph, "salinity": self._salinity}
        return {
            kind: {pond: [[pond_s - at_s, value] for at_s, value in window.rows] for pond, window in windows.items()}
            for kind, windows in kinds.items()
        }

    def remember(self, saved: dict[str, dict[str, list[list[float]]]], pond_s: float) -> None:
        """Take it back; `pond_s` is when it was saved. ValueError, KeyError or TypeError when it is none of ours."""
        for kind, windows, span_s in (("ph", self._ph, DAY_S), ("salinity", self._salinity, STEP_WITHIN_S)):
            for pond, rows in saved[kind].items():
                windows[pond] = Window(span_s, deque((pond_s - float(age_s), float(value)) for age_s, value in rows))

    def _changes(self, pond: PondFacts, pond_s: float) -> Iterator[Condition]:
        ph = self._ph.setdefault(pond.id, Window(DAY_S))
        salinity = self._salinity.setdefault(pond.id, Window(STEP_WITHIN_S))
        swing = ph.swing(pond.readings.get(PH.symbol))
        fall = salinity.fall(pond.readings.get(SALINITY.symbol))
        ph.take(pond_s, pond.readings.get(PH.symbol))
        salinity.take(pond_s, pond.readings.get(SALINITY.symbol))
        yield _over(Key("ph_swing", pond.id), swing, pond.limits.ph_swing, DEADBAND_PH)
        yield _over(Key("salinity_step", pond.id), fall, pond.limits.salinity_step_psu, DEADBAND_PSU)


def _ranges(pond: PondFacts) -> Iterator[Condition]:
    limits, celsius, ph = pond.limits, pond.readings.get(TEMPERATURE.symbol), pond.readings.get(PH.symbol)
    yield _over(Key("temperature_high", pond.id), celsius, limits.temperature_high_c, DEADBAND_C)
    yield _under(Key("temperature_low", pond.id), celsius, limits.temperature_low_c, DEADBAND_C)
    yield _over(Key("ph_high", pond.id), ph, limits.ph_high, DEADBAND_PH)
    yield _under(Key("ph_low", pond.id), ph, limits.ph_low, DEADBAND_PH)


def _ammonia(pond: PondFacts) -> Condition:
    """NH3 out of total ammonia, pH, temperature and salinity (0 where none is measured)."""
    total, ph, celsius = (pond.readings.get(symbol) for symbol in (AMMONIUM.symbol, PH.symbol, TEMPERATURE.symbol))
    value = None
    if total is not None and ph is not None and celsius is not None:
        value = total * unionised_ammonia_fraction(ph, celsius, pond.readings.get(SALINITY.symbol, 0.0))
    limit = pond.limits.ammonia_high_mg_l
    return _over(Key("ammonia_high", pond.id), value, limit, limit * DEADBAND_SHARE)


def _over(key: Key, value: float | None, limit: float, deadband: float) -> Condition:
    return Condition(key=key, signal=signal_above(value, limit, deadband), values=_values(value, limit))


def _under(key: Key, value: float | None, limit: float, deadband: float) -> Condition:
    return Condition(key=key, signal=signal_below(value, limit, deadband), values=_values(value, limit))


def _values(value: float | None, limit: float) -> dict[str, float | str]:
    return {} if value is None else {"value": round(value, 3), "limit": limit}
