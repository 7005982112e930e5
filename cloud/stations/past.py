"""What a page draws of a station's past: one parameter in buckets, with its gaps."""

from sqlalchemy.orm import Session

from cloud.stations import repository
from cloud.stations.models import Station

MOST_BUCKETS = 480
GAP_CYCLES, GAP_BUCKETS = 3.0, 2.5

Columns = dict[str, list[float | None]]


def columns(session: Session, station: Station, symbol: str, since: float, until: float) -> Columns:
    """Times, lowest, mean and highest; a row of None stands where values are too far apart to be joined."""
    width_s = (until - since) / MOST_BUCKETS
    gap_s = max(GAP_CYCLES * station.interval_s, GAP_BUCKETS * width_s)
    rows: list[tuple[float, float | None, float | None, float | None]] = []
    for bucket in repository.series(session, station.id, symbol, since, until, MOST_BUCKETS):
        if rows and bucket.at - rows[-1][0] > gap_s:
            rows.append(((rows[-1][0] + bucket.at) / 2, None, None, None))
        rows.append((round(bucket.at, 1), round(bucket.low, 3), round(bucket.mean, 3), round(bucket.high, 3)))
    names = ("at", "low", "mean", "high")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
