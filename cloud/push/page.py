"""Where a phone asks to be told, stops being told, and tries it; the buttons stand on the page of one's account."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from py_vapid import Vapid02
from pydantic import Field

from cloud.accounts.access import InPerson
from cloud.accounts.door import cookie_name
from cloud.accounts.page import Now
from cloud.commands.api import Writing
from cloud.push import repository
from cloud.push.sending import News, send
from gateway.messages.vapid import point_of
from gateway.web import push_bodies
from gateway.web.push_bodies import Gone
from gateway.web.shared import Words

router = APIRouter(prefix="/push", include_in_schema=False)

PUBLIC_HOST = r"^https://([a-z0-9-]+\.)+[a-z]{2,}/\S*$"


class Browser(push_bodies.Browser):
    """As a browser says it; its push service has a name in the world, for the cloud posts to no neighbour of its own."""

    endpoint: Annotated[str, Field(pattern=PUBLIC_HOST, max_length=1000)]


def _secret(request: Request) -> str:
    found = request.cookies.get(cookie_name(request))
    if not found:
        raise HTTPException(403, "this needs a browser that is signed in")
    return found


@router.get("/key")
def key(_: InPerson, writing: Writing) -> dict[str, str]:
    """What a browser needs to subscribe."""
    return {"key": point_of(Vapid02.from_pem(repository.pair(writing).encode()))}


@router.post("/subscribe")
def subscribe(
    browser: Browser, _: InPerson, secret: Annotated[str, Depends(_secret)], writing: Writing
) -> dict[str, bool]:
    """Tell this browser from now on, until its session ends."""
    if not repository.add(writing, secret, browser.subscription):
        raise HTTPException(409, "this address is another browser's, or too many browsers are told: stop it on one")
    return {"on": True}


@router.post("/unsubscribe")
def unsubscribe(gone: Gone, asking: InPerson, writing: Writing) -> dict[str, bool]:
    """No more messages to this browser."""
    repository.remove(writing, gone.endpoint, asking.id)
    return {"on": False}


@router.post("/try")
def attempt(request: Request, asking: InPerson, words: Words, now_s: Now) -> dict[str, bool]:
    """A message to all browsers of the person who asks. HTTPException 404, 503."""
    database = request.app.state.database
    with database.write() as session:
        browsers, pem = repository.browsers_of(session, asking.id), repository.pair(session)
    news = News(subject="try", title="Pondkeeper", text=words("push.test"), language=words.language, path="/account")
    if not browsers:
        raise HTTPException(404, "no browser of yours is told: switch messages on first")
    if not send(database, browsers, news, pem, now_s):
        raise HTTPException(503, "no push service took the message: switch messages off and on again on this device")
    return {"sent": True}
