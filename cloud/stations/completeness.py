"""How much of a month a station delivered: by its interval, for each parameter that it ever sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cloud.stations import repository
from cloud.stations.models import Station
from cloud.stations.national_file import VIETNAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Cycles of one parameter in a month: expected until now, with any line, with a good value."""

    symbol: str
    expected: int
    received: int
    good: int

    @property
    def share(self) -> float:
        """Good of expected, 0 to 1."""
        return min(1.0, self.good / self.expected) if self.expected else 0.0


def month_of(year: int, month: int) -> tuple[int, int]:
    """Beginning and end of a month in Vietnam, Unix seconds."""
    first = datetime(year, month, 1, tzinfo=VIETNAM)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=VIETNAM)
    return int(first.timestamp()), int(after.timestamp())


def completeness(session: Session, station: Station, year: int, month: int, now_s: float) -> list[Complete]:
    """A month of a station by parameter. Its first month begins when it was made, or with its first line before that."""
    begin, end = month_of(year, month)
    found = repository.cycles(session, station, begin, end)
    symbols = {row.symbol for row in repository.latest(session, [station.id]).get(station.id, [])} | found.keys()
    firsts = [first for _, _, first in found.values() if first is not None]
    begin = max(begin, min([int(station.created_at), *firsts]))
    expected = max(0, int(min(end, now_s)) - begin) // station.interval_s
    return [
        Complete(symbol=symbol, expected=expected, received=received, good=good)
        for symbol in sorted(symbols)
        for received, good, _ in [found.get(symbol, (0, 0, None))]
    ]
