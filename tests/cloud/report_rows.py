"""Day rows and ponds for tests of reports."""

from datetime import date

from cloud.reports.lines import PondFacts
from cloud.telemetry.days import DayRow
from cloud.telemetry.summary import QuantityDay

NOVEMBER = date(2026, 11, 1)


def row(
    day: date,
    low: float,
    mean: float,
    high: float,
    quantity: str = "do_mg_l",
    count: int = 1440,
    low_at: float = 0.0,
    expected: int = 1440,
    below_s: float | None = 0.0,
) -> DayRow:
    """A quantity's day of the node n1."""
    of = QuantityDay(quantity, low, low_at, mean, high, count, below_s)
    return DayRow("g1", "n1", day, samples=count, expected=expected, of=of)


def on(number: int) -> date:
    """A day of November 2026."""
    return NOVEMBER.replace(day=number)


def pond(number: int = 1, **changes: object) -> PondFacts:
    """A pond with its number in all its names."""
    facts = {
        "id": number,
        "gateway_id": f"g{number}",
        "key": "ao-1",
        "node": f"n{number}",
        "name": f"Ao {number}",
        "farm": f"Trại {number}",
        "commune": "31000",
    }
    return PondFacts(**(facts | changes))  # type: ignore[arg-type]
