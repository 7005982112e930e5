"""The page where a phone asks to be told of alarms, and what its service worker calls."""

import asyncio
from collections.abc import Callable

import apsw
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel

from gateway.messages.vapid import KeyUnusable, public_key
from gateway.people.subscriptions import Subscriptions
from gateway.web.desk import AtDesk
from gateway.web.push_bodies import Browser, Gone
from gateway.web.shared import Words
from gateway.web.signed import Worker

router = APIRouter(prefix="/push")


class Known(BaseModel):
    """An alarm that its reader knows of now."""

    alarm: int


@router.get("")
async def page(request: Request, _: Worker, desk: AtDesk, words: Words) -> Response:
    """The button for this device."""
    return desk.show(request, "push.html", words, title=words("push.title"))


@router.get("/key")
async def key(desk: AtDesk) -> dict[str, str]:
    """What a browser needs to subscribe."""
    try:
        return {"key": await asyncio.to_thread(public_key, desk.farm.data)}
    except KeyUnusable as error:
        raise HTTPException(503, str(error)) from error


@router.post("/subscribe")
async def subscribe(browser: Browser, desk: AtDesk, person: Worker) -> dict[str, bool]:
    """Tell this browser of this person's alarms from now on."""
    await _kept(Subscriptions(desk.farm.data).add, person.id, browser.subscription)
    return {"on": True}


@router.post("/unsubscribe")
async def unsubscribe(gone: Gone, desk: AtDesk, person: Worker) -> dict[str, bool]:
    """No more messages to this browser."""
    await _kept(Subscriptions(desk.farm.data).remove, gone.endpoint, person.id)
    return {"on": False}


@router.post("/acknowledge")
async def acknowledge(known: Known, desk: AtDesk, person: Worker) -> dict[str, bool]:
    """The reader of a message knows of the alarm."""
    try:
        await desk.link.order({"do": "acknowledge", "alarm": known.alarm, "who": person.id, "by": "push"})
    except (ConnectionError, TimeoutError) as error:
        raise HTTPException(503, "the control process does not answer") from error
    return {"acknowledged": True}


async def _kept(change: Callable[..., None], *values: object) -> None:
    try:
        await asyncio.to_thread(change, *values)
    except apsw.Error as error:
        raise HTTPException(503, f"the subscriptions cannot be written: {error}") from error
