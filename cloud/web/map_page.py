"""The map: every pond where it lies, in the colour of its urgency. Coast from Natural Earth."""

from importlib import resources
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from cloud.accounts.access import AlarmsSeen, Officer, WaterSeen
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.settings import CloudSettings
from cloud.web.overview import LEVELS, overview
from gateway.web.shared import Words, policy

router = APIRouter(include_in_schema=False)

ASSETS = {
    "map.js": "text/javascript",
    "compare.js": "text/javascript",
    "cloud.css": "text/css",
    "coast.json": "application/json",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
}


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """A file of the cloud's own pages; 404 for any other."""
    if name not in ASSETS:
        return Response(status_code=404)
    path = str(resources.files("cloud.web").joinpath("static", name))
    return FileResponse(path, media_type=ASSETS[name], headers={"Cache-Control": "max-age=3600"})


@router.get("/map")
def page(request: Request, _: Officer, words: Words) -> Response:
    """The page; its ponds are fetched, and tiles where there are some."""
    settings: CloudSettings = request.app.state.settings
    tiles = {"url": settings.tile_url, "by": settings.tile_attribution}
    made = show(request, "map.html", words, title=words("office.map"), levels=LEVELS, tiles=tiles)
    made.headers["Content-Security-Policy"] = policy(settings.tile_origin)
    return made


@router.get("/map/ponds")
def ponds(_: Officer, queries: Reading, water: WaterSeen, alarms: AlarmsSeen, now_s: Now) -> dict[str, Any]:
    """Columns: id, name, latitude, longitude, place in LEVELS, newest oxygen; ponds without a place are counted."""
    views = overview(queries, water, alarms, now_s)
    placed = [(view, _place(view.pond, view.farm)) for view in views]
    known = [(view, place) for view, place in placed if place is not None]
    return {
        "id": [view.pond.id for view, _ in known],
        "name": [f"{view.farm.farm_name or view.farm.id}: {view.pond.name}" for view, _ in known],
        "latitude": [round(place[0], 5) for _, place in known],
        "longitude": [round(place[1], 5) for _, place in known],
        "level": [LEVELS.index(view.urgency) for view, _ in known],
        "do_mg_l": [None if view.do_mg_l is None else round(view.do_mg_l, 1) for view, _ in known],
        "unplaced": len(placed) - len(known),
    }


def _place(pond: Any, farm: Any) -> tuple[float, float] | None:
    """The pond's own place, or its farm's."""
    for thing in (pond, farm):
        if thing.latitude is not None and thing.longitude is not None:
            return thing.latitude, thing.longitude
    return None
