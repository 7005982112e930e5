"""One pond from anywhere: its newest values, its past at any zoom, and what may be asked of its farm."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment
from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud.accounts.access import OF_FARM, OPERATORS, AlarmsSeen, Asking, Signed
from cloud.accounts.page import Now, show
from cloud.api import KnownPond, Reading
from cloud.farms.models import Gateway, Pond
from cloud.telemetry.history import fresh_values, series
from cloud.telemetry.past import columns
from cloud.telemetry.repository import newest_events
from cloud.web.machines import machines
from cloud.web.overview import STALE_AFTER_S, one
from cloud.web.wording import card, clock
from gateway.control.trend import TREND_S, slope_mg_l_h
from gateway.text import Text
from gateway.web.pages import Pages, aging, shown_events
from gateway.web.shared import Words
from hardware.quantities import BY_SYMBOL, DO

RANGES_H = (24, 168, 720, 2160)
LONGEST_S = 3700 * 86400.0
BUCKETS = 480
SHOWN_EVENTS = 12

router = APIRouter(include_in_schema=False)

Hours = Annotated[float, Query(gt=0, le=2160)]
Wall = Annotated[float | None, Query(gt=0, lt=1e11)]


@router.get("/ponds/{pond_id}")
def pond_page(
    request: Request, pond: KnownPond, asking: Signed, queries: Reading, words: Words, alarms: AlarmsSeen, now_s: Now
) -> Response:
    """The pond."""
    farm = queries.get_one(Gateway, pond.gateway_id)
    return show(
        request,
        "cloud_pond.html",
        words,
        title=pond.name,
        pond=_pond(queries, pond, asking, alarms, words, now_s),
        phone=farm.phone,
        owner=farm.owner_name,
        may_order=asking.role in OPERATORS,
        events=_events(queries, pond, alarms, words),
        ranges_h=RANGES_H,
    )


@router.get("/ponds/{pond_id}/past")
def past(
    pond: KnownPond,
    queries: Reading,
    now_s: Now,
    quantity: Annotated[str, Query(max_length=60)] = DO.symbol,
    hours: Hours = 24,
    since: Wall = None,
    until: Wall = None,
) -> dict[str, Any]:
    """A quantity's past as the chart draws it: of the last hours, or between two times."""
    if quantity not in BY_SYMBOL:
        raise HTTPException(422, f"there is no quantity {quantity}; there are {', '.join(sorted(BY_SYMBOL))}")
    end_s = now_s if until is None else until
    begin_s = end_s - hours * 3600 if since is None else since
    if not 0 < end_s - begin_s <= LONGEST_S:
        raise HTTPException(422, "since must lie before until")
    found = series(queries, pond.gateway_id, pond.node, quantity, begin_s, end_s, BUCKETS) if pond.node else []
    return {
        "since": begin_s,
        "until": end_s,
        **columns(found, (end_s - begin_s) / BUCKETS),
        "machines": {},
    }


@router.get("/ponds/{pond_id}/now")
def now(
    request: Request, pond: KnownPond, asking: Signed, queries: Reading, words: Words, alarms: AlarmsSeen, now_s: Now
) -> dict[str, Any]:
    """What changes on the page, as the farm's own page gets it: pieces of HTML by element id, the pond's level and age."""
    here = _pond(queries, pond, asking, alarms, words, now_s)
    environment: Environment = request.app.state.environment
    shown: Any = environment.get_template("order_pieces.html").module
    pieces = {"notes": str(shown.notes(here, words))} | Pages(environment).water(here, words)
    for row in here["machines"]:
        place = f"{pond.id}-m{row['number']}"
        pieces |= {place: str(shown.machine(row, words)), f"{place}-answer": str(shown.asked(row, words))}
    pieces[f"{pond.id}-unknown"] = str(shown.unknown(here, words))
    return {"pieces": pieces, "ponds": [aging(here)]}


@router.get("/ponds/{pond_id}/events")
def events(request: Request, pond: KnownPond, queries: Reading, words: Words, alarms: AlarmsSeen) -> Response:
    """The pond's newest events."""
    shown: Any = request.app.state.environment.get_template("pieces.html").module
    return HTMLResponse(shown.events(_events(queries, pond, alarms, words), words))


def _pond(
    queries: Session, pond: Pond, asking: Asking, alarms: Select[str], words: Text, now_s: float
) -> dict[str, Any]:
    """The pond as the page's template takes it; what was asked of its machines is for the farm's own people."""
    view = one(queries, pond, alarms, now_s)
    return {
        **card(view, words),
        "trend_mg_l_h": _trend(queries, pond, now_s) if view.do_state == "good" else None,
        "age_s": view.age_s,
        "stale_after_s": STALE_AFTER_S,
        "limits": {"alarm": pond.alarm_low, "danger": pond.danger_low},
        "machines": machines(queries, pond, asking.role in OF_FARM, words, now_s),
    }


def _trend(queries: Session, pond: Pond, now_s: float) -> float | None:
    """Of the last half hour, as the farm reckons it."""
    at, values = fresh_values(queries, pond.gateway_id, pond.node or "", DO.symbol, now_s - TREND_S, now_s)
    return slope_mg_l_h(sorted(zip(at.tolist(), values.tolist(), strict=True)))


def _events(queries: Session, pond: Pond, alarms: Select[str], words: Text) -> list[dict[str, Any]]:
    """The newest events of the pond, where its alarms may be seen; their hour is Vietnam's, wherever the cloud stands."""
    found = [
        {"kind": event.kind, "pond": event.pond, "detail": json.loads(event.detail), "at_wall_s": event.at}
        | {"wall_known": event.wall_known}
        for event in newest_events(queries, pond.gateway_id, pond.key, alarms, SHOWN_EVENTS)
    ]
    return [
        row | {"clock": clock(row["at_wall_s"]) if row["wall_known"] else "--:--"}
        for row in shown_events(found, None, words)
    ]
