"""Rain that cooled ponds: from rain gauges and thermometers of farms that let officers see their water."""

from collections import defaultdict
from itertools import pairwise

from sqlalchemy.orm import Session

from cloud.advisories import repository
from cloud.advisories.preset import RainShock
from cloud.advisories.suggest import HOUR_S, Draft, PondHour, RainHour, rain_shock
from cloud.telemetry.history import Bucket, series
from hardware.quantities import RAIN, TEMPERATURE

Places = dict[tuple[str, str], str]


def shocks(reading: Session, gauges: Places, ponds: Places, now_s: float, limits: RainShock) -> list[Draft]:
    """Drafts of communes whose ponds cooled; `gauges` and `ponds` are communes by gateway and node."""
    rain = [row for place, commune in gauges.items() for row in _rain(reading, place, commune, now_s, limits)]
    fallen: dict[str, float] = defaultdict(float)
    for row in rain:
        fallen[row.commune] += row.rain
    wet = {commune for commune, mm in fallen.items() if mm >= limits.rain_mm}
    names = repository.pond_names(reading, [place for place, commune in ponds.items() if commune in wet])
    warmth = [
        PondHour(name, ponds[place], bucket.at, bucket.mean)
        for place, name in names.items()
        for bucket in _hours(reading, place, TEMPERATURE.symbol, now_s, limits)
    ]
    return rain_shock(rain, warmth, now_s, limits)


def _rain(reading: Session, place: tuple[str, str], commune: str, now_s: float, limits: RainShock) -> list[RainHour]:
    """A gauge counts up for ever; where it goes back it has begun anew."""
    hours = _hours(reading, place, RAIN.symbol, now_s, limits)
    return [RainHour(commune, later.at, max(0.0, later.high - earlier.high)) for earlier, later in pairwise(hours)]


def _hours(reading: Session, place: tuple[str, str], quantity: str, now_s: float, limits: RainShock) -> list[Bucket]:
    hours = limits.rain_hours + 2 * limits.after_hours
    return series(reading, *place, quantity, now_s - hours * HOUR_S, now_s, hours)
