"""All queries about people, their farms and their scopes."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session as Queries

from cloud.accounts.access import Role
from cloud.accounts.models import FarmPerson, Person, Scope
from gateway.people.phones import international

LIKE_EMAIL = "@"


class Taken(ValueError):
    """Somebody has this phone number or e-mail address already."""


def address_of(typed: str) -> tuple[str | None, str | None]:
    """Phone number and e-mail address of what somebody typed; one of them, or none where it is neither."""
    plain = typed.strip().lower()
    if LIKE_EMAIL in plain:
        return None, plain
    return international(plain) or None, None


def add(session: Queries, name: str, role: Role, address: str, language: str, now_s: float) -> Person:
    """A person without a password; raises Taken, and ValueError for an address that is none."""
    phone, email = address_of(address)
    if phone is None and email is None:
        raise ValueError("neither a phone number nor an e-mail address")
    if find(session, address) is not None:
        raise Taken(address)
    made = Person(
        name=name.strip(),
        role=role,
        phone=phone,
        email=email,
        language=language,
        password=None,
        created_at=now_s,
        closed_at=None,
    )
    session.add(made)
    session.flush()
    return made


def find(session: Queries, address: str) -> Person | None:
    """Who has this phone number or e-mail address, in whatever way it is written."""
    phone, email = address_of(address)
    if phone is None and email is None:
        return None
    return session.scalars(select(Person).where(Person.phone == phone if phone else Person.email == email)).first()


def person(session: Queries, person_id: int) -> Person | None:
    """One person."""
    return session.get(Person, person_id)


def people(session: Queries, wanted: str, limit: int) -> Sequence[Person]:
    """All whose name, number or address has these letters in it, by name."""
    asked = select(Person).order_by(Person.name, Person.id).limit(limit)
    if wanted:
        like = f"%{wanted.lower()}%"
        asked = asked.where(
            func.lower(Person.name).like(like) | Person.phone.like(like) | func.lower(Person.email).like(like)
        )
    return session.scalars(asked).all()


def people_of(session: Queries, gateway_id: str) -> Sequence[Person]:
    """Who belongs to a farm, by name."""
    return session.scalars(
        select(Person)
        .join(FarmPerson, FarmPerson.person_id == Person.id)
        .where(FarmPerson.gateway_id == gateway_id)
        .order_by(Person.name)
    ).all()


def belongs(session: Queries, person_id: int, gateway_id: str) -> bool:
    """True when the person belongs to the farm."""
    return session.get(FarmPerson, (gateway_id, person_id)) is not None


def join(session: Queries, person_id: int, gateway_id: str) -> None:
    """The person belongs to the farm from now on; a second time changes nothing."""
    if not belongs(session, person_id, gateway_id):
        session.add(FarmPerson(gateway_id=gateway_id, person_id=person_id))


def leave(session: Queries, person_id: int, gateway_id: str) -> None:
    """The person belongs to the farm no more."""
    session.execute(delete(FarmPerson).where(FarmPerson.gateway_id == gateway_id, FarmPerson.person_id == person_id))


def farms_of(session: Queries, person_id: int) -> Sequence[str]:
    """The farms the person belongs to."""
    return session.scalars(select(FarmPerson.gateway_id).where(FarmPerson.person_id == person_id)).all()


def scope(session: Queries, person_id: int) -> Sequence[Scope]:
    """An officer's scope, part by part."""
    return session.scalars(select(Scope).where(Scope.person_id == person_id).order_by(Scope.kind, Scope.code)).all()


def set_scope(session: Queries, person_id: int, parts: Iterable[tuple[str, str]]) -> None:
    """The scope is these parts, as (kind, code), from now on."""
    session.execute(delete(Scope).where(Scope.person_id == person_id))
    session.add_all(Scope(person_id=person_id, kind=kind, code=code) for kind, code in dict.fromkeys(parts))


def anybody(session: Queries, role: Role) -> bool:
    """True when there is an open account of this role with a password."""
    found: Select[int] = select(Person.id).where(
        Person.role == role, Person.password.is_not(None), Person.closed_at.is_(None)
    )
    return session.scalars(found.limit(1)).first() is not None


def last_administrator(session: Queries, person_id: int) -> bool:
    """True when nobody else could let people in."""
    others = select(Person.id).where(
        Person.role == "administrator",
        Person.password.is_not(None),
        Person.closed_at.is_(None),
        Person.id != person_id,
    )
    return session.scalars(others.limit(1)).first() is None
