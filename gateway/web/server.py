"""The pages on the farm's own network: a process of its own, which the control process never waits for."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from gateway.clock import Clock
from gateway.farm import Farm
from gateway.living.feed import Feed
from gateway.neighbours.tasks import neighbours, routers
from gateway.people.code import current_code
from gateway.people.store import PeopleStore
from gateway.web import (
    alarms_page,
    app_page,
    audit_page,
    cloud_page,
    devices_page,
    door_page,
    energy_page,
    farm_page,
    health,
    machine_orders,
    machines_page,
    more_page,
    passports_page,
    people_page,
    pond_page,
    push_page,
    settings_page,
    shared,
)
from gateway.web.bodies import SmallBodies
from gateway.web.desk import Desk
from gateway.web.pages import static_folder
from gateway.web.serving import serve
from gateway.web.shared import HEADERS
from gateway.web.signed import only_the_signed_in

log = logging.getLogger(__name__)

ROUTERS = (
    health.router,
    shared.router,
    door_page.router,
    farm_page.router,
    alarms_page.router,
    pond_page.router,
    machine_orders.router,
    machines_page.router,
    energy_page.router,
    passports_page.router,
    more_page.router,
    people_page.router,
    settings_page.router,
    cloud_page.router,
    audit_page.router,
    devices_page.router,
    push_page.router,
    app_page.router,
)


def paths() -> list[tuple[str, str]]:
    """Every route of the pages: method and path."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [(method, route.path) for route in routes for method in sorted(route.methods or ())]


def make_app(farm: Farm, path: Path) -> FastAPI:
    """The application for the farm that `path` describes."""
    desk = Desk(farm, path)

    @contextlib.asynccontextmanager
    async def connected(_: FastAPI) -> AsyncIterator[None]:
        desk.loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(desk.link.run()), asyncio.create_task(Feed({}).run()), *neighbours(desk)]
        yield
        for task in tasks:
            task.cancel()

    app = FastAPI(title="Pondkeeper gateway", lifespan=connected, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    app.state.paths = {path for _, path in paths()}
    app.add_middleware(SmallBodies)
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    for router in (*ROUTERS, *routers(farm.neighbours)):
        app.include_router(router)

    app.middleware("http")(only_the_signed_in)

    @app.middleware("http")
    async def add_headers(request: Request, proceed: Any) -> Response:
        response: Response = await proceed(request)
        response.headers.update(HEADERS)
        if request.url.scheme == "https":
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    return app


def show_code(farm: Farm) -> None:
    """On the console, where only those read it who stand at the gateway: the code of the first account."""
    if not PeopleStore(farm.data / "people.sqlite", Clock().wall).anybody():
        log.info("no account yet; the code for the first one is %s", current_code(farm.data))


def run_web(farm: Farm, path: Path) -> None:
    """The web process, from start to stop."""
    with contextlib.suppress(OSError, apsw.Error):
        show_code(farm)
    asyncio.run(serve(make_app(farm, path), farm))
