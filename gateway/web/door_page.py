"""The door: sign in, sign out, the first account, and what an invitation opens."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.farm import FarmError
from gateway.people.code import current_code, spend_code
from gateway.people.names import free_key
from gateway.people.passwords import LEAST_PASSWORD, MOST_PASSWORD, PasswordRefused
from gateway.people.phones import international
from gateway.people.settings import PersonSettings
from gateway.settings_file import Document, add_table
from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import cookie_name, sign_in

router = APIRouter()

Password = Annotated[str, Form(max_length=MOST_PASSWORD)]
NO_ADDRESS = "unknown"


def found(desk: Desk, typed: str) -> PersonSettings | None:
    """The person of this id, name or phone number."""
    wanted, phone = typed.strip().lower(), international(typed)
    for person in desk.farm.person:
        if wanted in (person.id, person.name.lower()) or (phone and phone == person.phone):
            return person
    return None


@router.get("/login")
async def ask(
    request: Request, desk: AtDesk, words: Words, target: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """Who are you?"""
    return _door(request, desk, words, target, "")


@router.post("/login")
def enter(
    request: Request,
    desk: AtDesk,
    words: Words,
    name: Annotated[str, Form(max_length=100)],
    password: Password,
    target: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Right name and password open a session; what is wrong is not told, and too many tries have to wait."""
    person = found(desk, name)
    key, address = person.id if person else name.lower(), request.client.host if request.client else NO_ADDRESS
    if wait_s := desk.doors.try_s(key, address):
        return _door(request, desk, words, target, words("door.wait", minutes=wait_s / 60 + 1), 429)
    if not desk.people.verify(key, password) or person is None:
        desk.later(desk.note("login_failed", who=key, address=address))
        return _door(request, desk, words, target, words("door.wrong"), 403)
    desk.doors.succeeded(key, address)
    desk.later(desk.note("login", who=key, address=address))
    response = RedirectResponse(inside(target), status_code=303)
    sign_in(request, response, desk, person.id)
    return response


@router.post("/logout")
def leave(request: Request, desk: AtDesk) -> Response:
    """The session is over."""
    if secret := request.cookies.get(cookie_name(request)):
        desk.people.end(secret)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(cookie_name(request), path="/")
    return response


@router.get("/setup")
def first(request: Request, desk: AtDesk, words: Words) -> Response:
    """The first account, for whoever can read the code at the gateway."""
    if desk.people.anybody():
        return RedirectResponse("/login", status_code=303)
    current_code(desk.farm.data)
    return _setup(request, desk, words, "")


@router.post("/setup")
def make_first(
    request: Request,
    desk: AtDesk,
    words: Words,
    code: Annotated[str, Form(max_length=40)],
    name: Annotated[str, Form(min_length=1, max_length=60)],
    password: Password,
) -> Response:
    """The owner's account: of the owner that farm.toml names, or of a new one."""
    address = request.client.host if request.client else NO_ADDRESS
    if desk.people.anybody():
        raise HTTPException(403, "there is an account already")
    if len(password) < LEAST_PASSWORD:
        return _setup(request, desk, words, words("door.short"), 422)
    if wait_s := desk.doors.try_s("setup", address):
        return _setup(request, desk, words, words("door.wait", minutes=wait_s / 60 + 1), 429)
    if not spend_code(desk.farm.data, code):
        return _setup(request, desk, words, words("door.wrong_code"), 403)
    owner = found(desk, name)
    if owner is None or owner.role != "owner":
        owner = next((person for person in desk.farm.person if person.role == "owner"), None)
    key = owner.id if owner else _add_owner(desk, name)
    desk.people.set_password(key, password)
    desk.later(desk.note("account_made", who=key, address=address))
    response = RedirectResponse("/", status_code=303)
    sign_in(request, response, desk, key)
    return response


@router.get("/invitation/{secret}")
def invited(request: Request, secret: str, desk: AtDesk, words: Words) -> Response:
    """Set a password for the person whom the link was made for."""
    return _invitation(request, desk, words, secret, "")


@router.post("/invitation/{secret}")
def accept(request: Request, secret: str, desk: AtDesk, words: Words, password: Password) -> Response:
    """The password is set, the link is void."""
    key = desk.people.invited(secret)
    if key is None:
        return _invitation(request, desk, words, secret, "")
    try:
        desk.people.set_password(key, password)
    except PasswordRefused:
        return _invitation(request, desk, words, secret, words("door.short"))
    desk.later(desk.note("account_made", who=key))
    response = RedirectResponse("/", status_code=303)
    sign_in(request, response, desk, key)
    return response


def inside(target: str) -> str:
    """A path of ours, whatever somebody wrote into the link."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if plain and all(sign.isprintable() for sign in target) else "/"


def _add_owner(desk: Desk, name: str) -> str:
    key = free_key(name, [person.id for person in desk.farm.person])

    def add(document: Document) -> None:
        add_table(document, "person", {"id": key, "name": name.strip(), "role": "owner"})

    try:
        desk.change(add, key, desk.settings.mark())
    except (FarmError, OSError) as error:
        raise HTTPException(500, f"farm.toml cannot be changed: {error}") from error
    return key


def _door(request: Request, desk: Desk, words: Text, target: str, problem: str, status: int = 200) -> HTMLResponse:
    page = desk.show(request, "login.html", words, title=words("door.title"), target=inside(target), problem=problem)
    page.status_code = status
    return page


def _setup(request: Request, desk: Desk, words: Text, problem: str, status: int = 200) -> HTMLResponse:
    owner = next((person.name for person in desk.farm.person if person.role == "owner"), "")
    page = desk.show(request, "setup.html", words, title=words("door.first"), owner=owner, problem=problem)
    page.status_code = status
    return page


def _invitation(request: Request, desk: Desk, words: Text, secret: str, problem: str) -> HTMLResponse:
    key = desk.people.invited(secret)
    person = next((person for person in desk.farm.person if person.id == key), None)
    title = words("door.invitation")
    page = desk.show(request, "invitation.html", words, title=title, invited=person, secret=secret, problem=problem)
    page.status_code = 200 if person else 404
    return page
