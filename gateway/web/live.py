"""The message that keeps an open page alive: pieces of HTML, each sent when it has changed."""

import re
from typing import Any

from gateway.clock import PondTime, hour_of
from gateway.link import LinkClient
from gateway.text import Text
from gateway.web.pages import Pages

NOTES = "notes"
MACHINE = re.compile(r"-m\d+$")
ON_A_CARD = (NOTES, "-head", "-probe", "-tonight", "-air")


class LiveMessages:
    """The live message of each language, rendered once a snapshot however many phones listen."""

    def __init__(self, pages: Pages, link: LinkClient, there: PondTime) -> None:
        self._pages = pages
        self._link = link
        self._there = there
        self._rendered: dict[str, tuple[Any, dict[str, Any]]] = {}

    def of(self, words: Text) -> dict[str, Any]:
        """The message for the newest snapshot."""
        snapshot = self._link.snapshot
        known = self._rendered.get(words.language)
        if known is None or known[0] is not snapshot:
            known = (snapshot, self._pages.live({**(snapshot or {}), "hour": hour_of(self._there.now())}, words))
            self._rendered[words.language] = known
        return known[1]


def of_farm(message: dict[str, Any]) -> dict[str, Any]:
    """What the page of all ponds shows of it."""
    pieces = message["pieces"].items()
    return {**message, "pieces": {id_: html for id_, html in pieces if id_.endswith(ON_A_CARD)}}


def of_pond(message: dict[str, Any], pond: str) -> dict[str, Any]:
    """What the page of one pond shows of it; an id may begin as another does, a piece's name has no dash."""
    pieces = message["pieces"].items()
    return {
        "pieces": {id_: html for id_, html in pieces if id_ == NOTES or id_.rpartition("-")[0] == pond},
        "ponds": [row for row in message["ponds"] if row["id"] == pond],
    }


def of_machines(message: dict[str, Any]) -> dict[str, Any]:
    """What the page of all machines shows of it."""
    pieces = message["pieces"].items()
    return {"pieces": {id_: html for id_, html in pieces if MACHINE.search(id_)}, "ponds": []}


def news(message: dict[str, Any], sent: dict[str, str]) -> dict[str, Any]:
    """The message without the pieces that a phone has; heads are always in it, for a page greys them by itself."""
    pieces = message["pieces"].items()
    return {**message, "pieces": {id_: html for id_, html in pieces if id_.endswith("-head") or sent.get(id_) != html}}
