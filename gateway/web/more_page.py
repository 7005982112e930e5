"""Everything that has no tab of its own, and who is signed in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.web.desk import AtDesk
from gateway.web.shared import Words
from gateway.web.signed import Reader

router = APIRouter()

PAGES = (
    ("/energy", "energy", "visitor"),
    ("/devices", "devices", "visitor"),
    ("/passports", "passports", "visitor"),
    ("/audit", "audit", "worker"),
    ("/settings", "settings", "owner"),
    ("/people", "people", "owner"),
    ("/cloud", "cloud", "owner"),
)


@router.get("/more")
async def more(request: Request, person: Reader, desk: AtDesk, words: Words) -> Response:
    """The menu."""
    known = request.app.state.paths
    pages = [(path, name) for path, name, role in PAGES if person.may(role) and path in known]
    return desk.show(request, "more.html", words, title=words("tab.more"), pages=pages)
