"""The page of alarms: what is wrong, since when, what to do; acknowledged with one thumb. And the bar on every page."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from gateway.alarms.kinds import KINDS
from gateway.alarms.wording import words as words_of
from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.pages import shown_events
from gateway.web.shared import Words
from gateway.web.signed import Person, Reader, Worker

EVENTS_SHOWN = 40
WAITING = ("unack", "rtn_unack", "latched")
HISTORY = (
    "alarm_raised",
    "alarm_cleared",
    "alarm_acknowledged",
    "alarm_shelved",
    "alarm_unshelved",
    "alarm_sent",
    "alarm_test",
    "alarms_failed",
)

router = APIRouter(prefix="/alarms")


@router.get("")
async def page(request: Request, _: Reader, desk: AtDesk, words: Words) -> Response:
    """All alarms and their history."""
    title = words("alarms.title")
    return desk.show(
        request, "alarms.html", words, title=title, **_list(desk, words), events=await _events(desk, words)
    )


@router.get("/list")
async def cards(person: Reader, desk: AtDesk, words: Words, have: str = "") -> Response:
    """The alarms; nothing when the page has them as they are, so that no button moves under a thumb."""
    found = _list(desk, words)
    return Response(status_code=204) if have == found["mark"] else _cards(desk, words, person, found)


@router.get("/history", response_class=HTMLResponse)
async def history(_: Reader, desk: AtDesk, words: Words) -> str:
    """What happened to alarms."""
    pieces: Any = desk.pages.environment.get_template("pieces.html").module
    return str(pieces.events(await _events(desk, words), words))


@router.get("/bar", response_class=HTMLResponse)
async def bar(_: Reader, desk: AtDesk, words: Words) -> str:
    """How many alarms nobody has acknowledged."""
    pieces: Any = desk.pages.environment.get_template("alarm_pieces.html").module
    return str(pieces.bar(desk.link.snapshot or {}, words))


@router.post("/test")
async def test(person: Worker, desk: AtDesk, words: Words) -> Response:
    """Ring everything for a moment."""
    return await _ordered(desk, words, person, words("alarms.tested"), do="test_alarm")


@router.post("/{alarm}/acknowledge")
async def acknowledge(alarm: int, person: Worker, desk: AtDesk, words: Words) -> Response:
    """The reader knows of an alarm; 0 stands for all."""
    return await _ordered(desk, words, person, "", do="acknowledge", alarm=alarm or "all", by="page")


@router.post("/{alarm}/shelve")
async def shelve(alarm: int, minutes: Annotated[float, Form()], person: Worker, desk: AtDesk, words: Words) -> Response:
    """Put an alarm aside for a while."""
    return await _ordered(desk, words, person, "", do="shelve", alarm=alarm, minutes=minutes)


@router.post("/{alarm}/unshelve")
async def unshelve(alarm: int, person: Worker, desk: AtDesk, words: Words) -> Response:
    """Take an alarm back."""
    return await _ordered(desk, words, person, "", do="unshelve", alarm=alarm)


async def _ordered(desk: Desk, words: Text, person: Person, done: str, **order: Any) -> Response:
    try:
        refused = (await desk.link.order({**order, "who": person.id}))["refused"]
    except (ConnectionError, TimeoutError):
        return _cards(desk, words, person, _list(desk, words), words("alarms.no_control"))
    answer = words(f"alarms.refused_{refused}") if refused else done
    return _cards(desk, words, person, _list(desk, words), answer)


def _cards(desk: Desk, words: Text, person: Person, found: Mapping[str, Any], answer: str = "") -> Response:
    pieces: Any = desk.pages.environment.get_template("alarm_pieces.html").module
    return HTMLResponse(str(pieces.cards(found, person, answer, words)))


def _list(desk: Desk, words: Text) -> dict[str, Any]:
    """What the cards show; `mark` differs when anything of it does."""
    alarms = (desk.link.snapshot or {}).get("alarms", {"list": [], "siren": False})
    names = {pond["id"]: pond["name"] for pond in desk.ponds}
    people = {person.id: person.name for person in desk.farm.person}
    rows = [_card(row, names, people, words) for row in alarms["list"]]
    found = {"rows": rows, "siren": alarms["siren"], "waiting": sum(row["waits"] for row in rows)}
    mark = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
    return {**found, "mark": mark}


def _card(row: dict[str, Any], ponds: Mapping[str, str], people: Mapping[str, str], words: Text) -> dict[str, Any]:
    said = words_of(row["kind"], ponds.get(row["pond"], row["pond"]), row["values"], words)
    left_s = row["shelved_left_s"]
    return {
        "id": row["id"],
        "priority": row["priority"],
        "state": row["state"],
        "waits": row["state"] in WAITING,
        "said": said,
        "since": datetime.fromtimestamp(row["raised_wall_s"]).astimezone().strftime("%H:%M %d/%m"),
        "ago": words.duration(row["age_s"] / 60),
        "by": people.get(row["acknowledged_by"], row["acknowledged_by"]),
        "left": None if left_s is None else words.duration(left_s / 60),
        "shelf_minutes": round(KINDS[row["kind"]].longest_shelf_minutes),
    }


async def _events(desk: Desk, words: Text) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await desk.read(lambda reader: reader.events(EVENTS_SHOWN, kinds=HISTORY), [])
    people = {person.id: person.name for person in desk.farm.person}
    for row in rows:
        named = {
            key: people.get(row["detail"][key], row["detail"][key]) for key in ("who", "person") if key in row["detail"]
        }
        row["detail"] |= named
    return shown_events(rows, desk.link.snapshot, words)
