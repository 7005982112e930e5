"""One pond from anywhere: its newest values, its past at any zoom, and what may be asked of its farm."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import Response
from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud.accounts import audit
from cloud.accounts.access import AlarmsSeen, Operator, Signed
from cloud.accounts.page import Now, show
from cloud.api import KnownPond, Reading
from cloud.commands import repository as commands
from cloud.commands.api import OwnPond, Writing
from cloud.farms.models import Pond
from cloud.telemetry.history import series
from cloud.telemetry.past import columns
from cloud.telemetry.repository import newest_events
from cloud.web.overview import one
from cloud.web.wording import card, clock
from gateway.web.pages import shown_events
from gateway.web.shared import Words
from hardware.quantities import BY_SYMBOL, DO

RANGES_H = (24, 168, 720, 2160)
LONGEST_S = 3700 * 86400.0
BUCKETS = 480
SHOWN_COMMANDS = 5
SHOWN_EVENTS = 12

router = APIRouter(include_in_schema=False)

Hours = Annotated[float, Query(gt=0, le=2160)]
Wall = Annotated[float | None, Query(gt=0, lt=1e11)]


@router.get("/ponds/{pond_id}")
def pond_page(
    request: Request, pond: KnownPond, asking: Signed, queries: Reading, words: Words, alarms: AlarmsSeen, now_s: Now
) -> Response:
    """The pond."""
    view = one(queries, pond, alarms, now_s)
    here = card(view, words)
    return show(
        request,
        "cloud_pond.html",
        words,
        title=pond.name,
        pond={**here, "limits": {"alarm": pond.alarm_low, "danger": pond.danger_low}, "machines": pond.aerators},
        phone=view.farm.phone,
        owner=view.farm.owner_name,
        may_ask=asking.role in ("farmer", "technician"),
        asked=_asked(queries, pond) if asking.role not in ("officer", "administrator") else [],
        events=shown_events(_events(queries, pond, alarms), None, words),
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


@router.post("/ponds/{pond_id}/ask")
def ask(
    request: Request,
    pond: OwnPond,
    asking: Operator,
    writing: Writing,
    words: Words,
    now_s: Now,
    aerator: Annotated[int, Form(ge=1, le=8)],
    run: Annotated[bool, Form()],
    minutes: Annotated[float, Form(gt=0, le=60)] = 30.0,
) -> Response:
    """Ask the farm to set a machine by hand; its guard has the last word, and the page shows it."""
    args = {"pond": pond.key, "aerator": aerator, "run": run, "minutes": minutes}
    made = commands.issue(writing, pond.gateway_id, "override", args, asking.name, now_s)
    audit.note(writing, asking.who, "command", pond.gateway_id, {"command": made.id, "do": "override"}, now_s)
    writing.flush()
    return show(request, "asked.html", words, title="", pond={"id": pond.id}, asked=_asked(writing, pond))


@router.get("/ponds/{pond_id}/asked")
def asked(request: Request, pond: OwnPond, _: Operator, queries: Reading, words: Words) -> Response:
    """What became of what was asked."""
    return show(request, "asked.html", words, title="", pond={"id": pond.id}, asked=_asked(queries, pond))


def _events(queries: Session, pond: Pond, alarms: Select[str]) -> list[dict[str, Any]]:
    """The newest events of the pond, where its alarms may be seen."""
    return [
        {"kind": event.kind, "pond": event.pond, "detail": json.loads(event.detail), "at_wall_s": event.at}
        | {"wall_known": event.wall_known}
        for event in newest_events(queries, pond.gateway_id, pond.key, alarms, SHOWN_EVENTS)
    ]


def _asked(queries: Any, pond: Pond) -> list[dict[str, Any]]:
    found = commands.newest(queries, pond.gateway_id, SHOWN_COMMANDS)
    return [
        {
            "at": clock(command.issued_at),
            "who": command.who,
            "fate": command.fate or "on_its_way",
            "reason": command.reason,
        }
        for command in found
    ]
