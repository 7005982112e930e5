"""The pages as an app on the phone: what makes them installable, and what a phone shows while the farm is out of reach."""

from importlib import resources
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response

from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Reader

router = APIRouter()


@router.get("/manifest.webmanifest")
async def manifest() -> Response:
    """What the app is called and how it looks."""
    return _file("manifest.webmanifest", "application/manifest+json")


@router.get("/sw.js")
async def service_worker() -> Response:
    """The service worker; from here its scope is all pages."""
    return _file("sw.js", "text/javascript")


@router.get("/offline")
async def offline(request: Request, desk: AtDesk, words: Words) -> Response:
    """A page without values: a phone fills in what it has kept."""
    return desk.show(request, "offline.html", words, title=words("offline.title"))


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


def _file(name: str, media_type: str) -> Response:
    path = str(resources.files("gateway.web").joinpath("static", name))
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": "no-cache"})
