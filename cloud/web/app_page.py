"""The cloud's pages as an app on the phone, and what the phone shows while the cloud is out of reach."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from cloud.accounts.access import AlarmsSeen, Asking, Signed, WaterSeen
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.web.overview import PondView, overview
from gateway.text import Text
from gateway.web.app_files import app_router
from gateway.web.shared import Words

MOST_KEPT = 50

router = APIRouter(include_in_schema=False)
router.include_router(
    app_router(
        "/assets", name="Pondkeeper – ao tôm từ xa", short_name="Ao từ xa", description="Ao tôm, báo động và lời khuyên"
    )
)


@router.get("/offline")
def offline(request: Request, words: Words) -> Response:
    """A page without values: a phone fills in what it has kept."""
    return show(request, "offline.html", words, title=words("offline.title"), banner=words("offline.banner_cloud"))


@router.get("/api/last")
def last(
    asking: Signed, queries: Reading, words: Words, water: WaterSeen, alarms: AlarmsSeen, now_s: Now
) -> dict[str, Any]:
    """What a phone keeps for the time without a connection: the most urgent ponds, and whom to call for them."""
    views = overview(queries, water, alarms, now_s)[:MOST_KEPT]
    many = len({view.farm.id for view in views}) > 1
    return {"ponds": [_pond(view, words, many=many) for view in views], "people": _people(views, asking)}


def _pond(view: PondView, words: Text, *, many: bool) -> dict[str, Any]:
    farm = view.farm.farm_name or view.farm.id
    return {
        "name": f"{farm}: {view.pond.name}" if many else view.pond.name,
        "state": words(f"urgency.{view.urgency}"),
        "value": words.number(view.do_mg_l),
        "age_s": None if view.age_s is None else max(0.0, view.age_s),
    }


def _people(views: list[PondView], asking: Asking) -> list[dict[str, str]]:
    """The farms' own numbers, each once, without the reader's."""
    farms = {view.farm.id: view.farm for view in views}.values()
    return [
        {"name": farm.owner_name or "", "role": farm.farm_name or farm.id, "phone": farm.phone}
        for farm in farms
        if farm.phone and farm.phone != asking.phone
    ]
