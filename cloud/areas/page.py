"""The administrator's page of extension areas."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from cloud.accounts import audit
from cloud.accounts.access import Administrator
from cloud.accounts.page import Name, Now, show
from cloud.api import Reading
from cloud.areas import repository
from cloud.commands.api import Writing
from gateway.web.shared import Words

router = APIRouter(prefix="/areas", include_in_schema=False)


@router.get("")
def areas(request: Request, _: Administrator, reading: Reading, words: Words, now_s: Now) -> Response:
    """All of them, each with its communes."""
    return show(
        request,
        "areas.html",
        words,
        title=words("areas.title"),
        areas=[(area, set(repository.codes_of(reading, area.id))) for area in repository.areas(reading)],
        communes=repository.communes(reading, datetime.fromtimestamp(now_s, UTC).date()),
    )


@router.post("")
def save(
    asking: Administrator,
    writing: Writing,
    now_s: Now,
    name: Name,
    communes: Annotated[list[str], Form(max_length=500)] = [],  # noqa: B006
) -> Response:
    """A new area, or other communes for the one of this name."""
    today = datetime.fromtimestamp(now_s, UTC).date()
    if strange := set(communes) - {unit.code for unit in repository.communes(writing, today)}:
        raise HTTPException(422, f"no communes of today: {', '.join(sorted(strange))}")
    made = repository.make_area(writing, name.strip())
    repository.set_codes(writing, made.id, communes)
    audit.note(writing, asking.who, "area_changed", None, {"area": made.id, "communes": communes}, now_s)
    return RedirectResponse("/areas", status_code=303)
