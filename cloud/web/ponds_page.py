"""The first page: a farm's people see their ponds as cards, officers all of theirs as a list, the most urgent first."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud.accounts.access import AlarmsSeen, Signed, WaterSeen
from cloud.accounts.page import Now, show
from cloud.alerts import repository as alerts
from cloud.api import Reading
from cloud.areas import repository as areas
from cloud.farms import repository as farms
from cloud.telemetry.calendar import date_of, day_number
from cloud.web.overview import LEVELS, overview
from cloud.web.wording import card
from gateway.text import Text
from gateway.web.shared import Words

router = APIRouter(include_in_schema=False)

A_PAGE = 50
OFFICE = ("officer", "administrator")

Level = Annotated[Literal["danger", "low_night", "lost", "watch", "ok", ""], Query()]
Commune = Annotated[str, Query(max_length=20)]
Farm = Annotated[str, Query(max_length=60)]
Page = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the ponds an officer's list shows; "" for any."""

    level: str
    commune: str
    farm: str
    page: int


@router.get("/")
def first(
    request: Request,
    asking: Signed,
    queries: Reading,
    words: Words,
    water: WaterSeen,
    alarms: AlarmsSeen,
    now_s: Now,
    level: Level = "",
    commune: Commune = "",
    farm: Farm = "",
    page: Page = 1,
) -> Response:
    """The page, with its frame."""
    title = words("page.all_ponds")
    if asking.role in OFFICE:
        found = _list(queries, words, water, alarms, now_s, Wanted(level, commune, farm, page))
        return show(request, "office.html", words, title=title, **found)
    return show(request, "ponds.html", words, title=title, **_cards(queries, words, water, alarms, now_s))


@router.get("/ponds", response_class=HTMLResponse)
def ponds(
    request: Request, queries: Reading, words: Words, water: WaterSeen, alarms: AlarmsSeen, now_s: Now
) -> Response:
    """The cards, for the page that looks again."""
    return show(request, "ponds_list.html", words, title="", **_cards(queries, words, water, alarms, now_s))


def _cards(queries: Session, words: Text, water: Select[str], alarms: Select[str], now_s: float) -> dict[str, Any]:
    cards = [card(view, words) for view in overview(queries, water, alarms, now_s)]
    return {"ponds": cards, "alerts": _alerts(queries, alarms, words)}


def _list(
    queries: Session,
    words: Text,
    water: Select[str],
    alarms: Select[str],
    now_s: float,
    wanted: Wanted,
) -> dict[str, Any]:
    views = overview(queries, water, alarms, now_s)
    there = sorted({view.farm.commune for view in views if view.farm.commune})
    views = [view for view in views if wanted.farm in ("", view.farm.id) and wanted.commune in ("", view.farm.commune)]
    counts = Counter(view.urgency for view in views)
    names = {unit.code: unit.name for unit in areas.communes(queries, date_of(day_number(now_s)))}
    shown = [view for view in views if wanted.level in ("", view.urgency)]
    return {
        "ponds": [
            {**card(view, words), "commune": names.get(view.farm.commune or "", "")}
            for view in shown[(wanted.page - 1) * A_PAGE : wanted.page * A_PAGE]
        ],
        "counts": [(name, counts[name]) for name in LEVELS],
        "communes": [(code, names.get(code, code)) for code in there],
        **asdict(wanted),
        "pages": max(1, -(-len(shown) // A_PAGE)),
        "alerts": _alerts(queries, alarms, words)[:A_PAGE],
    }


def _alerts(queries: Session, seen: Select[str], words: Text) -> list[str]:
    """The open alerts in words."""
    names = {farm.id: farm.farm_name for farm in farms.seen(queries, seen)}
    return [
        words(f"cloud_alert.{alert.kind}.open", farm=names.get(alert.gateway_id) or alert.gateway_id)
        for alert in alerts.opened(queries, seen)
    ]
