"""Pages of advice: officers list, write, look at it as farmers will, issue it, and see who read it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from cloud.accounts.access import Asking, Officer
from cloud.accounts.page import Now
from cloud.advisories import actions, repository
from cloud.advisories.api import InScope, Known, Own
from cloud.advisories.bodies import ADVICE_KINDS, CERTAINTIES, PHASES, POND_KINDS, SEVERITIES, kinds_of
from cloud.advisories.evidence import suggestions
from cloud.advisories.form import DRAFTS, Filled, blank, filled, form_of, of_draft, suggested
from cloud.advisories.models import Advisory
from cloud.advisories.page import show
from cloud.advisories.telling import APP
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.ids import MOST_ID
from gateway.text import Text
from gateway.web.shared import Words

LISTED = 50
CHOICES = {
    "kinds": ADVICE_KINDS,
    "severities": SEVERITIES,
    "certainties": CERTAINTIES,
    "phases": PHASES,
    "pond_kinds": POND_KINDS,
}

router = APIRouter(prefix="/advisories", include_in_schema=False)

Fields = Annotated[FormData, Depends(form_of)]


@router.get("")
def list_page(
    request: Request,
    asking: Officer,
    reading: Reading,
    words: Words,
    now_s: Now,
    before: Annotated[int, Query(ge=0, le=MOST_ID)] = MOST_ID,
) -> HTMLResponse:
    """What was written, with how far it came."""
    rows = repository.seen(reading, asking, now_s, LISTED, before)
    reach = repository.reach(reading, [row.id for row in rows], APP)
    return show(
        request,
        "advisories.html",
        words,
        title=words("advice.title_officer"),
        rows=[(row, state_of(row, now_s), reach.get(row.id, (0, 0, 0))) for row in rows],
        older=rows[-1].id if len(rows) == LISTED else None,
    )


@router.get("/suggestions")
def suggestions_piece(request: Request, asking: Officer, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """What data suggests today, each with its evidence and a way to write it."""
    names = dict(repository.communes_for(reading, asking, now_s))
    drafts = suggestions(reading, asking, names, now_s)
    return show(request, "suggestions.html", words, title="", drafts=drafts, names=names)


@router.get("/new")
def new_page(
    request: Request,
    asking: Officer,
    reading: Reading,
    words: Words,
    now_s: Now,
    draft: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
    commune: Annotated[list[str], Query(max_length=500)] = [],  # noqa: B006
) -> HTMLResponse:
    """An empty form, or one begun by a suggestion."""
    begun = suggested(draft, commune) if draft in DRAFTS else {}
    return _form(request, reading, asking, words, now_s, blank(now_s, **begun))


@router.post("")
def write(request: Request, asking: Officer, writing: Writing, words: Words, now_s: Now, fields: Fields) -> Response:
    """Keep a new draft and look at it, or the form again with what is wrong."""
    form = filled(fields)
    if form.wish is None:
        return _form(request, writing, asking, words, now_s, form)
    return _to(actions.write(writing, asking, form.wish, now_s))


@router.get("/{advisory_id}")
def look_page(
    request: Request, advisory: Known, asking: Officer, reading: Reading, words: Words, now_s: Now
) -> HTMLResponse:
    """One advice as farmers see it, who read it, what they answered, and what can be done with it."""
    return show(
        request,
        "advisory.html",
        words,
        title=words(f"advice.kind.{advisory.kind}"),
        advisory=advisory,
        state=state_of(advisory, now_s),
        pond_kinds=kinds_of(advisory),
        may_write=repository.to_write(reading, asking, advisory.id, now_s) is not None,
        deliveries=repository.deliveries(reading, advisory.id),
        reach=repository.reach(reading, [advisory.id], APP).get(advisory.id, (0, 0, 0)),
        would_reach=repository.would_reach(reading, advisory.id) if advisory.state == "draft" else 0,
        answers=repository.answers(reading, asking, advisory.id),
    )


@router.get("/{advisory_id}/edit")
def edit_page(
    request: Request, advisory: InScope, asking: Officer, reading: Reading, words: Words, now_s: Now
) -> HTMLResponse:
    """The form of a draft."""
    communes = repository.communes(reading, [advisory.id])[advisory.id]
    return _form(request, reading, asking, words, now_s, of_draft(advisory, communes), advisory.id)


@router.post("/{advisory_id}")
def change(
    request: Request, advisory: Own, asking: Officer, writing: Writing, words: Words, now_s: Now, fields: Fields
) -> Response:
    """Keep a draft as it was changed."""
    form = filled(fields)
    if form.wish is None:
        return _form(request, writing, asking, words, now_s, form, advisory.id)
    return _to(actions.write(writing, asking, form.wish, now_s, advisory))


@router.post("/{advisory_id}/issue")
def issue(request: Request, advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> Response:
    """Send it on its way."""
    actions.issue(request, writing, asking, advisory, now_s)
    return _to(advisory)


@router.post("/{advisory_id}/withdraw")
def withdraw(advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> Response:
    """Take it back."""
    actions.withdraw(writing, asking, advisory, now_s)
    return _to(advisory)


@router.post("/{advisory_id}/discard")
def discard(advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> Response:
    """Remove a draft."""
    actions.discard(writing, asking, advisory, now_s)
    return RedirectResponse("/advisories", status_code=303)


def state_of(advisory: Advisory, now_s: float) -> str:
    """draft, withdrawn, coming, valid or over."""
    if advisory.state != "issued":
        return advisory.state
    if advisory.valid_until <= now_s:
        return "over"
    return "coming" if advisory.valid_from > now_s else "valid"


def _to(advisory: Advisory) -> Response:
    return RedirectResponse(f"/advisories/{advisory.id}", status_code=303)


def _form(
    request: Request,
    reading: Session,
    asking: Asking,
    words: Text,
    now_s: float,
    form: Filled,
    advisory_id: int | None = None,
) -> HTMLResponse:
    return show(
        request,
        "advisory_form.html",
        words,
        title=words("advice.write"),
        status=422 if form.problem else 200,
        form=form,
        action="/advisories" if advisory_id is None else f"/advisories/{advisory_id}",
        communes=repository.communes_for(reading, asking, now_s),
        areas=repository.areas_for(reading, asking, now_s),
        **CHOICES,
    )
