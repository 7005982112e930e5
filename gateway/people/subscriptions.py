"""Phones and browsers that have asked to be told of alarms, and whose they are."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

BUSY_MS = 3000
MOST_OF_A_PERSON = 10

TABLE = """
CREATE TABLE IF NOT EXISTS subscription (
    endpoint TEXT PRIMARY KEY, person TEXT NOT NULL, p256dh TEXT NOT NULL, auth TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class Subscription:
    """A browser's: where to post, its public key and its secret, both base64url (RFC 8291)."""

    endpoint: str
    p256dh: str
    auth: str


class Subscriptions:
    """In a file of their own, which web and messages both open for each question; apsw.Error when it cannot be used."""

    def __init__(self, data: Path) -> None:
        self._path = data / "subscriptions.sqlite"

    def add(self, person: str, subscription: Subscription) -> None:
        """This browser is this person's from now on; the oldest of too many gives way."""
        row = (subscription.endpoint, person, subscription.p256dh, subscription.auth)
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO subscription VALUES (?, ?, ?, ?)", row)
            database.execute(
                "DELETE FROM subscription WHERE person = ?1 AND rowid NOT IN "
                "(SELECT rowid FROM subscription WHERE person = ?1 ORDER BY rowid DESC LIMIT ?2)",
                (person, MOST_OF_A_PERSON),
            )

    def remove(self, endpoint: str, person: str | None = None) -> None:
        """Forget a browser; of this person only, where one is named."""
        with self._open() as database:
            database.execute(
                "DELETE FROM subscription WHERE endpoint = ?1 AND (?2 IS NULL OR person = ?2)", (endpoint, person)
            )

    def of(self, person: str) -> list[Subscription]:
        """A person's browsers."""
        with self._open() as database:
            rows = database.execute("SELECT endpoint, p256dh, auth FROM subscription WHERE person = ?", (person,))
            return [Subscription(*map(str, row)) for row in rows]

    @contextlib.contextmanager
    def _open(self) -> Iterator[apsw.Connection]:
        if not self._path.exists():
            with contextlib.suppress(OSError):
                self._path.touch(mode=0o600)
        with contextlib.closing(apsw.Connection(str(self._path))) as database:
            database.set_busy_timeout(BUSY_MS)
            database.execute(TABLE)
            with database:
                yield database
