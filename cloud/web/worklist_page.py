"""The officers' worklist: what waits, where, since when, and who sees to it; a pond is two taps away."""

from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from cloud.accounts.access import AlarmsSeen, Officer, WaterSeen
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.areas import repository as areas
from cloud.commands.api import Writing
from cloud.telemetry.calendar import date_of, day_number
from cloud.web.ponds_page import A_PAGE, Commune, Page
from cloud.web.wording import clock
from cloud.web.worklist import KINDS, Item, worklist
from cloud.web.worklist_actions import see_to
from gateway.alarms.wording import event_words
from gateway.text import Text
from gateway.web.shared import Words

router = APIRouter(prefix="/worklist", include_in_schema=False)

KindWanted = Literal["alarm", "silent", "low_night", "no_data", ""]


@router.get("")
def page(
    request: Request,
    _: Officer,
    queries: Reading,
    words: Words,
    water: WaterSeen,
    alarms: AlarmsSeen,
    now_s: Now,
    kind: Annotated[KindWanted, Query()] = "",
    commune: Commune = "",
    page: Page = 1,
) -> Response:
    """A page of it, the most urgent first."""
    items = worklist(queries, water, alarms, now_s)
    there = sorted({item.farm.commune for item in items if item.farm.commune})
    items = [item for item in items if not commune or item.farm.commune == commune]
    counts = Counter(item.kind for item in items)
    names = {unit.code: unit.name for unit in areas.communes(queries, date_of(day_number(now_s)))}
    shown = [item for item in items if not kind or item.kind == kind]
    return show(
        request,
        "worklist.html",
        words,
        title=words("worklist.title"),
        items=[
            {**_line(item, words), "commune": names.get(item.farm.commune or "", "")}
            for item in shown[(page - 1) * A_PAGE : page * A_PAGE]
        ],
        counts=[(name, counts[name]) for name in KINDS],
        communes=[(code, names.get(code, code)) for code in there],
        kind=kind,
        commune=commune,
        page=page,
        pages=max(1, -(-len(shown) // A_PAGE)),
    )


@router.post("")
def mark(
    asking: Officer,
    writing: Writing,
    water: WaterSeen,
    alarms: AlarmsSeen,
    now_s: Now,
    farm: Annotated[str, Form(max_length=60)],
    cause: Annotated[str, Form(max_length=200)],
    seen_to: Annotated[bool, Form()],
    pond: Annotated[str, Form(max_length=60)] = "",
    kind: Annotated[KindWanted, Form()] = "",
    commune: Annotated[str, Form(max_length=20)] = "",
    page: Annotated[int, Form(ge=1, le=10_000)] = 1,
) -> Response:
    """This officer sees to it, or no longer; back to where they were."""
    see_to(writing, asking, water, alarms, (farm, pond, cause), seen_to=seen_to, now_s=now_s)
    back = urlencode({"kind": kind, "commune": commune, "page": page})
    return RedirectResponse(f"/worklist?{back}", status_code=303)


def _line(item: Item, words: Text) -> dict[str, Any]:
    farm = item.farm.farm_name or item.farm.id
    return {
        "where": f"{farm}: {item.pond_name}" if item.pond_name else farm,
        "farm_id": item.farm.id,
        "pond": item.pond,
        "cause": item.cause,
        "href": _href(item),
        "priority": item.priority or {"silent": "critical", "low_night": "critical"}.get(item.kind, "high"),
        "what": _what(item, words),
        "since": "" if item.kind == "low_night" else _since(item),
        "by": item.mark.person if item.mark else "",
        "by_at": clock(item.mark.at) if item.mark else "",
    }


def _since(item: Item) -> str:
    return clock(item.since) if item.since is not None else ""


def _what(item: Item, words: Text) -> str:
    if item.kind == "alarm":
        title = f"alarm.{item.detail['alarm']}.title"
        return str(event_words(item.detail, words)["title"]) if words.has(title) else str(item.detail["alarm"])
    return words(f"worklist.what.{item.kind}", do_mg_l=words.number(item.do_mg_l), when=_since(item))


def _href(item: Item) -> str:
    """To the pond, or to those of its farm; nowhere where the farm does not show its water."""
    if item.pond_id is not None:
        return f"/ponds/{item.pond_id}"
    return f"/?{urlencode({'farm': item.farm.id})}" if item.farm_open else ""
