"""All queries about what opens doors: passwords, sessions, invitations, tokens."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Queries

from cloud.accounts.access import Asking, Role
from cloud.accounts.models import Invitation, Person, Session, Token
from cloud.accounts.secret import hashed, new_secret, short_code, typed
from gateway.people.passwords import matches

SESSION_IDLE_S = 90 * 86400.0
SEEN_EVERY_S = 3600.0
INVITATION_S = 7 * 86400.0
TOKEN_ROLES: dict[str, tuple[Role, ...]] = {
    "farmer": ("worker", "technician"),
    "technician": (),
    "worker": (),
    "officer": ("officer",),
    "administrator": ("administrator",),
}


def is_password(found: Person | None, password: str) -> bool:
    """Is it the person's password, and the account open? Takes as long for a person that there is not."""
    usable = found is not None and found.closed_at is None
    return matches(found.password if found and usable else None, password)


def set_password(session: Queries, found: Person, kept: str) -> None:
    """What is kept of a new password (`hash_of`); sessions and invitations of the person end."""
    found.password = kept
    end_all(session, found.id)
    session.execute(delete(Invitation).where(Invitation.person_id == found.id))


def close(session: Queries, found: Person, now_s: float) -> None:
    """The account opens no door any more: no password, no session, no invitation, no token."""
    found.closed_at = now_s
    found.password = None
    end_all(session, found.id)
    session.execute(delete(Invitation).where(Invitation.person_id == found.id))
    revoke_all(session, found.id, now_s)


def begin(session: Queries, person_id: int, now_s: float) -> str:
    """A new session; returns its secret. Those that nobody has used for long go."""
    secret = new_secret()
    session.execute(delete(Session).where(Session.seen_at < now_s - SESSION_IDLE_S))
    session.add(Session(hash=hashed(secret), person_id=person_id, began_at=now_s, seen_at=now_s))
    return secret


def asking_by_session(session: Queries, secret: str, now_s: float) -> tuple[Asking, bool] | None:
    """Whose session it is, and whether `seen` is due; None for one that has ended or never was."""
    row = session.execute(
        select(Person, Session.seen_at)
        .join(Session, Session.person_id == Person.id)
        .where(Session.hash == hashed(secret), Session.seen_at >= now_s - SESSION_IDLE_S, Person.closed_at.is_(None))
    ).first()
    return None if row is None else (asking_of(row[0]), abs(now_s - row[1]) > SEEN_EVERY_S)


def asking_of(found: Person) -> Asking:
    """A person who asks."""
    return Asking(found.id, found.name, cast(Role, found.role), found.phone or "", found.language)


def seen(session: Queries, secret: str, now_s: float) -> None:
    """The session is in use."""
    session.execute(update(Session).where(Session.hash == hashed(secret)).values(seen_at=now_s))


def end(session: Queries, secret: str) -> None:
    """The session is over."""
    session.execute(delete(Session).where(Session.hash == hashed(secret)))


def end_all(session: Queries, person_id: int) -> None:
    """All sessions of the person are over."""
    session.execute(delete(Session).where(Session.person_id == person_id))


def invite(session: Queries, person_id: int, now_s: float) -> tuple[str, str]:
    """A link's secret and a short code, either good once and within seven days; older ones are void."""
    secret, code = new_secret(), short_code()
    session.execute(delete(Invitation).where(Invitation.person_id == person_id))
    ends_at = now_s + INVITATION_S
    for key in (secret, _with_code(person_id, code)):
        session.add(Invitation(hash=hashed(key), person_id=person_id, ends_at=ends_at))
    return secret, code


def invited(session: Queries, secret: str, now_s: float) -> Person | None:
    """Whom the link is for; None for one that is void."""
    return session.scalars(
        select(Person)
        .join(Invitation, Invitation.person_id == Person.id)
        .where(Invitation.hash == hashed(secret), Invitation.ends_at > now_s, Person.closed_at.is_(None))
    ).first()


def link_by_code(session: Queries, found: Person | None, code: str, now_s: float) -> str | None:
    """A link's secret for the person whom the short code is for, in its place; None for a code that is void."""
    key = _with_code(found.id if found else 0, typed(code))
    if found is None or invited(session, key, now_s) is None:
        return None
    secret = new_secret()
    session.execute(update(Invitation).where(Invitation.hash == hashed(key)).values(hash=hashed(secret)))
    return secret


def _with_code(person_id: int, code: str) -> str:
    return f"{person_id}:{code}"


def make_token(
    session: Queries, person_id: int, name: str, role: Role, gateway_id: str | None, now_s: float
) -> tuple[Token, str]:
    """A machine's token and its secret, which is shown this once."""
    secret = new_secret()
    made = Token(
        hash=hashed(secret),
        name=name.strip(),
        person_id=person_id,
        role=role,
        gateway_id=gateway_id,
        made_at=now_s,
        revoked_at=None,
    )
    session.add(made)
    session.flush()
    return made, secret


def asking_by_token(session: Queries, secret: str) -> Asking | None:
    """Whose token it is; None for one that is void."""
    row = session.execute(
        select(Token, Person)
        .join(Person, Person.id == Token.person_id)
        .where(Token.hash == hashed(secret), Token.revoked_at.is_(None), Person.closed_at.is_(None))
    ).first()
    if row is None:
        return None
    token, owner = row
    return replace(
        asking_of(owner),
        name=token.name,
        role=cast(Role, token.role),
        sees=cast(Role, owner.role),
        farm=token.gateway_id,
        token=token.id,
    )


def tokens(session: Queries, person_id: int) -> Sequence[Token]:
    """A person's tokens that are good, by name."""
    return session.scalars(
        select(Token).where(Token.person_id == person_id, Token.revoked_at.is_(None)).order_by(Token.name, Token.id)
    ).all()


def revoke(session: Queries, person_id: int, token_id: int, now_s: float) -> bool:
    """The person's token is void; False when they have no such token."""
    found = session.get(Token, token_id)
    if found is None or found.person_id != person_id:
        return False
    found.revoked_at = found.revoked_at or now_s
    return True


def revoke_all(session: Queries, person_id: int, now_s: float) -> None:
    """All tokens of the person are void."""
    session.execute(
        update(Token).where(Token.person_id == person_id, Token.revoked_at.is_(None)).values(revoked_at=now_s)
    )
