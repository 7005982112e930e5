"""What the cloud's own data suggests to an officer today, in their communes and among farms that let them see the water."""

from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.advisories import repository
from cloud.advisories.local_time import LOCAL
from cloud.advisories.preset import preset
from cloud.advisories.rain import shocks
from cloud.advisories.suggest import Draft, PondDawn, StationDay, dawn_oxygen, salinity_front
from cloud.stations import repository as stations
from cloud.stations.models import Station
from cloud.stations.symbols import NATIONAL
from cloud.telemetry.calendar import DAY_S, date_of, day_number
from cloud.telemetry.days import DayRow, days
from hardware.quantities import DO, RAIN, SALINITY

DAWN_ENDS_HOUR = 10
WHOLE_ENOUGH = 0.5


def suggestions(reading: Session, asking: Asking, communes: Container[str], now_s: float) -> list[Draft]:
    """Drafts of today for these communes, none where data gives no reason."""
    today = date_of(day_number(now_s))
    limits = preset(today)
    nodes = {
        (gateway, node): commune
        for gateway, node, commune in repository.watched_nodes(reading, asking, now_s)
        if commune in communes
    }
    ponds = {place: nodes[place] for place in repository.pond_names(reading, nodes)}
    since = today - timedelta(days=limits.dawn_oxygen.days)
    rows = days(reading, nodes, since, today, (DO.symbol, RAIN.symbol))
    gauges = {(row.gateway_id, row.node) for row in rows if row.of.quantity == RAIN.symbol and row.of.high > row.of.low}
    return [
        *salinity_front(
            salinities(reading, communes, limits.salinity_front.days, today, now_s), today, limits.salinity_front
        ),
        *dawn_oxygen(dawns(rows, ponds), today, limits.dawn_oxygen),
        *shocks(reading, {place: nodes[place] for place in gauges}, ponds, now_s, limits.rain_shock),
    ]


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


def dawns(rows: Iterable[DayRow], ponds: Mapping[tuple[str, str], str]) -> list[PondDawn]:
    """Each pond's lowest oxygen of each day, where it was before mid-morning."""
    return [
        PondDawn(f"{row.gateway_id} {row.node}", ponds[row.gateway_id, row.node], row.day, row.of.low)
        for row in rows
        if (row.gateway_id, row.node) in ponds
        and row.of.quantity == DO.symbol
        and datetime.fromtimestamp(row.of.low_at, LOCAL).hour < DAWN_ENDS_HOUR
    ]
