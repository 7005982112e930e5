"""Day rows and ponds for tests of reports."""

from dataclasses import dataclass
from datetime import date

from cloud.reports.lines import PondFacts

NOVEMBER = date(2026, 11, 1)


@dataclass(frozen=True)
class Row:
    """As telemetry's day rows."""

    day: date
    low: float
    mean: float
    high: float
    quantity: str = "do_mg_l"
    count: int = 1440
    low_at: float | None = None
    expected: int = 1440
    below_s: float | None = 0.0
    gateway_id: str = "g1"
    node: str = "n1"


def on(number: int) -> date:
    """A day of November 2026."""
    return NOVEMBER.replace(day=number)


def pond(number: int = 1, **changes: object) -> PondFacts:
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
