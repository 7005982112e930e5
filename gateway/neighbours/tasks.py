"""What runs beside the pages for the neighbours; each may fail alone and is started again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fastapi import APIRouter

from gateway.neighbours.settings import NeighbourSettings
from gateway.web.desk import Desk

log = logging.getLogger(__name__)

RESTART_S = 10.0


def neighbours(desk: Desk) -> list["asyncio.Task[None]"]:
    """Begin what `[neighbours]` asks for; what is not asked for is not even imported."""
    settings = desk.farm.neighbours
    tasks = []
    if (modbus := settings.modbus) is not None:
        from gateway.neighbours.modbus import serve_modbus

        tasks.append(_begin("the Modbus server", lambda: serve_modbus(desk, modbus)))
    if (assistant := settings.home_assistant) is not None:
        from gateway.neighbours.home_assistant import tell_home_assistant

        tasks.append(_begin("Home Assistant", lambda: tell_home_assistant(desk, assistant)))
    return tasks


def routers(settings: NeighbourSettings) -> list[APIRouter]:
    """The routes that `[neighbours]` asks for."""
    found = []
    if settings.rest is not None:
        from gateway.neighbours import export, rest

        found += [rest.router, export.router]
    if settings.prometheus is not None:
        from gateway.neighbours import metrics

        found.append(metrics.router)
    return found


def _begin(name: str, run: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
    return asyncio.create_task(_keep(name, run))


async def _keep(name: str, run: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await run()
        except Exception as error:
            log.warning("%s: %s; trying again in %.0f s", name, error, RESTART_S)
        await asyncio.sleep(RESTART_S)
