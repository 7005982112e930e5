"""What a day of a node comes to: lowest, mean, highest of what was good, and how long oxygen lacked. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.telemetry.rows import Array, Rows
from hardware.quantities import DO

LACK_MG_L = 3.0
LONGEST_STEP_S = 300.0


@dataclass(frozen=True, slots=True)
class QuantityDay:
    """Good values of one quantity; `low_at` in Unix seconds, `below_s` under LACK_MG_L, for oxygen only."""

    quantity: str
    low: float
    low_at: float
    mean: float
    high: float
    count: int
    below_s: float | None


def summed_up(rows: Rows) -> Iterator[QuantityDay]:
    """Each quantity that has a good value."""
    for quantity in dict.fromkeys(column.quantity for column in rows.columns):
        taken_ms, values = rows.good(quantity)
        if len(values):
            place = int(np.argmin(values))
            below_s = below(taken_ms / 1000, values) if quantity == DO.symbol else None
            yield QuantityDay(
                quantity,
                float(values[place]),
                float(taken_ms[place]) / 1000,
                float(values.mean()),
                float(values.max()),
                len(values),
                below_s,
            )


def expected(rows: Rows) -> int:
    """How many samples the sequences of these rows promise, those that are missing between them included."""
    total = 0
    for boot in np.unique(rows.boot):
        mine = rows.sequence[rows.boot == boot]
        total += int(mine.max() - mine.min()) + 1
    return total


def below(at: Array, values: Array) -> float:
    """Seconds under LACK_MG_L. A value counts until the next one, five minutes at most: nobody knows what was in a gap."""
    steps = np.minimum(np.diff(at, append=at[-1]), LONGEST_STEP_S)
    return float(steps[values < LACK_MG_L].sum())
