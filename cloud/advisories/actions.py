"""What officers do with advice, each with its line in the audit; 409 where its state or their scope refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException, Request
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.accounts.audit import note
from cloud.advisories import repository
from cloud.advisories.bodies import MISFITS, AdvisoryIn
from cloud.advisories.models import Advisory
from cloud.advisories.telling import APP


def write(
    writing: Session, asking: Asking, wish: AdvisoryIn, now_s: float, advisory: Advisory | None = None
) -> Advisory:
    """A new draft, or a draft changed."""
    if misfit := wish.misfit():
        raise HTTPException(409, MISFITS[misfit])
    with _conflicts():
        written = repository.write(writing, asking, wish, now_s, advisory)
    _note(writing, asking, "written", written, now_s)
    return written


def issue(request: Request, writing: Session, asking: Asking, advisory: Advisory, now_s: float) -> None:
    """Make it public, on its way by all channels of the application."""
    with _conflicts():
        channels = [APP, *(teller.channel for teller in request.app.state.tellers)]
        repository.issue(writing, advisory, channels, now_s)
    _note(writing, asking, "issued", advisory, now_s)


def withdraw(writing: Session, asking: Asking, advisory: Advisory, now_s: float) -> None:
    """Take it back."""
    with _conflicts():
        repository.withdraw(advisory, now_s)
    _note(writing, asking, "withdrawn", advisory, now_s)


def discard(writing: Session, asking: Asking, advisory: Advisory, now_s: float) -> None:
    """Remove a draft."""
    with _conflicts():
        repository.discard(writing, advisory)
    _note(writing, asking, "discarded", advisory, now_s)


def _note(writing: Session, asking: Asking, what: str, advisory: Advisory, now_s: float) -> None:
    detail = {"advisory": advisory.id, "title": advisory.title_vi}
    note(writing, asking.who, f"advisory_{what}", None, detail, now_s)


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except (repository.Beyond, repository.NotADraft) as error:
        raise HTTPException(409, str(error)) from error
