"""The pages of stations: all of them with their state in words, and one with its values, its past and its months."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from cloud.accounts.access import Signed
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.stations import repository
from cloud.stations.api import KnownStation, Month, this_month
from cloud.stations.completeness import completeness
from cloud.stations.limits import presets
from cloud.stations.past import columns
from cloud.stations.state import state_of
from cloud.stations.wording import age, flag_words, months_until, shown_values
from cloud.telemetry.past import Columns
from gateway.web.shared import Words

RANGES_H = (24, 168, 720, 2160)
LONGEST_S = 3700 * 86400.0
MONTHS, FLAGS = 12, 10

router = APIRouter(include_in_schema=False)

Hours = Annotated[float, Query(gt=0, le=2160)]
Wall = Annotated[float | None, Query(gt=0, lt=1e11)]


@router.get("/stations")
def stations_page(request: Request, _: Signed, reading: Reading, words: Words, now_s: Now) -> Response:
    """All stations."""
    found = repository.all_stations(reading)
    ids = [station.id for station in found]
    latest, flags = repository.latest(reading, ids), repository.open_flags(reading, ids)
    rows = []
    for station in found:
        state = state_of(station, latest.get(station.id, []), flags.get(station.id, []), now_s)
        rows.append(
            {
                "station": station,
                "state": state,
                "age": age(state.at, now_s, words),
                "values": shown_values(state.values, words),
            }
        )
    return show(request, "stations.html", words, title=words("stations.title"), rows=rows)


@router.get("/stations/{station_id}")
def station_page(
    request: Request,
    station: KnownStation,
    _: Signed,
    reading: Reading,
    words: Words,
    now_s: Now,
    month: Month | None = None,
) -> Response:
    """One station."""
    year, number = map(int, month.split("-")) if month else this_month(now_s)
    flags = repository.open_flags(reading, [station.id]).get(station.id, [])
    state = state_of(station, repository.latest(reading, [station.id]).get(station.id, []), flags, now_s)
    preset = presets().get(station.preset)
    return show(
        request,
        "station.html",
        words,
        title=station.name,
        station=station,
        state=state,
        age=age(state.at, now_s, words),
        values=shown_values(state.values, words),
        preset=preset.name if preset else "",
        complete=completeness(reading, station, year, number, now_s),
        month=f"{year}-{number:02d}",
        months=months_until(now_s, MONTHS),
        flags=[flag_words(flag, words) for flag in repository.flags(reading, station.id, FLAGS)],
        ranges_h=RANGES_H,
    )


@router.get("/stations/{station_id}/past")
def station_past(
    station: KnownStation,
    _: Signed,
    reading: Reading,
    now_s: Now,
    quantity: Annotated[str, Query(min_length=1, max_length=24)],
    hours: Hours = 24,
    since: Wall = None,
    until: Wall = None,
) -> dict[str, Any]:
    """A parameter's past as the chart draws it: of the last hours, or between two times."""
    end_s = now_s if until is None else until
    begin_s = end_s - hours * 3600 if since is None else since
    if not 0 < end_s - begin_s <= LONGEST_S:
        raise HTTPException(422, "since must lie before until")
    found: Columns = columns(reading, station, quantity, begin_s, end_s)
    return {"since": begin_s, "until": end_s, **found, "machines": {}}
