"""The page of all ponds: live numbers, machines by hand, what happened."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from gateway.clock import Clock
from gateway.journal.history import series as series_of
from gateway.journal.reader import JournalReader
from gateway.text import Text
from gateway.web.desk import SILENT_S, AtDesk, Desk
from gateway.web.live import news
from gateway.web.shared import Words
from gateway.web.signed import Reader, Worker
from gateway.web.tonight import chart
from hardware.quantities import DO

CHART_HOURS = 24
CHART_BUCKETS = 288
EVENTS_SHOWN = 12
OVERRIDE_MINUTES = 30

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
async def page(request: Request, _: Reader, desk: AtDesk, words: Words) -> str:
    """All ponds."""
    return desk.pages.farm(desk.aged(), await _events(desk), words, **desk.frame(request))


@router.get("/live")
async def live(desk: AtDesk, words: Words) -> Response:
    """What changes each second."""
    return StreamingResponse(_stream(desk, words), media_type="text/event-stream")


@router.get("/events", response_class=HTMLResponse)
async def events(desk: AtDesk, words: Words) -> str:
    """The newest events."""
    return desk.pages.events(await _events(desk), desk.link.snapshot, words)


@router.get("/override/{pond_id}/{number}", response_class=HTMLResponse)
async def ask(pond_id: str, number: int, _who: Worker, desk: AtDesk, words: Words) -> str:
    """The question whether a machine shall be set by hand."""
    pond, row, _ = _machine(desk, pond_id, number)
    return desk.pages.override(pond, row, "", words)


@router.post("/override/{pond_id}/{number}", response_class=HTMLResponse)
async def override(
    pond_id: str, number: int, wish: Annotated[str, Form()], person: Worker, desk: AtDesk, words: Words
) -> str:
    """Set a machine by hand, or give it back."""
    pond, row, at = _machine(desk, pond_id, number)
    if wish not in ("on", "off", "release"):
        return ""
    order: dict[str, Any] = {"do": "release", "pond": pond_id, "machine": at, "who": person.id}
    if wish != "release":
        order.update(do="override", run=wish == "on", minutes=OVERRIDE_MINUTES)
    try:
        refused = (await desk.link.order(order))["refused"]
    except (ConnectionError, TimeoutError):
        return desk.pages.override(pond, row, words("override.no_control"), words)
    return desk.pages.override(pond, row, words(f"override.refused_{refused}" if refused else "override.done"), words)


@router.get("/api/farm")
async def farm_now(desk: AtDesk) -> JSONResponse:
    """The farm as it stands."""
    if not desk.control_speaks:
        return JSONResponse({"detail": "the control process does not speak"}, 503, {"Retry-After": "1"})
    return JSONResponse(desk.link.snapshot)


@router.get("/api/ponds/{pond_id}/series")
async def series(pond_id: str, desk: AtDesk) -> dict[str, list[float]]:
    """A day of oxygen; on a simulated farm a day of its ponds."""
    empty: dict[str, list[float]] = {"at": [], "mean": [], "low": [], "high": []}
    node = desk.pond(pond_id)["node"]
    if node is None:
        return empty
    until_s = Clock().wall()
    since_s = until_s - CHART_HOURS * 3600 / desk.farm.simulation.speed

    def question(reader: JournalReader) -> dict[str, list[float]]:
        points = series_of(reader, node, DO.symbol, 0, since_s, until_s, CHART_BUCKETS)
        return {
            "until": [until_s],
            "at": [round(point.at_s, 1) for point in points],
            "mean": [round(point.mean, 2) for point in points],
            "low": [round(point.low, 2) for point in points],
            "high": [round(point.high, 2) for point in points],
        }

    return await desk.read(question, empty)


@router.get("/api/ponds/{pond_id}/outlook")
async def outlook(pond_id: str, desk: AtDesk) -> dict[str, list[float | None]]:
    """Oxygen of the night to come."""
    return chart(desk.pond(pond_id), desk.link.snapshot or {})


def _machine(desk: Desk, pond_id: str, number: int) -> tuple[dict[str, Any], dict[str, Any], int]:
    pond = desk.pond(pond_id)
    for at, row in enumerate(pond["machines"]):
        if row["number"] == number:
            return pond, row, at
    raise HTTPException(404, f"there is no aerator {number} at pond {pond_id}")


async def _events(desk: Desk) -> list[dict[str, Any]]:
    """What happened to the farm; what became of alarms stands on their own page."""
    return await desk.read(lambda reader: reader.events(EVENTS_SHOWN, besides="alarm_*"), [])


async def _stream(desk: Desk, words: Text) -> AsyncIterator[str]:
    number = 0
    sent: dict[str, str] = {}
    async for _ in desk.link.snapshots():
        if desk.link.age_s() > SILENT_S:
            continue
        number += 1
        message = desk.live.of(words)
        yield f"id: {number}\ndata: {json.dumps(news(message, sent), ensure_ascii=False)}\n\n"
        sent = message["pieces"]
