"""Serves the first run until a farm.toml is written."""

import asyncio
import logging
from pathlib import Path

import uvicorn

from gateway.first_run.app import make_first_run
from gateway.first_run.run import FirstRun
from gateway.living.feed import Feed
from gateway.people.code import current_code

log = logging.getLogger(__name__)

LAST_WORDS_S = 2.0


def serve_first_run(path: Path, host: str, port: int) -> None:
    """Until farm.toml is there, and the page that says so has left."""
    asyncio.run(_serve(path, host, port))


async def _serve(path: Path, host: str, port: int) -> None:
    written = asyncio.Event()
    run = FirstRun(path, written.set)
    app = make_first_run(run)
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2))
    log.info(
        "%s is not there: open http://%s:%d to set the farm up; the code is %s",
        path,
        host,
        port,
        current_code(run.data),
    )
    serving = asyncio.create_task(server.serve())
    told = asyncio.create_task(written.wait())
    feeding = asyncio.create_task(Feed({}).run())
    await asyncio.wait([serving, told], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(LAST_WORDS_S if told.done() else 0)
    told.cancel()
    feeding.cancel()
    server.should_exit = True
    await serving
