"""The page of all ponds that somebody may see."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud import api
from cloud.accounts.access import AlarmsSeen, WaterSeen
from cloud.alerts import repository as alerts
from cloud.farms import repository as farms
from cloud.farms.models import Pond
from cloud.telemetry.latest import Newest, Value, latest_of
from gateway.text import Text
from gateway.web.pages import STATIC
from gateway.web.shared import Words
from hardware.quantities import DO

STALE_AFTER_S = 120.0
OTHERS = ("temperature_c", "salinity_psu", "ph", "do_sat")

Queries = Annotated[Session, Depends(api.session)]

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def page(request: Request, queries: Queries, words: Words, water: WaterSeen, alarms: AlarmsSeen) -> str:
    """All ponds, with the frame."""
    return _shown(request, "ponds.html", queries, words, water, alarms, title=words("page.all_ponds"), static=STATIC)


@router.get("/ponds", response_class=HTMLResponse)
def ponds(request: Request, queries: Queries, words: Words, water: WaterSeen, alarms: AlarmsSeen) -> str:
    """All ponds, for the page that looks again."""
    return _shown(request, "ponds_list.html", queries, words, water, alarms)


def _shown(
    request: Request,
    template: str,
    queries: Session,
    words: Text,
    water: Select[str],
    alarms: Select[str],
    **frame: Any,
) -> str:
    state = request.app.state
    shown: str = state.environment.get_template(template).render(
        t=words, ponds=_rows(queries, water, words, state.wall()), alerts=_alerts(queries, alarms, words), **frame
    )
    return shown


def _alerts(queries: Session, seen: Select[str], words: Text) -> list[str]:
    """The open alerts in words."""
    names = {farm.id: farm.farm_name for farm in farms.seen(queries, seen)}
    return [
        words(f"cloud_alert.{alert.kind}.open", farm=names.get(alert.gateway_id) or alert.gateway_id)
        for alert in alerts.opened(queries, seen)
    ]


def _rows(queries: Session, seen: Select[str], words: Text, now_s: float) -> list[dict[str, Any]]:
    names = {farm.id: farm.farm_name for farm in farms.seen(queries, seen)}
    ponds = farms.ponds_seen(queries, seen)
    newest = latest_of(queries, [(pond.gateway_id, pond.node) for pond in ponds if pond.node])
    return [
        _row(
            pond,
            names.get(pond.gateway_id) or pond.gateway_id,
            newest.get((pond.gateway_id, pond.node or "")),
            words,
            now_s,
        )
        for pond in ponds
    ]


def _row(pond: Pond, farm: str, newest: Newest | None, words: Text, now_s: float) -> dict[str, Any]:
    oxygen = newest.get(DO.symbol) if newest else None
    age_s = now_s - newest.taken_at if newest else None
    state = _state(oxygen, age_s)
    return {
        "name": pond.name,
        "farm": farm,
        "age": _age(age_s, words),
        "level": _level(pond, oxygen.value if oxygen and state == "good" else None),
        "do_state": state,
        "do_mg_l": oxygen.value if oxygen else None,
        "trend_mg_l_h": None,
        "others": [
            {"quantity": item.quantity, "value": item.value, "quality": item.quality}
            for item in (newest.readings if newest else ())
            if item.quantity in OTHERS
        ],
    }


def _state(oxygen: Value | None, age_s: float | None) -> str:
    if oxygen is None or age_s is None:
        return "waiting"
    if age_s > STALE_AFTER_S:
        return "stale"
    return "good" if oxygen.quality == 0 and oxygen.value is not None else "bad"


def _level(pond: Pond, value: float | None) -> str:
    if value is None:
        return "lost"
    if value < pond.danger_low:
        return "danger"
    return "watch" if value < pond.alarm_low else "ok"


def _age(age_s: float | None, words: Text) -> str:
    if age_s is None:
        return ""
    value, unit = (
        (age_s, "second") if age_s < 100 else (age_s / 60, "minute") if age_s < 6000 else (age_s / 3600, "hour")
    )
    return words("unit.age", age=f"{max(0, round(value))} {words('unit.' + unit)}")
