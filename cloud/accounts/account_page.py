"""One's own account: name, language, password, the browsers that are signed in, and the keys of machines."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from cloud.accounts import audit, repository
from cloud.accounts import door_repository as doors
from cloud.accounts.access import Asking, InPerson, Role
from cloud.accounts.models import Person
from cloud.accounts.page import Name, Now, Password, Short, address_of, show
from cloud.accounts.tries import Limits
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.farms import repository as farms
from cloud.ids import Id
from gateway.people.passwords import PasswordRefused, hash_of
from gateway.text import LANGUAGES, Text
from gateway.web.shared import YEAR_S, Words

router = APIRouter(prefix="/account", include_in_schema=False)


@router.get("")
def account(request: Request, asking: InPerson, reading: Reading, words: Words) -> Response:
    """What is kept of me."""
    return _page(request, asking, reading, words)


@router.post("")
def save(asking: InPerson, writing: Writing, name: Name, now_s: Now, language: Short = "vi") -> Response:
    """Another name or language."""
    if language not in LANGUAGES:
        raise HTTPException(422, f"language is one of {', '.join(LANGUAGES)}")
    found = _me(writing, asking)
    found.name, found.language = name.strip(), language
    audit.note(writing, asking.who, "account_changed", None, {}, now_s)
    response = _back()
    response.set_cookie("language", language, max_age=YEAR_S, samesite="lax", httponly=True)
    return response


@router.post("/password")
def change_password(
    request: Request,
    asking: InPerson,
    reading: Reading,
    writing: Writing,
    words: Words,
    limits: Limits,
    now_s: Now,
    old: Password,
    new: Password,
) -> Response:
    """Another password, for whom knows the old one; every browser has to sign in again."""
    place, key = address_of(request), str(asking.id)
    if wait_s := limits.try_s(key, place):
        problem = words("door.wait", minutes=wait_s / 60 + 1)
        return _page(request, asking, reading, words, problem=problem, status=429)
    if not doors.is_password(_me(reading, asking), old):
        return _page(request, asking, reading, words, problem=words("account.wrong_old"), status=403)
    limits.succeeded(key, place)
    try:
        kept = hash_of(new)
    except PasswordRefused:
        return _page(request, asking, reading, words, problem=words("door.short"), status=422)
    doors.set_password(writing, _me(writing, asking), kept)
    audit.note(writing, asking.who, "password_set", None, {"from": place}, now_s)
    return RedirectResponse("/login", status_code=303)


@router.post("/sign-out")
def sign_out(asking: InPerson, writing: Writing, now_s: Now) -> Response:
    """Every browser has to sign in again."""
    doors.end_all(writing, asking.id)
    audit.note(writing, asking.who, "signed_out", None, {"person": asking.id}, now_s)
    return RedirectResponse("/login", status_code=303)


@router.post("/tokens")
def make_token(
    request: Request,
    asking: InPerson,
    writing: Writing,
    words: Words,
    now_s: Now,
    name: Name,
    role: Short,
    farm: Short = "",
) -> Response:
    """A machine's key, shown this once; a farmer's is for one farm of theirs."""
    chosen = _token_role(asking, role)
    if asking.role == "farmer" and not repository.belongs(writing, asking.id, farm):
        raise HTTPException(404, f"you have no farm {farm}; a farmer's token is for one of the farmer's farms")
    if farm and farms.one(writing, farm) is None:
        raise HTTPException(404, f"there is no farm {farm}")
    made, secret = doors.make_token(writing, asking.id, name, chosen, farm or None, now_s)
    audit.note(writing, asking.who, "token_made", farm or None, {"token": made.id, "role": chosen}, now_s)
    return _page(request, asking, writing, words, secret=secret)


@router.post("/tokens/{token_id}/revoke")
def revoke(asking: InPerson, writing: Writing, now_s: Now, token_id: Id) -> Response:
    """The key is void."""
    if not doors.revoke(writing, asking.id, token_id, now_s):
        raise HTTPException(404, f"there is no token {token_id}")
    audit.note(writing, asking.who, "token_revoked", None, {"token": token_id}, now_s)
    return _back()


def _token_role(asking: Asking, wanted: str) -> Role:
    for role in doors.TOKEN_ROLES[asking.role]:
        if role == wanted:
            return role
    raise HTTPException(403, f"your machines may be: {', '.join(doors.TOKEN_ROLES[asking.role]) or 'nothing'}")


def _me(writing: Writing, asking: Asking) -> Person:
    found = repository.person(writing, asking.id)
    if found is None:
        raise HTTPException(404, "this account is gone")
    return found


def _back() -> Response:
    return RedirectResponse("/account", status_code=303)


def _page(
    request: Request,
    asking: Asking,
    reading: Reading,
    words: Text,
    *,
    problem: str = "",
    secret: str = "",
    status: int = 200,
) -> Response:
    return show(
        request,
        "account.html",
        words,
        title=words("account.title"),
        status=status,
        me=_me(reading, asking),
        tokens=doors.tokens(reading, asking.id),
        token_roles=doors.TOKEN_ROLES[asking.role],
        farms=farms.of_person(reading, asking.id),
        problem=problem,
        secret=secret,
        trial=True,
    )
