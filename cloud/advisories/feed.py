"""The public feed: an Atom index (RFC 4287) of CAP messages, and each message under its own address."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy.orm import Session

from cloud.accounts.page import Now
from cloud.advisories import cap, repository
from cloud.advisories.models import Advisory
from cloud.api import Reading
from cloud.ids import Id
from cloud.settings import CloudSettings
from gateway.text import text

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
FRESH = {"Cache-Control": "public, max-age=60"}

MESSAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {CAP_TYPE: {}}},
    404: {"description": "There is no such message."},
}


router = APIRouter(prefix="/cap", tags=["cap"])


@router.get("/feed.atom", response_class=Response, responses={200: {"content": {"application/atom+xml": {}}}})
def get_feed(request: Request, reading: Reading, now_s: Now) -> Response:
    """All advice that is not over, newest word first; one that was withdrawn stands there as its Cancel."""
    base = _base(request)
    body = index(repository.public(reading, now_s), base, _sender(request), now_s)
    return Response(body, media_type="application/atom+xml", headers=FRESH)


@router.get("/{advisory_id}-cancel.xml", response_class=Response, responses=MESSAGE)
def get_cancel(advisory_id: Id, request: Request, reading: Reading) -> Response:
    """The withdrawal of an advice."""
    return _message(advisory_id, request, reading, "Cancel")


@router.get("/{advisory_id}.xml", response_class=Response, responses=MESSAGE)
def get_message(advisory_id: Id, request: Request, reading: Reading) -> Response:
    """One advice as it was issued."""
    return _message(advisory_id, request, reading, "Alert")


def index(advisories: Sequence[Advisory], base: str, sender: str, updated_s: float) -> bytes:
    """The Atom document; `updated_s` is what it says while nothing is in it."""
    feed = Xml.Element("feed", xmlns=ATOM)
    words = [(advisory, _msg_type(advisory)) for advisory in advisories]
    newest = max((cap.sent_at(*word) for word in words), default=updated_s)
    _put(feed, "id", f"{base}/cap/feed.atom")
    _put(feed, "title", text("vi")("advice.feed"))
    _put(feed, "updated", _rfc3339(newest))
    _put(Xml.SubElement(feed, "author"), "name", sender)
    Xml.SubElement(feed, "link", rel="self", type="application/atom+xml", href=f"{base}/cap/feed.atom")
    for advisory, msg_type in words:
        _entry(feed, advisory, msg_type, base)
    return cap.HEAD + bytes(Xml.tostring(feed, encoding="utf-8"))


def _entry(feed: Xml.Element, advisory: Advisory, msg_type: str, base: str) -> None:
    entry = Xml.SubElement(feed, "entry")
    href = f"{base}/cap/{advisory.id}{'' if msg_type == 'Alert' else '-cancel'}.xml"
    _put(entry, "id", href)
    _put(entry, "title", advisory.title_vi)
    _put(entry, "updated", _rfc3339(cap.sent_at(advisory, msg_type)))
    _put(entry, "summary", advisory.place)
    Xml.SubElement(entry, "link", rel="alternate", type=CAP_TYPE, href=href)


def _msg_type(advisory: Advisory) -> str:
    return "Alert" if advisory.state == "issued" else "Cancel"


def _message(advisory_id: int, request: Request, reading: Session, msg_type: str) -> Response:
    advisory = repository.public_one(reading, advisory_id)
    if advisory is None or (msg_type == "Cancel" and advisory.state != "withdrawn"):
        raise HTTPException(404, f"there is no message {advisory_id} of this kind: look in the feed")
    communes = repository.communes(reading, [advisory_id])[advisory_id]
    body = cap.message(advisory, communes, _sender(request), msg_type)
    return Response(body, media_type=CAP_TYPE, headers=FRESH)


def _base(request: Request) -> str:
    """Where the pages are for people outside."""
    settings: CloudSettings = request.app.state.settings
    return settings.public_url or str(request.base_url).rstrip("/")


def _sender(request: Request) -> str:
    """Who speaks: the pages' host, without signs that the standard forbids."""
    return re.sub(r"[^0-9A-Za-z.:-]", "", urlsplit(_base(request)).netloc)


def _rfc3339(at_s: float) -> str:
    return datetime.fromtimestamp(int(at_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _put(parent: Xml.Element, name: str, content: str) -> None:
    Xml.SubElement(parent, name).text = content
