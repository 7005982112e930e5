"""What a page draws of a station's past: one parameter in buckets, with its gaps."""

from sqlalchemy.orm import Session

from cloud.stations import repository
from cloud.stations.models import Station
from cloud.telemetry import past
from cloud.telemetry.past import Columns

MOST_BUCKETS = 480


def columns(session: Session, station: Station, symbol: str, since: float, until: float) -> Columns:
    """Times, lowest, mean and highest; a row of None stands where values are too far apart to be joined."""
    found = repository.series(session, station.id, symbol, since, until, MOST_BUCKETS)
    return past.columns(found, (until - since) / MOST_BUCKETS, station.interval_s)
