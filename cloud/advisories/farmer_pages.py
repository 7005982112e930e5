"""Pages of advice for farmers: what is for them, opened by a tap, with an answer."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cloud.accounts.access import InPerson
from cloud.accounts.page import Now
from cloud.advisories import inbox, repository
from cloud.advisories.api import Known
from cloud.advisories.bodies import AnswerIn, kinds_of
from cloud.advisories.page import show
from cloud.advisories.pages import LISTED, state_of
from cloud.advisories.telling import APP, worded
from cloud.api import Reading
from cloud.commands.api import Writing
from gateway.web.shared import Words

router = APIRouter(prefix="/advice", include_in_schema=False)


@router.get("")
def list_page(request: Request, asking: InPerson, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """Advice for the reader's farms, newest first; it has come to them now."""
    rows = [row for row in repository.seen(reading, asking, now_s, LISTED) if row.state != "draft"]
    inbox.came(request.app.state.database, reading, asking, rows, now_s)
    unread = repository.unread(reading, asking, [row.id for row in rows], APP)
    shown = [(row, state_of(row, now_s), worded(row, words.language)[0], row.id in unread) for row in rows]
    return show(request, "advice_list.html", words, title=words("advice.title"), rows=shown)


@router.get("/{advisory_id}")
def look_page(
    request: Request, advisory: Known, asking: InPerson, reading: Reading, words: Words, now_s: Now
) -> HTMLResponse:
    """One advice; who opens it has read it."""
    inbox.opened(request.app.state.database, reading, asking, advisory, now_s)
    title, body = worded(advisory, words.language)
    return show(
        request,
        "advice.html",
        words,
        title=title,
        body=body,
        advisory=advisory,
        state=state_of(advisory, now_s),
        pond_kinds=kinds_of(advisory),
        answers=repository.answers(reading, asking, advisory.id),
    )


@router.post("/{advisory_id}/answers")
def answer(
    advisory: Known, asking: InPerson, writing: Writing, now_s: Now, text: Annotated[str, Form(max_length=1000)]
) -> Response:
    """Keep an answer."""
    try:
        wish = AnswerIn(text=text)
    except ValueError as error:
        raise HTTPException(422, "the answer is empty or has control characters: write it anew") from error
    repository.answer(writing, asking, advisory.id, wish.text, now_s)
    return RedirectResponse(f"/advice/{advisory.id}", status_code=303)
