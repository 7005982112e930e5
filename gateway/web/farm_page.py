"""The page of all ponds: live numbers, the night to come, what happened; and the stream that keeps every page alive."""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from gateway.text import Text
from gateway.web.desk import SILENT_S, AtDesk, Desk
from gateway.web.live import news, of_farm, of_machines, of_pond
from gateway.web.shared import Words
from gateway.web.signed import Reader

EVENTS_SHOWN = 12

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
async def page(request: Request, _: Reader, desk: AtDesk, words: Words) -> str:
    """All ponds."""
    return desk.pages.farm(desk.aged(), await _events(desk), words, **desk.frame(request))


@router.get("/live")
async def live(
    desk: AtDesk, words: Words, pond: str | None = None, only: Literal["machines"] | None = None
) -> Response:
    """What changes each second, on the page of all ponds, of one, or of the machines alone."""
    chosen = of_machines if only else of_farm if pond is None else partial(of_pond, pond=pond)
    return StreamingResponse(_stream(desk, words, chosen), media_type="text/event-stream")


@router.get("/events", response_class=HTMLResponse)
async def events(desk: AtDesk, words: Words) -> str:
    """The newest events."""
    return desk.pages.events(await _events(desk), desk.link.snapshot, words)


@router.get("/api/farm")
async def farm_now(desk: AtDesk) -> JSONResponse:
    """The farm as it stands."""
    if not desk.control_speaks:
        return JSONResponse({"detail": "the control process does not speak"}, 503, {"Retry-After": "1"})
    return JSONResponse(desk.link.snapshot)


async def _events(desk: Desk) -> list[dict[str, Any]]:
    """What happened to the farm; what became of alarms stands on their own page."""
    return await desk.read(lambda reader: reader.events(EVENTS_SHOWN, besides="alarm_*"), [])


async def _stream(desk: Desk, words: Text, chosen: Callable[[dict[str, Any]], dict[str, Any]]) -> AsyncIterator[str]:
    number = 0
    sent: dict[str, str] = {}
    async for _ in desk.link.snapshots():
        if desk.link.age_s() > SILENT_S:
            continue
        number += 1
        message = chosen(desk.live.of(words))
        yield f"id: {number}\ndata: {json.dumps(news(message, sent), ensure_ascii=False)}\n\n"
        sent = message["pieces"]
