"""Advice on its way to people outside the pages: push, messages, whatever a `Teller` reaches."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from cloud.accounts.models import Person
from cloud.advisories import repository
from cloud.advisories.models import Advisory
from cloud.database import Database

log = logging.getLogger(__name__)

APP = "app"
LOOK_S = 30.0


class Teller(Protocol):
    """One channel; "app" is the pages' own and no Teller's."""

    channel: str

    def tell(self, person: Person, title: str, body: str, path: str) -> bool | None:
        """True when the channel took it, False to be asked again later, None when it knows no way to this person.

        `path` is the advice's page.
        """


def worded(advisory: Advisory, language: str) -> tuple[str, str]:
    """Title and text in a language; in Vietnamese where nobody wrote another."""
    if language == "en" and advisory.title_en:
        return advisory.title_en, advisory.body_en
    return advisory.title_vi, advisory.body_vi


def tell_waiting(database: Database, tellers: Sequence[Teller], wall: Callable[[], float]) -> int:
    """Tell once what waits on each channel, and say how much was taken; one that fails holds up no other."""
    taken = 0
    for teller in tellers:
        with database.read() as session:
            rows = repository.waiting(session, teller.channel, wall())
        for _, advisory, person in rows:
            answer = _tells(teller, advisory, person)
            with database.write() as session:
                if answer is None:
                    repository.unreachable(session, advisory.id, person.id, teller.channel)
                elif answer:
                    repository.told(session, advisory.id, person.id, teller.channel, wall())
                    taken += 1
    return taken


def _tells(teller: Teller, advisory: Advisory, person: Person) -> bool | None:
    try:
        return teller.tell(person, *worded(advisory, person.language), f"/advice/{advisory.id}")
    except Exception:
        log.exception("%s failed for advice %d; it is tried again", teller.channel, advisory.id)
        return False


async def tell_for_ever(database: Database, tellers: Sequence[Teller], wall: Callable[[], float]) -> None:
    """Beside the ingest: what waits on each channel, twice a minute."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await asyncio.to_thread(tell_waiting, database, tellers, wall)
        except DBAPIError as error:
            log.error("the database refuses (%s); advice waits", str(error).splitlines()[0])
