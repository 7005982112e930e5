"""Stations over REST: public figures for whoever is signed in; officers keep the stations of their communes."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy.orm import Session

from cloud.accounts.access import REFUSED, Asking, Officer, Signed
from cloud.accounts.audit import note
from cloud.accounts.page import Now
from cloud.api import MOST_BUCKETS, BucketOut, Reading
from cloud.commands.api import Writing
from cloud.farms import repository as farms
from cloud.ids import Id
from cloud.stations import repository
from cloud.stations.access import keeps
from cloud.stations.completeness import completeness
from cloud.stations.models import Station
from cloud.stations.national_file import VIETNAM
from cloud.stations.schemas import (
    CompleteOut,
    FlagOut,
    StateOut,
    StationIn,
    StationOut,
    flag_out,
    state_out,
    station_out,
)
from cloud.stations.state import State, state_of

router = APIRouter(prefix="/api/stations", tags=["stations"])

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such station."}}
KEEPING: dict[int | str, dict[str, Any]] = {
    **REFUSED,
    404: {"description": "There is no such station or gateway."},
    409: {"description": "Another station has this code."},
    422: {"description": "Something is wrong with what was sent."},
}

Symbol = Annotated[str, Query(min_length=1, max_length=24, pattern=r"^[^\x00-\x1f\x7f]+$")]
Time = Annotated[float, Query(ge=0, le=1e11)]


def known_station(station_id: Id, reading: Reading) -> Station:
    """The station of the path; 404 when there is none."""
    found = repository.one(reading, station_id)
    if found is None:
        raise HTTPException(404, f"there is no station {station_id}")
    return found


KnownStation = Annotated[Station, Depends(known_station)]
Month = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="2026-11; this month without it")]


@router.get("", responses=REFUSED)
def list_stations(_: Signed, reading: Reading) -> list[StationOut]:
    """All stations."""
    return [station_out(station) for station in repository.all_stations(reading)]


@router.post("", status_code=201, responses=KEEPING)
def add_station(station: StationIn, asking: Officer, writing: Writing, now_s: Now) -> StationOut:
    """A new station."""
    _may(writing, asking, station, None, now_s)
    made = repository.add(writing, station.row(), now_s)
    note(writing, asking.who, "station_added", None, {"code": made.code}, now_s)
    return station_out(made)


@router.get("/{station_id}", responses={**REFUSED, **NOT_FOUND})
def get_station(_: Signed, station: KnownStation) -> StationOut:
    """One station."""
    return station_out(station)


@router.put("/{station_id}", responses=KEEPING)
def change_station(station_id: Id, station: StationIn, asking: Officer, writing: Writing, now_s: Now) -> StationOut:
    """Change a station; what it measured stays."""
    known = known_station(station_id, writing)
    _may(writing, asking, station, known, now_s)
    for name, value in station.row().items():
        setattr(known, name, value)
    note(writing, asking.who, "station_changed", None, {"code": known.code}, now_s)
    return station_out(known)


@router.get("/{station_id}/latest", responses={**REFUSED, **NOT_FOUND})
def get_station_latest(_: Signed, station: KnownStation, reading: Reading, now_s: Now) -> StateOut:
    """How the station stands, with the newest of each parameter."""
    return state_out(state_now(reading, station, now_s))


@router.get("/{station_id}/series", responses={**REFUSED, **NOT_FOUND})
def get_station_series(
    _: Signed,
    station: KnownStation,
    reading: Reading,
    symbol: Symbol,
    since: Time = 0.0,
    until: Time = 1e11,
    buckets: Annotated[int, Query(ge=1, le=MOST_BUCKETS)] = 300,
) -> list[BucketOut]:
    """Good values of a parameter between two times (Unix seconds), as lowest, mean and highest of each bucket."""
    if until <= since:
        raise HTTPException(422, "until must be later than since")
    found = repository.series(reading, station.id, symbol, since, until, buckets)
    return [BucketOut(at=item.at, min=item.low, mean=item.mean, max=item.high, count=item.count) for item in found]


@router.get("/{station_id}/completeness", responses={**REFUSED, **NOT_FOUND})
def get_station_completeness(
    _: Signed, station: KnownStation, reading: Reading, now_s: Now, month: Month | None = None
) -> list[CompleteOut]:
    """How much of a month the station delivered, by parameter."""
    year, number = map(int, month.split("-")) if month else this_month(now_s)
    return [
        CompleteOut(
            symbol=row.symbol, expected=row.expected, received=row.received, good=row.good, share=round(row.share, 4)
        )
        for row in completeness(reading, station, year, number, now_s)
    ]


@router.get("/{station_id}/flags", responses={**REFUSED, **NOT_FOUND})
def list_station_flags(
    _: Signed, station: KnownStation, reading: Reading, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[FlagOut]:
    """Where the station stood beyond a limit, newest first."""
    return [flag_out(flag) for flag in repository.flags(reading, station.id, limit)]


def this_month(now_s: float) -> tuple[int, int]:
    """Year and month in Vietnam."""
    today = datetime.fromtimestamp(now_s, VIETNAM)
    return today.year, today.month


def state_now(session: Session, station: Station, now_s: float) -> State:
    """How a station stands."""
    rows = repository.latest(session, [station.id]).get(station.id, [])
    return state_of(station, rows, repository.open_flags(session, [station.id]).get(station.id, []), now_s)


def _may(session: Session, asking: Asking, wish: StationIn, known: Station | None, now_s: float) -> None:
    keeps(session, asking, wish.commune, now_s)
    if known is not None:
        keeps(session, asking, known.commune, now_s)
    row = wish.row()
    bound = (known.gateway_id, known.node) if known else (None, None)
    if (row["gateway_id"], row["node"]) != bound and asking.role != "administrator":
        raise HTTPException(403, "only administrators let a station measure through a farm's node")
    if wish.through is not None and not farms.knows(session, wish.through.gateway):
        raise HTTPException(404, f"there is no gateway {wish.through.gateway}")
    other = repository.by_code(session, wish.code)
    if other is not None and other is not known:
        raise HTTPException(409, f"another station has the code {wish.code}")
