"""How often a door may be tried, counted in the database: the web processes are any number and forget nothing."""

import hashlib
from typing import Annotated

from fastapi import Depends
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from cloud.accounts.models import DoorTry
from cloud.accounts.page import Now
from cloud.commands.api import Writing
from gateway.people.limits import PER_ADDRESS, PER_PERSON, WINDOW_S


class Tries:
    """Failures within the last quarter of an hour, in the session of the request, which has to commit them."""

    def __init__(self, session: Session, now_s: float) -> None:
        self._session = session
        self._now_s = now_s

    def try_s(self, person: str, address: str) -> float:
        """Seconds until the door may be tried; 0 lets one try pass, which counts as a failure unless it succeeds."""
        most = {_key("person", person): PER_PERSON, _key("address", address): PER_ADDRESS}
        self._one_at_a_time(most)
        self._forget_old()
        wait_s = max(self._wait_s(key, allowed) for key, allowed in most.items())
        if not wait_s:
            self._session.add_all(DoorTry(key=key, at=self._now_s) for key in most)
            self._session.flush()
        return wait_s

    def succeeded(self, person: str, address: str) -> None:
        """The right one has come."""
        self._session.execute(delete(DoorTry).where(DoorTry.key == _key("person", person)))
        of_address = select(DoorTry.id).where(DoorTry.key == _key("address", address))
        newest = of_address.order_by(DoorTry.id.desc()).limit(1).scalar_subquery()
        self._session.execute(delete(DoorTry).where(DoorTry.id == newest))

    def _one_at_a_time(self, keys: dict[str, int]) -> None:
        """Who tries many times at once waits for each; SQLite has one writer anyway."""
        if self._session.get_bind().dialect.name == "postgresql":
            for key in sorted(keys):
                lock = text("SELECT pg_advisory_xact_lock(:number)")
                self._session.execute(lock, {"number": int(key[:15], 16)})

    def _forget_old(self) -> None:
        """What is past the window, and what a clock that was ahead has written."""
        old = (DoorTry.at <= self._now_s - WINDOW_S) | (DoorTry.at > self._now_s + WINDOW_S)
        self._session.execute(delete(DoorTry).where(old))

    def _wait_s(self, key: str, most: int) -> float:
        tries = select(DoorTry.at).where(DoorTry.key == key).order_by(DoorTry.at.desc())
        at = self._session.scalar(tries.offset(most - 1).limit(1))
        return 0.0 if at is None else min(WINDOW_S, at + WINDOW_S - self._now_s)


def _key(kind: str, value: str) -> str:
    """No number and no address of anybody is kept."""
    return hashlib.sha256(f"{kind} {value}".encode()).hexdigest()


def _limits(writing: Writing, now_s: Now) -> Tries:
    return Tries(writing, now_s)


Limits = Annotated[Tries, Depends(_limits, scope="function")]
