"""Days, weeks, months and crops: which local days a report covers."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

from gateway.text import Text

Kind = Literal["day", "week", "month", "crop"]
Regular = Literal["day", "week", "month"]

LOCAL = timezone(timedelta(hours=7))
DAY = timedelta(days=1)
SENT_AT_HOUR = 6


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, both of them in it; of a "crop", the year in which crops were harvested."""

    kind: Kind
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def title(self, words: Text) -> str:
        """The period in words."""
        week = self.first.isocalendar()
        return words(
            f"reports.period.{self.kind}",
            first=f"{self.first:%d/%m/%Y}",
            last=f"{self.last:%d/%m/%Y}",
            number=f"{week.week if self.kind == 'week' else self.first.month:02d}",
            year=str(week.year if self.kind == "week" else self.first.year),
        )


def period_of(kind: Kind, on: date) -> Period:
    """The period of this kind that holds a day; weeks begin on Monday."""
    if kind == "day":
        return Period(kind, on, on)
    if kind == "week":
        monday = on - on.weekday() * DAY
        return Period(kind, monday, monday + 6 * DAY)
    if kind == "month":
        return Period(kind, on.replace(day=1), on.replace(day=monthrange(on.year, on.month)[1]))
    return Period(kind, date(on.year, 1, 1), date(on.year, 12, 31))


def last_whole(kind: Regular, today: date) -> Period:
    """The newest period of this kind that ended before today."""
    return period_of(kind, period_of(kind, today).first - DAY)


def next_sending_s(kind: Regular, now_s: float) -> float:
    """When the next report is due (Unix seconds): at six in the morning after a period's last day."""
    today = local_day(now_s)
    here = midnight_s(period_of(kind, today).first) + SENT_AT_HOUR * 3600
    return here if here > now_s else midnight_s(period_of(kind, today).last + DAY) + SENT_AT_HOUR * 3600


def local_day(at_s: float) -> date:
    """The local day of a time."""
    return datetime.fromtimestamp(at_s, LOCAL).date()


def midnight_s(day: date) -> float:
    """When a local day begins, in Unix seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC).timestamp()


def clock(at_s: float | None) -> str:
    """A time as 05/11 04:10; a dash for none."""
    return "–" if at_s is None else f"{datetime.fromtimestamp(at_s, LOCAL):%d/%m %H:%M}"
