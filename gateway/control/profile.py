"""What a pond does at each hour of the day, learned: its net biological rate, its temperature, its saturation."""

import math
from dataclasses import dataclass, field

BINS = 96
HOURS = 24 / BINS
LEARNING = 0.3
DAY_TO_DAY = 0.2


@dataclass(slots=True)
class _Bin:
    mean: float = 0.0
    variance: float = 0.0
    days: int = 0


@dataclass
class DayCurve:
    """A quantity over the hours of the day in quarter hours: mean of the last days and how much days differ.

    Each day moves the mean by 1/days, later by `learning`: an exponentially weighted mean of some days.
    """

    learning: float = LEARNING
    bins: list[_Bin] = field(default_factory=lambda: [_Bin() for _ in range(BINS)])
    _at: int | None = None
    _sum: float = 0.0
    _weight: float = 0.0
    _days: int = 0

    def take(self, hour: float, value: float) -> None:
        """One value at a local hour of the day; a quarter hour is learned when the next begins."""
        at = int(hour % 24 / HOURS) % BINS
        if at != self._at:
            self._close()
            self._at = at
        self._sum += value
        self._weight += 1

    def forget_open(self) -> None:
        """Drop what was heard since the quarter hour began: it is not to be believed."""
        self._sum = self._weight = 0.0

    def _close(self) -> None:
        if self._at is not None and self._weight:
            bin_ = self.bins[self._at]
            share = max(self.learning, 1 / (bin_.days + 1))
            off = self._sum / self._weight - bin_.mean
            if bin_.days:
                bin_.variance += DAY_TO_DAY * (off * off - bin_.variance)
            bin_.mean += share * off
            bin_.days += 1
            self._days = min(bin_.days for bin_ in self.bins)
        self.forget_open()

    @property
    def days(self) -> int:
        """How many days every hour has been seen."""
        return self._days

    @property
    def share_known(self) -> float:
        """Share of the day that has been seen at least once."""
        return sum(bin_.days > 0 for bin_ in self.bins) / BINS

    def at(self, hour: float) -> float:
        """The mean at an hour, by straight lines between the middles of quarter hours; unseen ones borrow the nearest."""
        place = hour % 24 / HOURS - 0.5
        left = math.floor(place)
        share = place - left
        return (1 - share) * self._mean(left) + share * self._mean(left + 1)

    def spread(self) -> float:
        """How much days differ, as a standard deviation over the whole day."""
        known = [bin_.variance for bin_ in self.bins if bin_.days > 1]
        return math.sqrt(sum(known) / len(known)) if known else math.inf

    def _mean(self, index: int) -> float:
        for away in range(BINS // 2 + 1):
            for side in (index - away, index + away):
                if self.bins[side % BINS].days:
                    return self.bins[side % BINS].mean
        return 0.0

    def saved(self) -> list[list[float]]:
        """As plain numbers: mean, variance and days of each quarter hour."""
        return [[round(bin_.mean, 5), round(bin_.variance, 6), bin_.days] for bin_ in self.bins]

    @classmethod
    def loaded(cls, rows: list[list[float]]) -> "DayCurve":
        """From `saved`; ValueError when it is not of this shape."""
        if len(rows) != BINS:
            raise ValueError(f"{len(rows)} quarter hours instead of {BINS}")
        bins = [_Bin(float(mean), float(variance), int(days)) for mean, variance, days in rows]
        return cls(bins=bins, _days=min(bin_.days for bin_ in bins))
