"""People of the cloud's tests, and how they ask."""

from collections.abc import Iterable
from typing import Any, cast

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.accounts import consent_repository as consent
from cloud.accounts import door_repository as doors
from cloud.accounts import repository
from cloud.accounts.access import KINDS, Role
from cloud.accounts.door import COOKIE
from cloud.database import Database
from gateway.people.passwords import hash_of

BEGAN_S = 1_700_000_000.0


def add_person(
    database: Database,
    role: Role,
    address: str,
    *,
    name: str = "",
    password: str | None = None,
    farms: Iterable[str] = (),
    scope: Iterable[tuple[str, str]] = (),
) -> int:
    """A person's id; `scope` as (kind, code)."""
    with database.write() as session:
        made = repository.add(session, name or address, role, address, "vi", BEGAN_S)
        if password is not None:
            doors.set_password(session, made, hash_of(password))
        for farm in farms:
            repository.join(session, made.id, farm)
        repository.set_scope(session, made.id, scope)
        return made.id


def token(database: Database, person: int, role: Role, farm: str | None = None) -> dict[str, str]:
    """The headers of a machine with this person's eyes."""
    with database.write() as session:
        _, secret = doors.make_token(session, person, "test", role, farm, BEGAN_S)
    return {"Authorization": f"Bearer {secret}"}


def sign_in(client: TestClient, person: int) -> TestClient:
    """The client is this person's browser from now on."""
    app: Any = client.app
    database: Database = app.state.database
    with database.write() as session:
        secret = doors.begin(session, person, app.state.wall())
    client.cookies.set(COOKIE, secret)
    return client


def browser(app: FastAPI, person: int) -> TestClient:
    """Another browser, of this person."""
    return sign_in(TestClient(app, follow_redirects=False), person)


def administrator(client: TestClient) -> TestClient:
    """The client is an administrator's browser from now on."""
    database: Database = cast(Any, client.app).state.database
    return sign_in(client, add_person(database, "administrator", "admin@example.org", name="Hoa"))


def grant(database: Database, farm: str, person: int, kinds: Iterable[str] = KINDS) -> None:
    """A farmer lets officers see these kinds."""
    with database.write() as session:
        for kind in kinds:
            consent.grant(session, farm, cast(Any, kind), person, BEGAN_S)
