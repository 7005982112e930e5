"""The local day of a sample. Vietnam has one zone, seven hours ahead, and no summer time (since 1975)."""

from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
AHEAD_S = 7 * 3600
DAY_S = 86400


def day_number(at: float) -> int:
    """The local day of a Unix time, counted from 1 January 1970."""
    return int((at + AHEAD_S) // DAY_S)


def night_number(at: float) -> int:
    """The local day on which the night of a Unix time ends; nights are from noon to noon."""
    return day_number(at + DAY_S / 2)


def number_of(day: date) -> int:
    """The number of a date."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """The date of a day's number."""
    return EPOCH + timedelta(days=number)


def begins_at(number: int) -> float:
    """The Unix time at which a local day begins."""
    return number * DAY_S - AHEAD_S
