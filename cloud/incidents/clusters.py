"""Do reports of dead or sick shrimp crowd in one place and the last days? Shown with its uncertainty, as a question."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cloud.advisories.scan import Cluster, Limits, scan, to_km
from cloud.incidents.repository import Case
from cloud.telemetry.calendar import begins_at, day_number

DAYS = 28
APART_DAYS = 7
FEWEST_CASES = 3
MOST_PLACES = 150
CELL_KM = 2.0
LIMITS = Limits(share=0.5, radius_km=20.0, days=14, replicates=499)


@dataclass(frozen=True)
class Farm:
    """A farm whose reports are seen, in degrees."""

    id: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Question:
    """A circle and its last days with more reports than chance explains; chance alone does as much once in `1 / p` days.

    `farms` are those in the circle that reported; `cases` counts all reports of the `watched_days`.
    """

    latitude: float
    longitude: float
    radius_km: float
    days: int
    observed: int
    expected: float
    relative_risk: float
    p: float
    farms: tuple[str, ...]
    cases: int
    watched_farms: int
    watched_days: int

    @property
    def rare(self) -> bool:
        """True where it is seldom enough to be asked about."""
        return self.p <= 0.05


@lru_cache(maxsize=64)
def look(farms: tuple[Farm, ...], cases: tuple[Case, ...], today: int) -> Question | None:
    """The most unusual circle of today (a local day's number); None where there is too little to ask.

    The same reports on the same day give the same answer: the random copies are seeded by the day.
    """
    days = _days(farms, cases, today)
    if sum(map(len, days.values())) < FEWEST_CASES:
        return None
    positions = to_km(np.array([farm.latitude for farm in farms]), np.array([farm.longitude for farm in farms]))
    cells = _cells(positions)
    centres = np.array([positions[members].mean(axis=0) for members in cells])
    at_risk = np.array([[float(len(members))] * DAYS for members in cells])
    counts = np.zeros((len(cells), DAYS), dtype=np.int64)
    for row, members in enumerate(cells):
        for day in (day for member in members for day in days.get(farms[member].id, ())):
            counts[row, day - today + DAYS - 1] += 1
    found = scan(centres, at_risk, counts, np.random.default_rng(today), LIMITS)
    return _question(found, farms, cells, days, today) if found else None


def since_s(now_s: float) -> float:
    """From when on reports count."""
    return begins_at(day_number(now_s) - DAYS + 1)


def _days(farms: Iterable[Farm], cases: Iterable[Case], today: int) -> dict[str, list[int]]:
    """The days on which each farm counts: once a week at most, for one farm's reports are one story."""
    known = {farm.id for farm in farms}
    days: dict[str, list[int]] = defaultdict(list)
    for case in sorted(cases, key=lambda case: case.reported_at):
        day, mine = day_number(case.reported_at), days[case.gateway_id]
        if case.gateway_id in known and today - DAYS < day <= today and (not mine or day - mine[-1] >= APART_DAYS):
            mine.append(day)
    return days


def _cells(positions: np.ndarray) -> list[list[int]]:
    """Farms by squares of a map, wider ones where there are too many to scan."""
    size_km = CELL_KM
    while True:
        squares: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number, position in enumerate(positions):
            squares[tuple(int(part) for part in np.floor(position / size_km))].append(number)
        if len(squares) <= MOST_PLACES:
            return [squares[key] for key in sorted(squares)]
        size_km *= 1.5


def _question(
    found: Cluster, farms: tuple[Farm, ...], cells: list[list[int]], days: dict[str, list[int]], today: int
) -> Question:
    inside = [farms[member] for place in found.places for member in cells[place]]
    middle = [farms[member] for member in cells[found.centre]]
    return Question(
        latitude=sum(farm.latitude for farm in middle) / len(middle),
        longitude=sum(farm.longitude for farm in middle) / len(middle),
        radius_km=found.radius_km,
        days=found.days,
        observed=found.observed,
        expected=found.expected,
        relative_risk=found.relative_risk,
        p=found.p,
        farms=tuple(
            sorted(farm.id for farm in inside if any(day > today - found.days for day in days.get(farm.id, ())))
        ),
        cases=sum(map(len, days.values())),
        watched_farms=len(farms),
        watched_days=DAYS,
    )
