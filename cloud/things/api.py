"""The routes of the SensorThings interface, at /sta/v1.1."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from cloud.accounts.access import REFUSED, Signed, farms_seen
from cloud.api import Reading
from cloud.things.answers import answer
from cloud.things.links import BASE
from cloud.things.refusals import NotAllowed, Refusal
from cloud.things.world import World

router = APIRouter(prefix=BASE, tags=["SensorThings"])
OTHER_METHODS = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "JSON; plain text for a property's $value.",
        "content": {"application/json": {}, "text/plain": {}},
    },
    204: {"description": "The property is null."},
    401: REFUSED[401],
    400: {"description": "The query options do not make sense; the answer names place and cause."},
    404: {"description": "The path leads nowhere that you may see."},
    501: {"description": "The standard has this, the service does not."},
}


@router.get("", responses=RESPONSES, response_class=Response)
@router.head("", include_in_schema=False)
def root(request: Request, asking: Signed, reading: Reading) -> Response:
    """The service root: the sets, and the requirements of OGC 18-088 that are met."""
    return read(request, asking, reading, "")


@router.get("/{path:path}", responses=RESPONSES, response_class=Response)
@router.head("/{path:path}", include_in_schema=False)
def read(request: Request, asking: Signed, reading: Reading, path: str) -> Response:
    """An entity, a set or a property; query options as OGC 18-088 has them."""
    now_s: float = request.app.state.wall()
    world = World(reading, farms_seen(asking, "water", now_s), now_s)
    service = str(request.base_url).rstrip("/") + BASE
    try:
        found = answer(world, service, path.strip("/"), request.url.query)
    except Refusal as refusal:
        return refused(refusal)
    if found is None:
        return Response(status_code=204)
    return Response(found, media_type="text/plain") if isinstance(found, str) else as_json(found)


@router.api_route("", methods=OTHER_METHODS, include_in_schema=False)
@router.api_route("/{path:path}", methods=OTHER_METHODS, include_in_schema=False)
def write(request: Request, _: Signed) -> Response:
    """Nothing is written here."""
    return refused(NotAllowed(request.method, "here is only reading", "Use GET."))


def as_json(found: dict[str, Any], status: int = 200) -> Response:
    """JSON with its letters as they are."""
    return Response(json.dumps(found, ensure_ascii=False), status, media_type="application/json")


def refused(refusal: Refusal) -> Response:
    """Why there is no data."""
    told = {"code": refusal.code, "place": refusal.place, "message": refusal.cause, "advice": refusal.advice}
    response = as_json({name: value for name, value in told.items() if value}, refusal.code)
    if refusal.code == NotAllowed.code:
        response.headers["Allow"] = "GET, HEAD"
    return response
