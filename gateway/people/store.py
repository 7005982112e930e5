"""Who may come in: passwords, sessions, invitations and tokens, in a file of their own that only this user can read.

Whatever opens a door (session, invitation, token) is 128 random bits or more and is kept as its SHA-256 only. Times are
wall time: a clock that is wrong ends a session early or late, it never begins one.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

from gateway.people.passwords import hash_of, matches

SESSION_IDLE_S = 90 * 86400.0
SEEN_EVERY_S = 3600.0
INVITATION_S = 7 * 86400.0
BUSY_MS = 3000

TABLES = """
CREATE TABLE IF NOT EXISTS passwords (person TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (hash TEXT PRIMARY KEY, person TEXT NOT NULL, seen_s REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invitations (hash TEXT PRIMARY KEY, person TEXT NOT NULL, ends_s REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, role TEXT NOT NULL, made_s REAL NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Token:
    """A machine's key to the REST interface."""

    name: str
    role: str
    made_s: float


class PeopleStore:
    """One file, made at first use; apsw.Error when the disk refuses it."""

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        self._path = path
        self._wall = wall
        self._unsaved: dict[
            str, str
        ] = {}  # by hash: whose a session is that the disk did not take, "" for one that ended

    # -- passwords ----------------------------------------------------------------------------------------------------

    def set_password(self, person: str, password: str) -> None:
        """A new password; all sessions of the person end. Raises PasswordRefused."""
        made = hash_of(password)
        self._drop_unsaved(person)
        with self._open() as connection, connection:
            connection.execute("INSERT OR REPLACE INTO passwords VALUES (?, ?)", (person, made))
            connection.execute("DELETE FROM sessions WHERE person = ?", (person,))
            connection.execute("DELETE FROM invitations WHERE person = ?", (person,))

    def knows(self, person: str) -> bool:
        """True when the person has a password."""
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM passwords WHERE person = ?", (person,)).get is not None

    def anybody(self) -> bool:
        """True when anybody has a password."""
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM passwords LIMIT 1").get is not None

    def verify(self, person: str, password: str) -> bool:
        """Is it the person's password? Takes as long for a person that there is not."""
        with self._open() as connection:
            kept = connection.execute("SELECT hash FROM passwords WHERE person = ?", (person,)).get
        return matches(kept, password)

    def forget(self, person: str) -> None:
        """The person has no account any more."""
        self._drop_unsaved(person)
        with self._open() as connection, connection:
            for table in ("passwords", "sessions", "invitations"):
                connection.execute(f"DELETE FROM {table} WHERE person = ?", (person,))

    # -- sessions -----------------------------------------------------------------------------------------------------

    def begin(self, person: str) -> str:
        """A new session; returns its secret. One that the disk does not take lasts as long as this process."""
        secret = secrets.token_urlsafe(24)
        try:
            with self._open() as connection, connection:
                connection.execute("DELETE FROM sessions WHERE seen_s < ?", (self._wall() - SESSION_IDLE_S,))
                connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", (_hashed(secret), person, self._wall()))
        except apsw.Error:
            self._unsaved[_hashed(secret)] = person
        return secret

    def person_of(self, secret: str) -> str | None:
        """Whose session it is; None for one that has ended or never was."""
        now_s, key = self._wall(), _hashed(secret)
        if key in self._unsaved:
            return self._unsaved[key] or None
        with self._open() as connection:
            row = connection.execute("SELECT person, seen_s FROM sessions WHERE hash = ?", (key,)).fetchone()
            if row is None or row[1] < now_s - SESSION_IDLE_S:
                return None
            if abs(now_s - row[1]) > SEEN_EVERY_S:
                with contextlib.suppress(apsw.Error), connection:
                    connection.execute("UPDATE sessions SET seen_s = ? WHERE hash = ?", (now_s, key))
        return str(row[0])

    def end(self, secret: str) -> None:
        """The session is over."""
        self._unsaved.pop(_hashed(secret), None)
        try:
            with self._open() as connection, connection:
                connection.execute("DELETE FROM sessions WHERE hash = ?", (_hashed(secret),))
        except apsw.Error:
            self._unsaved[_hashed(secret)] = ""

    def end_all(self, person: str) -> None:
        """All sessions of the person are over."""
        self._drop_unsaved(person)
        with self._open() as connection, connection:
            connection.execute("DELETE FROM sessions WHERE person = ?", (person,))

    # -- invitations --------------------------------------------------------------------------------------------------

    def invite(self, person: str) -> str:
        """A secret with which the person sets a password, once and within seven days; older ones are void."""
        secret = secrets.token_urlsafe(18)
        with self._open() as connection, connection:
            connection.execute("DELETE FROM invitations WHERE person = ?", (person,))
            ends_s = self._wall() + INVITATION_S
            connection.execute("INSERT INTO invitations VALUES (?, ?, ?)", (_hashed(secret), person, ends_s))
        return secret

    def invited(self, secret: str) -> str | None:
        """Whom the invitation is for; None for one that is void."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT person FROM invitations WHERE hash = ? AND ends_s > ?", (_hashed(secret), self._wall())
            ).fetchone()
        return None if row is None else str(row[0])

    # -- tokens -------------------------------------------------------------------------------------------------------

    def make_token(self, name: str, role: str) -> str:
        """A machine's token in place of any of that name; shown once."""
        secret = secrets.token_urlsafe(24)
        with self._open() as connection, connection:
            row = (name, _hashed(secret), role, self._wall())
            connection.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", row)
        return secret

    def token(self, secret: str) -> Token | None:
        """Whose token it is."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT name, role, made_s FROM tokens WHERE hash = ?", (_hashed(secret),)
            ).fetchone()
        return None if row is None else Token(*row)

    def tokens(self) -> list[Token]:
        """All of them, by name."""
        with self._open() as connection:
            return [Token(*row) for row in connection.execute("SELECT name, role, made_s FROM tokens ORDER BY name")]

    def revoke(self, name: str) -> None:
        """The token is void."""
        with self._open() as connection, connection:
            connection.execute("DELETE FROM tokens WHERE name = ?", (name,))

    def _drop_unsaved(self, person: str) -> None:
        self._unsaved = {key: known for key, known in self._unsaved.items() if known != person}

    @contextlib.contextmanager
    def _open(self) -> Iterator[apsw.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            self._path.touch(mode=0o600)
        connection = apsw.Connection(str(self._path))
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.pragma("synchronous", "full")
            connection.execute(TABLES)
            yield connection
        finally:
            connection.close()


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
