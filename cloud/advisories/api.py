"""Advice over REST: officers write and issue it, farmers read and answer it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from sqlalchemy.orm import Session

from cloud.accounts.access import REFUSED, InPerson, Officer, Signed
from cloud.accounts.page import Now
from cloud.advisories import actions, inbox, repository
from cloud.advisories.bodies import (
    AdvisoryIn,
    AdvisoryOut,
    AnswerIn,
    AnswerOut,
    DeliveryOut,
    advisory_out,
    answer_out,
)
from cloud.advisories.models import Advisory
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.ids import MOST_ID, Id

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such advice."}}
NOT_NOW: dict[int | str, dict[str, Any]] = {409: {"description": "Its state does not allow this."}}

MISFIT: dict[int | str, dict[str, Any]] = {
    409: {"description": "Its parts do not fit each other, a commune is not in the writer's scope, or it was issued."}
}

router = APIRouter(prefix="/api/advisories", tags=["advisories"], responses=REFUSED)


def known(advisory_id: Id, asking: Signed, reading: Reading, now_s: Now) -> Advisory:
    """The advice of the path; 404 when there is none that they may read."""
    found = repository.one(reading, asking, advisory_id, now_s)
    if found is None:
        raise HTTPException(404, f"there is no advice {advisory_id} for you: look in the list")
    return found


def own(advisory_id: Id, asking: Officer, writing: Writing, now_s: Now) -> Advisory:
    """The advice of the path, to be changed; 404 when there is none in their scope."""
    return in_scope(advisory_id, asking, writing, now_s)


def in_scope(advisory_id: Id, asking: Officer, reading: Reading, now_s: Now) -> Advisory:
    """As `own`, to be looked at only."""
    found = repository.to_write(reading, asking, advisory_id, now_s)
    if found is None:
        raise HTTPException(404, f"there is no advice {advisory_id} in your scope: look in the list")
    return found


Known = Annotated[Advisory, Depends(known)]
Own = Annotated[Advisory, Depends(own)]
InScope = Annotated[Advisory, Depends(in_scope)]


@router.get("")
def list_advisories(
    asking: Signed,
    reading: Reading,
    now_s: Now,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int, Query(ge=0, le=MOST_ID)] = MOST_ID,
) -> list[AdvisoryOut]:
    """Advice for the asker's farms, or of their scope, newest first; older than number `before`."""
    found = repository.seen(reading, asking, now_s, limit, before)
    units = repository.communes(reading, [one.id for one in found])
    return [advisory_out(one, units[one.id]) for one in found]


@router.post("", status_code=201, responses=MISFIT)
def write_advisory(wish: AdvisoryIn, asking: Officer, writing: Writing, now_s: Now) -> AdvisoryOut:
    """Write a draft: nobody but officers sees it."""
    return _out(writing, actions.write(writing, asking, wish, now_s))


@router.get("/{advisory_id}", responses=NOT_FOUND)
def get_advisory(advisory: Known, reading: Reading) -> AdvisoryOut:
    """One advice."""
    return _out(reading, advisory)


@router.put("/{advisory_id}", responses={**NOT_FOUND, **MISFIT})
def change_advisory(wish: AdvisoryIn, advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> AdvisoryOut:
    """Change a draft; what is issued is not changed any more."""
    return _out(writing, actions.write(writing, asking, wish, now_s, advisory))


@router.delete("/{advisory_id}", status_code=204, responses={**NOT_FOUND, **NOT_NOW})
def discard_advisory(advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> None:
    """Remove a draft."""
    actions.discard(writing, asking, advisory, now_s)


@router.post("/{advisory_id}/issue", responses={**NOT_FOUND, **NOT_NOW})
def issue_advisory(request: Request, advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> AdvisoryOut:
    """Make a draft public and send it on its way."""
    actions.issue(request, writing, asking, advisory, now_s)
    return _out(writing, advisory)


@router.post("/{advisory_id}/withdraw", responses={**NOT_FOUND, **NOT_NOW})
def withdraw_advisory(advisory: Own, asking: Officer, writing: Writing, now_s: Now) -> AdvisoryOut:
    """Take an issued advice back: it stays readable, marked as withdrawn."""
    actions.withdraw(writing, asking, advisory, now_s)
    return _out(writing, advisory)


@router.post("/{advisory_id}/read", status_code=204, responses=NOT_FOUND)
def read_advisory(request: Request, advisory: Known, asking: InPerson, reading: Reading, now_s: Now) -> None:
    """The asker has opened it; counts for people of farms."""
    inbox.opened(request.app.state.database, reading, asking, advisory, now_s)


@router.get("/{advisory_id}/deliveries", responses=NOT_FOUND)
def list_deliveries(advisory: InScope, reading: Reading) -> list[DeliveryOut]:
    """Whom it reached, those who have not read it first."""
    return [
        DeliveryOut(person=name, channel=row.channel, delivered_at=row.delivered_at, read_at=row.read_at)
        for row, name in repository.deliveries(reading, advisory.id)
    ]


@router.get("/{advisory_id}/answers", responses=NOT_FOUND)
def list_answers(advisory: Known, asking: Signed, reading: Reading) -> list[AnswerOut]:
    """What was written back: all for officers, one's own for others."""
    return [answer_out(answer, name) for answer, name in repository.answers(reading, asking, advisory.id)]


@router.post("/{advisory_id}/answers", status_code=201, responses=NOT_FOUND)
def answer_advisory(wish: AnswerIn, advisory: Known, asking: InPerson, writing: Writing, now_s: Now) -> AnswerOut:
    """Write back."""
    return answer_out(repository.answer(writing, asking, advisory.id, wish.text, now_s), asking.name)


def _out(session: Session, advisory: Advisory) -> AdvisoryOut:
    return advisory_out(advisory, repository.communes(session, [advisory.id])[advisory.id])
