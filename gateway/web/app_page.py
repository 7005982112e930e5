"""The pages as an app on the phone: what a phone shows while the farm is out of reach."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from gateway.text import Text
from gateway.web.app_files import app_router
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Reader

router = APIRouter()
router.include_router(app_router())


@router.get("/offline")
async def offline(request: Request, desk: AtDesk, words: Words) -> Response:
    """A page without values: a phone fills in what it has kept."""
    return desk.show(request, "offline.html", words, title=words("offline.title"), banner=words("offline.banner"))


@router.get("/api/last")
async def last(person: Reader, desk: AtDesk, words: Words) -> dict[str, Any]:
    """What a phone keeps for the time without a connection: newest values and whom to call. HTTPException 503."""
    snapshot = desk.aged()
    if snapshot is None or not desk.control_speaks:
        raise HTTPException(503, "the control process does not speak")
    return {
        "farm": snapshot["farm"],
        "ponds": [_pond(pond, words) for pond in snapshot["ponds"]],
        "people": _people(desk, words) if person.may("worker") else [],
    }


def _pond(pond: dict[str, Any], words: Text) -> dict[str, Any]:
    return {
        "name": pond["name"],
        "state": words(f"level.{pond['level']}"),
        "value": words.number(pond["do_mg_l"]),
        "age_s": pond["age_s"],
    }


def _people(desk: Desk, words: Text) -> list[dict[str, str]]:
    return [
        {"name": person.name, "role": words(f"role.{person.role}"), "phone": person.phone}
        for person in desk.farm.person
        if person.phone
    ]
