"""Machines by hand from afar: the question as on the farm, and the wish sent on as a signed command."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from cloud.accounts.access import Operator
from cloud.accounts.page import Now, show
from cloud.commands.api import OverrideIn, OwnPond, ReleaseIn, Writing, order
from cloud.farms.models import Pond
from gateway.text import Text
from gateway.uplink.commands import Aerator
from gateway.web.machine_orders import OVERRIDE_MINUTES
from gateway.web.shared import Words

router = APIRouter(prefix="/ponds/{pond_id}/override", include_in_schema=False)


@router.get("/{number}")
def ask(request: Request, pond: OwnPond, number: Aerator, _: Operator, words: Words) -> Response:
    """The question whether a machine shall be set by hand."""
    return _dialog(request, pond, number, "", words)


@router.post("/{number}")
def override(
    request: Request,
    pond: OwnPond,
    number: Aerator,
    wish: Annotated[str, Form(max_length=60)],
    asking: Operator,
    writing: Writing,
    words: Words,
    now_s: Now,
) -> Response:
    """Ask the farm; its guard has the last word, and the page shows it."""
    if wish not in ("on", "off", "release"):
        return HTMLResponse("")
    answer = _dialog(request, pond, number, words("office.sending"), words)
    if wish == "release":
        order(writing, asking, pond, ReleaseIn(do="release", aerator=number), now_s)
    else:
        asked = OverrideIn(do="override", aerator=number, run=wish == "on", minutes=OVERRIDE_MINUTES)
        order(writing, asking, pond, asked, now_s)
    return answer


def _dialog(request: Request, pond: Pond, number: int, answer: str, words: Text) -> Response:
    """Nobody here knows whether it is set by hand already, so that it can always be given back."""
    if number not in pond.machines:
        raise HTTPException(404, f"there is no aerator {number} at pond {pond.id}")
    row = {"number": number, "override": True}
    return show(request, "override.html", words, title="", pond=pond, row=row, answer=answer)
