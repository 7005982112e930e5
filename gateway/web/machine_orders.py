"""Machines by hand, from any page: the question, and what became of the wish."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse

from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Worker

OVERRIDE_MINUTES = 30

router = APIRouter()


@router.get("/ponds/{pond_id}/override/{number}", response_class=HTMLResponse)
async def ask(pond_id: str, number: int, _who: Worker, desk: AtDesk, words: Words) -> str:
    """The question whether a machine shall be set by hand."""
    pond, row, _ = _machine(desk, pond_id, number)
    return desk.pages.override(pond, row, "", words)


@router.post("/ponds/{pond_id}/override/{number}", response_class=HTMLResponse)
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


def _machine(desk: Desk, pond_id: str, number: int) -> tuple[dict[str, Any], dict[str, Any], int]:
    pond = desk.pond(pond_id)
    for at, row in enumerate(pond["machines"]):
        if row["number"] == number:
            return pond, row, at
    raise HTTPException(404, f"there is no aerator {number} at pond {pond_id}")
