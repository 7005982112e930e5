"""The door: sign in, sign out, and what an invitation opens."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from cloud.accounts import audit, repository
from cloud.accounts import door_repository as doors
from cloud.accounts.door import cookie_name, set_cookie
from cloud.accounts.models import Person
from cloud.accounts.page import Address, Now, Password, Short, address_of, show
from cloud.accounts.tries import Limits
from cloud.api import Reading
from cloud.commands.api import Writing
from gateway.people.passwords import PasswordRefused, hash_of
from gateway.text import Text
from gateway.web.shared import YEAR_S, Words

router = APIRouter(include_in_schema=False)


@router.get("/login")
def ask(request: Request, words: Words, target: Annotated[str, Query(alias="next")] = "/") -> Response:
    """Who are you?"""
    return _door(request, words, target, "")


@router.post("/login")
def enter(
    request: Request,
    reading: Reading,
    writing: Writing,
    words: Words,
    limits: Limits,
    now_s: Now,
    address: Address,
    password: Password,
    target: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Right number or address and password open a session; what is wrong is not told, and too many tries have to wait."""
    found, place = repository.find(reading, address), address_of(request)
    key = str(found.id) if found else "|".join(part for part in repository.address_of(address) if part)
    if wait_s := limits.try_s(key, place):
        return _door(request, words, target, words("door.wait", minutes=wait_s / 60 + 1), 429)
    if not doors.is_password(found, password) or found is None:
        audit.note(writing, "stranger", "login_failed", None, {"person": found and found.id, "from": place}, now_s)
        return _door(request, words, target, words("account.wrong"), 403)
    limits.succeeded(key, place)
    audit.note(writing, f"person {found.id}", "login", None, {"from": place}, now_s)
    return _signed_in(request, writing, found, inside(target), now_s)


@router.post("/logout")
def leave(request: Request, writing: Writing) -> Response:
    """The session is over."""
    if secret := request.cookies.get(cookie_name(request)):
        doors.end(writing, secret)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True)
    return response


@router.get("/invitation")
def ask_code(request: Request, words: Words) -> Response:
    """For whom has a short code instead of a link."""
    return show(request, "code.html", words, title=words("door.invitation"), problem="")


@router.post("/invitation")
def enter_code(
    request: Request, writing: Writing, words: Words, limits: Limits, now_s: Now, address: Address, code: Short
) -> Response:
    """The person's number or address and the code open what the link opens."""
    found, place, title = repository.find(writing, address), address_of(request), words("door.invitation")
    key = f"code {found.id if found else address.strip().lower()}"
    if wait_s := limits.try_s(key, place):
        problem = words("door.wait", minutes=wait_s / 60 + 1)
        return show(request, "code.html", words, title=title, problem=problem, status=429)
    secret = doors.link_by_code(writing, found, code, now_s)
    if secret is None:
        return show(request, "code.html", words, title=title, problem=words("account.wrong_code"), status=403)
    limits.succeeded(key, place)
    return RedirectResponse(f"/invitation/{quote(secret)}", status_code=303)


@router.get("/invitation/{secret}")
def invited(request: Request, secret: str, reading: Reading, words: Words, now_s: Now) -> Response:
    """Set a password for the person whom the link was made for."""
    return _invitation(request, words, doors.invited(reading, secret, now_s), secret, "")


@router.post("/invitation/{secret}")
def accept(request: Request, secret: str, writing: Writing, words: Words, now_s: Now, password: Password) -> Response:
    """The password is set, the link is void, and the person is in."""
    try:
        kept = hash_of(password)
    except PasswordRefused:
        return _invitation(request, words, doors.invited(writing, secret, now_s), secret, words("door.short"), 422)
    found = doors.invited(writing, secret, now_s)
    if found is None:
        return _invitation(request, words, None, secret, "")
    doors.set_password(writing, found, kept)
    audit.note(writing, f"person {found.id}", "password_set", None, {"from": address_of(request)}, now_s)
    return _signed_in(request, writing, found, "/", now_s)


def inside(target: str) -> str:
    """A path of ours, whatever somebody wrote into the link."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if plain and all(sign.isprintable() for sign in target) else "/"


def _signed_in(request: Request, writing: Writing, found: Person, target: str, now_s: float) -> Response:
    if old := request.cookies.get(cookie_name(request)):
        doors.end(writing, old)
    response = RedirectResponse(target, status_code=303)
    set_cookie(request, response, doors.begin(writing, found.id, now_s))
    response.set_cookie("language", found.language, max_age=YEAR_S, samesite="lax", httponly=True)
    return response


def _door(request: Request, words: Text, target: str, problem: str, status: int = 200) -> Response:
    title = words("door.title")
    return show(request, "login.html", words, title=title, target=inside(target), problem=problem, status=status)


def _invitation(
    request: Request, words: Text, found: Person | None, secret: str, problem: str, status: int = 200
) -> Response:
    return show(
        request,
        "invitation.html",
        words,
        title=words("door.invitation"),
        status=status if found else 404,
        invited=found,
        secret=secret,
        problem=problem,
    )
