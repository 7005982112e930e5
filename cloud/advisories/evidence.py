"""What the cloud's own data suggests to an officer today, in their communes and among farms that let them see the water."""

from collections.abc import Container
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.advisories import repository
from cloud.advisories.local_time import LOCAL
from cloud.advisories.preset import preset
from cloud.advisories.suggest import Draft, PondDawn, StationDay, dawn_oxygen, salinity_front
from cloud.stations import repository as stations
from cloud.stations.models import Station
from cloud.stations.symbols import NATIONAL
from cloud.telemetry.calendar import DAY_S, date_of, day_number
from cloud.telemetry.days import days
from hardware.quantities import DO, SALINITY

DAWN_ENDS_HOUR = 10
WHOLE_ENOUGH = 0.5


def suggestions(reading: Session, asking: Asking, communes: Container[str], now_s: float) -> list[Draft]:
    """Drafts of today for these communes, none where data gives no reason."""
    today = date_of(day_number(now_s))
    limits = preset(today)
    salt = salinities(reading, communes, limits.salinity_front.days, today, now_s)
    dawn = dawns(reading, asking, communes, today - timedelta(days=limits.dawn_oxygen.days), today, now_s)
    return [*salinity_front(salt, today, limits.salinity_front), *dawn_oxygen(dawn, today, limits.dawn_oxygen)]


def salinities(reading: Session, communes: Container[str], back: int, today: date, now_s: float) -> list[StationDay]:
    """Mean salinity of each 24 hours until now, for a tide takes about as long; "today" are the last ones."""
    here = [station for station in stations.all_stations(reading) if station.commune in communes]
    return [row for station in here for row in _salinities_of(reading, station, back, today, now_s)]


def _salinities_of(reading: Session, station: Station, back: int, today: date, now_s: float) -> list[StationDay]:
    since_s, symbol = now_s - (back + 1) * DAY_S, NATIONAL[SALINITY.symbol][0]
    fewest = WHOLE_ENOUGH * DAY_S / station.interval_s
    return [
        StationDay(
            station.name, station.commune or "", today - timedelta(days=int((now_s - bucket.at) // DAY_S)), bucket.mean
        )
        for bucket in stations.series(reading, station.id, symbol, since_s, now_s, back + 1)
        if bucket.count >= fewest
    ]


def dawns(
    reading: Session, asking: Asking, communes: Container[str], first: date, last: date, now_s: float
) -> list[PondDawn]:
    """Each pond's lowest oxygen of each day, where it was before mid-morning."""
    watched = repository.watched_ponds(reading, asking, now_s)
    ponds = {(gateway, node): commune for gateway, node, commune in watched if commune in communes}
    return [
        PondDawn(f"{row.gateway_id} {row.node}", ponds[row.gateway_id, row.node], row.day, row.of.low)
        for row in days(reading, ponds, first, last)
        if row.of.quantity == DO.symbol and datetime.fromtimestamp(row.of.low_at, LOCAL).hour < DAWN_ENDS_HOUR
    ]
