"""The page of lines and devices: how each is doing in words, and what to do about it."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Reader

WATCHED = frozenset(("noisy", "refused", "waiting", "fault"))

router = APIRouter()


@router.get("/devices")
async def page(request: Request, _: Reader, desk: AtDesk, words: Words) -> Response:
    """All lines, each with its devices."""
    return desk.show(request, "devices.html", words, title=words("tab.devices"), lines=_lines(desk))


@router.get("/devices/list", response_class=HTMLResponse)
async def again(_: Reader, desk: AtDesk, words: Words) -> str:
    """What of the page changes."""
    return _pieces(desk, words)


def _pieces(desk: Desk, words: Text) -> str:
    module: Any = desk.pages.environment.get_template("device_pieces.html").module
    return str(module.lines(_lines(desk), words))


def _lines(desk: Desk) -> list[dict[str, Any]]:
    """The lines of the newest snapshot with their devices, those in trouble first; none while control is silent."""
    snapshot = desk.link.snapshot if desk.control_speaks else None
    if snapshot is None:
        return []
    found = []
    for line in snapshot["lines"]:
        rows = [{**row, "level": _level(row["state"])} for row in snapshot["devices"] if row["line_id"] == line["id"]]
        rows.sort(key=lambda row: ("danger", "watch", "ok").index(row["level"]))
        found.append({**line, "level": "ok" if line["state"] == "ok" else "danger", "devices": rows})
    return found


def _level(state: str) -> str:
    if state == "ok":
        return "ok"
    return "watch" if state in WATCHED else "danger"
