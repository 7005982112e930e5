"""What a chart draws of the past: buckets as columns, with a row of None where values are too far apart to be joined."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from cloud.telemetry.history import Bucket

GAP_STEPS, GAP_BUCKETS = 3.0, 2.5

Columns = dict[str, list[float | None]]


def columns(buckets: Sequence[Bucket], width_s: float, step_s: float | None = None) -> Columns:
    """Times, lowest, mean and highest of buckets this wide; `step_s` between two samples: without it, as it mostly is."""
    steps = [after.at - before.at for before, after in pairwise(buckets)]
    usual_s = step_s if step_s is not None else median(steps) if steps else 0.0
    gap_s = max(GAP_STEPS * usual_s, GAP_BUCKETS * width_s)
    rows: list[tuple[float, float | None, float | None, float | None]] = []
    for bucket in buckets:
        if rows and bucket.at - rows[-1][0] > gap_s:
            rows.append(((rows[-1][0] + bucket.at) / 2, None, None, None))
        rows.append((round(bucket.at, 1), round(bucket.low, 3), round(bucket.mean, 3), round(bucket.high, 3)))
    names = ("at", "low", "mean", "high")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
