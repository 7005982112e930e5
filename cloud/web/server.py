"""The cloud's pages and REST interface in one application."""

import gc
import time

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from cloud.accounts.door import only_the_signed_in
from cloud.advisories.channels import tellers_of
from cloud.database import Database
from cloud.settings import CloudSettings
from cloud.web.described import describe
from cloud.web.rooms import routers, template_packages
from gateway.web.pages import STATIC, make_environment, static_folder

YOUNG_OBJECTS = 50_000


def make_app(settings: CloudSettings) -> FastAPI:
    """The application on one database."""
    app = FastAPI(title="Pondkeeper cloud", version="0.1.0")
    app.state.database = Database(settings.database_url)
    app.state.settings = settings
    app.state.wall = time.time
    app.state.tellers = tellers_of(settings, app.state.database, time.time)
    app.state.environment = make_environment(*template_packages())
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.mount(STATIC, StaticFiles(directory=static_folder()), name="static")
    app.middleware("http")(only_the_signed_in)
    for router in routers():
        app.include_router(router)
    describe(app)
    return app


def run_web(settings: CloudSettings) -> None:
    """The web process, from start to stop. A province's rows are many and hold no cycles: they are looked for seldom."""
    gc.set_threshold(YOUNG_OBJECTS)
    uvicorn.run(make_app(settings), host=settings.web_host, port=settings.web_port, log_level="warning")
