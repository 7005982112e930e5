"""Moments as Unix seconds, to a microsecond, and as ISO 8601 text in UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_S = (datetime(1, 1, 2, tzinfo=UTC) - EPOCH).total_seconds()
LATEST_S = (datetime(9999, 12, 30, tzinfo=UTC) - EPOCH).total_seconds()
MICROSECOND = timedelta(microseconds=1)
_DURATION = re.compile(r"(-?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")


def microseconds(at_s: float) -> int:
    """A moment as whole microseconds."""
    return round(at_s * 1_000_000)


def moment(at_s: float) -> datetime | None:
    """A moment as date and time in UTC; None outside the years that have four digits."""
    return EPOCH + timedelta(seconds=at_s) if EARLIEST_S <= at_s <= LATEST_S else None


def written(at_s: float) -> str | None:
    """As 2026-11-26T07:18:10Z, with a fraction where there is one."""
    found = moment(at_s)
    if found is None:
        return None
    fraction = f".{found.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{found.isoformat()[:19]}{fraction}Z"


def read_moment(text: str) -> float:
    """The Unix seconds of date, time and offset; ValueError when there is no such moment."""
    whole, dot, rest = text.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{whole}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
    found = datetime.fromisoformat(text.replace(" ", "+"))
    return (found - EPOCH) / MICROSECOND / 1_000_000


def read_day(text: str) -> date:
    """A calendar day; ValueError when there is none such."""
    return date.fromisoformat(text)


def read_clock(text: str) -> time:
    """A time of day; ValueError when there is none such."""
    whole, _, fraction = text.partition(".")
    return time.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}" if fraction else whole)


def read_duration(text: str) -> float:
    """Seconds of an ISO 8601 duration in days, hours, minutes and seconds; ValueError for any other."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise ValueError(text)
    sign, *parts = found.groups()
    total = sum(float(part or 0) * unit for part, unit in zip(parts, (86400, 3600, 60, 1), strict=True))
    return -total if sign else total


def midnight(day: date) -> float:
    """The moment at which a day begins in UTC."""
    return (datetime.combine(day, time(), UTC) - EPOCH).total_seconds()
