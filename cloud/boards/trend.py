"""Where a parameter is going, told from its last three hours, and its last day as a small line."""

from collections.abc import Sequence
from itertools import pairwise

from cloud.telemetry.history import Bucket

HOURS = 3.0
STEADY_SHARE = 0.03
STEADY = {"pH": 0.1, "Temp": 0.5, "DO": 0.3, "Sal": 0.5}
WIDTH, HEIGHT = 100.0, 30.0
GAP_BUCKETS = 2.5


def trend_of(symbol: str, day: Sequence[Bucket], now_s: float) -> str:
    """ "rising", "steady" or "falling": the last hour against the one two hours before; "" where either has no value."""
    before, last = (_mean(day, now_s - hours * 3600) for hours in (HOURS, 1.0))
    if before is None or last is None:
        return ""
    least = STEADY.get(symbol, STEADY_SHARE * abs(before))
    if abs(last - before) <= least:
        return "steady"
    return "rising" if last > before else "falling"


def lines_of(day: Sequence[Bucket], since: float, until: float) -> list[str]:
    """The points of each unbroken stretch, for an SVG of 100 by 30; the highest mean is on top."""
    if not day:
        return []
    low, high = min(item.mean for item in day), max(item.mean for item in day)
    room = (high - low) or 1.0
    gap_s = GAP_BUCKETS * min((one.at - other.at for other, one in pairwise(day)), default=0.0)
    lines: list[list[str]] = []
    for place, item in enumerate(day):
        if not place or item.at - day[place - 1].at > gap_s:
            lines.append([])
        x = (item.at - since) / (until - since) * WIDTH
        y = HEIGHT - 2 - (item.mean - low) / room * (HEIGHT - 4)
        lines[-1].append(f"{x:.1f},{y:.1f}")
    return [" ".join(points) for points in lines if len(points) > 1]


def _mean(day: Sequence[Bucket], since: float) -> float | None:
    values = [item.mean for item in day if since <= item.at < since + 3600]
    return sum(values) / len(values) if values else None
