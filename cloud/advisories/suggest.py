"""Drafts of advice that data suggests. Each function looks at plain rows and says nothing where there is too little."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from cloud.advisories.preset import DawnOxygen, RainShock, SalinityFront

HOUR_S = 3600.0


@dataclass(frozen=True)
class StationDay:
    """A public station's mean salinity of one day, in permille."""

    station: str
    commune: str
    day: date
    salinity: float


@dataclass(frozen=True)
class PondDawn:
    """A pond's lowest oxygen of one night, in mg/L, by the day on which it dawned."""

    pond: str
    commune: str
    day: date
    oxygen: float


@dataclass(frozen=True)
class PondHour:
    """A pond's water temperature in one hour, in °C; Unix seconds."""

    pond: str
    commune: str
    at: float
    temperature: float


@dataclass(frozen=True)
class RainHour:
    """A commune's rain in one hour, in mm; Unix seconds of its begin."""

    commune: str
    at: float
    rain: float


@dataclass(frozen=True)
class Evidence:
    """What one station, commune or pond showed: its value before and now, in the unit of `text`'s catalogue line."""

    where: str
    before: float
    now: float


@dataclass(frozen=True)
class Draft:
    """A suggestion: `text` names the catalogue's table with its title, body and line of evidence."""

    kind: str
    text: str
    communes: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def salinity_front(rows: Iterable[StationDay], today: date, limits: SalinityFront) -> list[Draft]:
    """Several stations whose salinity rises together; one draft for all their communes."""
    values: dict[str, dict[date, float]] = defaultdict(dict)
    communes: dict[str, str] = {}
    for row in rows:
        values[row.station][row.day] = row.salinity
        communes[row.station] = row.commune
    first = today - timedelta(days=limits.days)
    risen = tuple(
        Evidence(station, days[first], days[today])
        for station, days in sorted(values.items())
        if first in days and today in days and days[today] - days[first] >= limits.rise_permille
    )
    salt = any(one.now >= limits.highest_at_least_permille for one in risen)
    if len(risen) < limits.stations or not salt:
        return []
    return [Draft("salinity_front", "salinity_front", tuple(sorted({communes[one.where] for one in risen})), risen)]


def dawn_oxygen(rows: Iterable[PondDawn], today: date, limits: DawnOxygen) -> list[Draft]:
    """Communes whose ponds have less oxygen every dawn; one draft for each, the lowest first."""
    values: dict[str, dict[str, dict[date, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        values[row.commune][row.pond][row.day] = row.oxygen
    days = [today - timedelta(days=back) for back in range(limits.days, -1, -1)]
    found = []
    for commune, ponds in sorted(values.items()):
        watched = [nights for nights in ponds.values() if all(day in nights for day in days)]
        if len(watched) < limits.ponds:
            continue
        middle = [median(nights[day] for nights in watched) for day in days]
        falls = all(later < earlier for earlier, later in pairwise(middle))
        if falls and middle[0] - middle[-1] >= limits.fall_mg_l and middle[-1] < limits.ends_below_mg_l:
            found.append(Draft("other", "dawn_oxygen", (commune,), (Evidence(commune, middle[0], middle[-1]),)))
    return sorted(found, key=lambda draft: draft.evidence[0].now)


def rain_shock(rain: Iterable[RainHour], ponds: Iterable[PondHour], now_s: float, limits: RainShock) -> list[Draft]:
    """Communes where heavy rain cooled the water of several ponds; of several gauges the fullest counts."""
    since_s = now_s - (limits.rain_hours + limits.after_hours) * HOUR_S
    began = _began(rain, since_s, now_s, limits)
    before: dict[tuple[str, str], float] = {}
    after: dict[tuple[str, str], float] = {}
    for row in sorted(ponds, key=lambda row: row.at):
        if row.commune not in began or not since_s - limits.after_hours * HOUR_S <= row.at <= now_s:
            continue
        key = (row.commune, row.pond)
        if row.at < began[row.commune]:
            before[key] = row.temperature
        else:
            after[key] = min(row.temperature, after.get(key, row.temperature))
    found: dict[str, list[Evidence]] = defaultdict(list)
    for (commune, pond), warm in before.items():
        if (cool := after.get((commune, pond))) is not None and warm - cool >= limits.fall_c:
            found[commune].append(Evidence(pond, warm, cool))
    return [
        Draft("heavy_rain", "rain_shock", (commune,), tuple(sorted(cooled, key=lambda one: one.now - one.before)))
        for commune, cooled in sorted(found.items())
        if len(cooled) >= limits.ponds
    ]


def _began(rain: Iterable[RainHour], since_s: float, now_s: float, limits: RainShock) -> dict[str, float]:
    """When heavy rain began in each commune that had it: the first of the hours that together bring enough."""
    hours: dict[str, dict[float, float]] = defaultdict(dict)
    for row in rain:
        if since_s <= row.at <= now_s and row.rain > 0:
            hours[row.commune][row.at] = max(row.rain, hours[row.commune].get(row.at, 0.0))
    began = {}
    for commune, falls in hours.items():
        for at in sorted(falls):
            fallen = sum(mm for hour, mm in falls.items() if at <= hour < at + limits.rain_hours * HOUR_S)
            if fallen >= limits.rain_mm:
                began[commune] = at
                break
    return began
