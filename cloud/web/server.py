"""The cloud's pages and REST interface."""

import time
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.middleware.gzip import GZipMiddleware

from cloud import api
from cloud.accounts import account_page, audit_page, door_page, people_page
from cloud.accounts.access import AlarmsSeen, WaterSeen
from cloud.accounts.door import only_the_signed_in
from cloud.alerts import api as alerts_api
from cloud.alerts import repository as alerts
from cloud.areas import api as areas_api
from cloud.areas import page as areas_page
from cloud.commands import api as commands_api
from cloud.database import Database
from cloud.farms import api as farms_api
from cloud.farms import page as farms_page
from cloud.farms import repository as farms
from cloud.farms.models import Pond
from cloud.settings import CloudSettings
from cloud.telemetry.latest import Newest, Value, latest_of
from cloud.things import api as things_api
from gateway.people.limits import DoorLimits
from gateway.text import Text
from gateway.web.pages import STATIC, make_environment, static_folder
from gateway.web.shared import Words, router
from hardware.quantities import DO

STALE_AFTER_S = 120.0
OTHERS = ("temperature_c", "salinity_psu", "ph", "do_sat")


Queries = Annotated[Session, Depends(api.session)]


def make_app(settings: CloudSettings) -> FastAPI:
    """The application on one database."""
    app = FastAPI(title="Pondkeeper cloud", version="0.1.0")
    app.state.database = Database(settings.database_url)
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.mount(STATIC, StaticFiles(directory=static_folder()), name="static")
    app.state.settings = settings
    app.state.wall = time.time
    app.state.doors = DoorLimits(time.monotonic)
    app.middleware("http")(only_the_signed_in)
    for room in (api, alerts_api, commands_api, areas_api, farms_api, things_api):
        app.include_router(room.router)
    for pages in (areas_page, door_page, account_page, people_page, audit_page, farms_page):
        app.include_router(pages.router)
    app.include_router(router)
    environment = make_environment("cloud.accounts", "cloud.areas", "cloud.farms", "cloud.web", "gateway.web")
    app.state.environment = environment

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page(queries: Queries, words: Words, water: WaterSeen, alarms: AlarmsSeen) -> str:
        title = words("page.all_ponds")
        return environment.get_template("ponds.html").render(
            t=words,
            title=title,
            ponds=_rows(queries, water, words, app.state.wall()),
            alerts=_alerts(queries, alarms, words),
            static=STATIC,
        )

    @app.get("/ponds", response_class=HTMLResponse, include_in_schema=False)
    def ponds(queries: Queries, words: Words, water: WaterSeen, alarms: AlarmsSeen) -> str:
        return environment.get_template("ponds_list.html").render(
            t=words, ponds=_rows(queries, water, words, app.state.wall()), alerts=_alerts(queries, alarms, words)
        )

    return app


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


def run_web(settings: CloudSettings) -> None:
    """The web process, from start to stop."""
    uvicorn.run(make_app(settings), host=settings.web_host, port=settings.web_port, log_level="warning")
