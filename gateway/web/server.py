"""The page on the farm's own network: a process of its own, which the control process never waits for."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import apsw
import uvicorn
from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from gateway.clock import Clock, PondTime, hour_of
from gateway.farm import Farm
from gateway.journal.reader import JournalReader
from gateway.link import LinkClient
from gateway.process import journal_path, link_path
from gateway.text import Text
from gateway.web.pages import Pages, make_environment, static_folder
from gateway.web.shared import HEADERS, Words, router, same_origin
from gateway.web.tonight import chart
from hardware.quantities import DO

CHART_HOURS = 24
CHART_BUCKETS = 288
EVENTS_SHOWN = 12
OVERRIDE_MINUTES = 30
SILENT_S = 5.0


class LiveMessages:
    """The live message of each language, rendered once a snapshot however many phones listen."""

    def __init__(self, pages: Pages, link: LinkClient, there: PondTime) -> None:
        self._pages = pages
        self._link = link
        self._there = there
        self._rendered: dict[str, tuple[Any, dict[str, Any]]] = {}

    def of(self, words: Text) -> dict[str, Any]:
        """The message for the newest snapshot."""
        snapshot = self._link.snapshot
        known = self._rendered.get(words.language)
        if known is None or known[0] is not snapshot:
            known = (snapshot, self._pages.live({**(snapshot or {}), "hour": hour_of(self._there.now())}, words))
            self._rendered[words.language] = known
        return known[1]


def news(message: dict[str, Any], sent: dict[str, str]) -> dict[str, Any]:
    """The message without the pieces that a phone has; heads are always in it, for a page greys them by itself."""
    pieces = message["pieces"].items()
    return {**message, "pieces": {id_: html for id_, html in pieces if id_.endswith("-head") or sent.get(id_) != html}}


def make_app(farm: Farm) -> FastAPI:
    """The application for one farm."""
    link = LinkClient(link_path(farm))
    pages = Pages(make_environment("gateway.web"))
    simulation = farm.simulation
    there = PondTime(Clock(speed=simulation.speed), simulation.begins_hour, simulation.begins_s)
    live_messages = LiveMessages(pages, link, there)

    @contextlib.asynccontextmanager
    async def connected(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(link.run())
        yield
        task.cancel()

    app = FastAPI(title="Pondkeeper gateway", lifespan=connected, docs_url=None, redoc_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    app.include_router(router)

    @app.middleware("http")
    async def add_headers(request: Request, proceed: Any) -> Response:
        response: Response = await proceed(request)
        response.headers.update(HEADERS)
        return response

    def machine(pond_id: str, number: int) -> tuple[dict[str, Any], dict[str, Any], int]:
        for pond in (link.snapshot or {}).get("ponds", []):
            for at, row in enumerate(pond["machines"]):
                if pond["id"] == pond_id and row["number"] == number:
                    return pond, row, at
        raise HTTPException(404, f"there is no aerator {number} at pond {pond_id}")

    @app.get("/", response_class=HTMLResponse)
    async def page(words: Words) -> str:
        rows = await asyncio.to_thread(_events, journal_path(farm))
        return pages.farm(_aged(link, there), rows, words)

    @app.get("/live")
    async def live(words: Words) -> Response:
        return StreamingResponse(_stream(link, live_messages, words), media_type="text/event-stream")

    @app.get("/events", response_class=HTMLResponse)
    async def events(words: Words) -> str:
        rows = await asyncio.to_thread(_events, journal_path(farm))
        return pages.events(rows, link.snapshot, words)

    @app.get("/override/{pond_id}/{number}", response_class=HTMLResponse)
    async def ask(pond_id: str, number: int, words: Words) -> str:
        pond, row, _ = machine(pond_id, number)
        return pages.override(pond, row, "", words)

    @app.post("/override/{pond_id}/{number}", response_class=HTMLResponse, dependencies=[Depends(same_origin)])
    async def override(pond_id: str, number: int, wish: Annotated[str, Form()], words: Words) -> str:
        pond, row, at = machine(pond_id, number)
        if wish not in ("on", "off", "release"):
            return ""
        order: dict[str, Any] = {"do": "release", "pond": pond_id, "machine": at}
        if wish != "release":
            order.update(do="override", run=wish == "on", minutes=OVERRIDE_MINUTES)
        try:
            refused = (await link.order(order))["refused"]
        except (ConnectionError, TimeoutError):
            return pages.override(pond, row, words("override.no_control"), words)
        return pages.override(pond, row, words(f"override.refused_{refused}" if refused else "override.done"), words)

    @app.get("/api/farm")
    async def farm_now() -> JSONResponse:
        if link.snapshot is None or link.age_s() > SILENT_S:
            return JSONResponse({"detail": "the control process does not speak"}, 503, {"Retry-After": "1"})
        return JSONResponse(link.snapshot)

    @app.get("/api/ponds/{pond_id}/series")
    async def series(pond_id: str) -> dict[str, list[float]]:
        for pond in (link.snapshot or {}).get("ponds", []):
            if pond["id"] == pond_id:
                return await asyncio.to_thread(_series, farm, pond["node"])
        raise HTTPException(404, f"there is no pond {pond_id}")

    @app.get("/api/ponds/{pond_id}/outlook")
    async def outlook(pond_id: str) -> dict[str, list[float | None]]:
        snapshot = link.snapshot or {"ponds": []}
        for pond in snapshot["ponds"]:
            if pond["id"] == pond_id:
                return chart(pond, snapshot)
        raise HTTPException(404, f"there is no pond {pond_id}")

    return app


async def _stream(link: LinkClient, messages: LiveMessages, words: Text) -> AsyncIterator[str]:
    number = 0
    sent: dict[str, str] = {}
    async for _ in link.snapshots():
        if link.age_s() > SILENT_S:
            continue
        number += 1
        message = messages.of(words)
        yield f"id: {number}\ndata: {json.dumps(news(message, sent), ensure_ascii=False)}\n\n"
        sent = message["pieces"]


def _aged(link: LinkClient, there: PondTime) -> dict[str, Any] | None:
    """The newest snapshot, its readings as old as they are by now, and the hour at the ponds."""
    if link.snapshot is None:
        return None
    since_s = link.age_s()
    ponds = [
        {**pond, "age_s": None if pond["age_s"] is None else pond["age_s"] + since_s} for pond in link.snapshot["ponds"]
    ]
    return {**link.snapshot, "ponds": ponds, "hour": hour_of(there.now())}


def _events(path: Path) -> list[dict[str, Any]]:
    try:
        with contextlib.closing(JournalReader(path)) as reader:
            return reader.events(EVENTS_SHOWN)
    except apsw.Error:
        return []


def _series(farm: Farm, node: str | None) -> dict[str, list[float]]:
    """A day of oxygen; on a simulated farm a day of its ponds."""
    empty: dict[str, list[float]] = {"at": [], "mean": [], "low": [], "high": []}
    if node is None:
        return empty
    until_s = Clock().wall()
    since_s = until_s - CHART_HOURS * 3600 / farm.simulation.speed
    try:
        with contextlib.closing(JournalReader(journal_path(farm))) as reader:
            points = reader.series(node, DO.symbol, since_s, until_s, CHART_BUCKETS)
    except apsw.Error:
        return empty
    return {
        "until": [until_s],
        "at": [round(point.at_s, 1) for point in points],
        "mean": [round(point.mean, 2) for point in points],
        "low": [round(point.low, 2) for point in points],
        "high": [round(point.high, 2) for point in points],
    }


def run_web(farm: Farm) -> None:
    """The web process, from start to stop."""
    uvicorn.run(
        make_app(farm), host=farm.web.host, port=farm.web.port, log_level="warning", timeout_graceful_shutdown=2
    )
