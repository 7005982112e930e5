"""The farm seen from anywhere: join a cloud with the code that it shows, and how the way there stands."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway.farm import FarmError
from gateway.settings_file import Overtaken
from gateway.text import Text
from gateway.uplink.joining import NotJoined, cloud_address, forget_commands, join, kept
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Owner

router = APIRouter()

Typed = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=40)]


@router.get("/cloud")
async def cloud(request: Request, _: Owner, desk: AtDesk, words: Words) -> Response:
    """The form, and how it stands."""
    return _page(request, desk, words)


@router.post("/cloud")
async def join_cloud(
    request: Request, owner: Owner, desk: AtDesk, words: Words, address: Typed, code: Code
) -> Response:
    """Redeem the code, keep what it gives, start control again with it."""
    try:
        welcome = await asyncio.to_thread(join, cloud_address(address), code, desk.farm.data)
        change, before = kept(welcome, desk.farm), desk.farm
        desk.change(change, owner.id, desk.settings.mark(), changes=words("cloud.changed", name=welcome.gateway))
        forget_commands(before, desk.farm)
    except NotJoined as error:
        detail = words(f"cloud.certificate.{error.detail}") if error.reason == "certificate" else error.detail
        return _page(request, desk, words, words(f"cloud.not_joined.{error.reason}", detail=detail), address)
    except (FarmError, Overtaken, OSError) as error:
        return _page(request, desk, words, words("settings.refused", why=str(error)), address)
    return RedirectResponse("/cloud", status_code=303)


def _page(request: Request, desk: Desk, words: Text, problem: str = "", address: str = "") -> Response:
    uplink = desk.farm.uplink
    page = desk.show(
        request,
        "cloud.html",
        words,
        title=words("tab.cloud"),
        problem=problem,
        address=address,
        joined=desk.farm.cloud_id if uplink else "",
        broker=urlsplit(uplink.url).netloc if uplink else "",
        told=(desk.link.snapshot or {}).get("cloud") if desk.control_speaks else None,
    )
    page.status_code = 422 if problem else 200
    return page
