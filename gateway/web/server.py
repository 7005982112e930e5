"""The pages on the farm's own network: a process of its own, which the control process never waits for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from gateway.farm import Farm
from gateway.living.feed import Feed
from gateway.web import farm_page, health, push_page, shared
from gateway.web.desk import Desk
from gateway.web.pages import static_folder
from gateway.web.shared import HEADERS

ROUTERS = (health.router, shared.router, farm_page.router, push_page.router)


def make_app(farm: Farm) -> FastAPI:
    """The application for one farm."""
    desk = Desk(farm)

    @contextlib.asynccontextmanager
    async def connected(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(desk.link.run()), asyncio.create_task(Feed({}).run())]
        yield
        for task in tasks:
            task.cancel()

    app = FastAPI(title="Pondkeeper gateway", lifespan=connected, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    for router in ROUTERS:
        app.include_router(router)

    @app.middleware("http")
    async def add_headers(request: Request, proceed: Any) -> Response:
        response: Response = await proceed(request)
        response.headers.update(HEADERS)
        return response

    return app


def run_web(farm: Farm) -> None:
    """The web process, from start to stop."""
    uvicorn.run(
        make_app(farm), host=farm.web.host, port=farm.web.port, log_level="warning", timeout_graceful_shutdown=2
    )
