"""The people of the farm: who they are, how they are called, who may come in, and the keys of machines."""

from io import BytesIO
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from gateway.farm import FarmError
from gateway.people.names import free_key
from gateway.people.phones import international
from gateway.people.settings import ROLES
from gateway.settings_file import Document, Overtaken, add_table, remove_table, table_of
from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import RANKS, Owner

router = APIRouter()

Name = Annotated[str, Form(min_length=1, max_length=60)]
Short = Annotated[str, Form(max_length=60)]


@router.get("/people")
def people(request: Request, _: Owner, desk: AtDesk, words: Words) -> Response:
    """All of them."""
    return _page(request, desk, words)


@router.post("/people")
def save(
    request: Request,
    owner: Owner,
    desk: AtDesk,
    words: Words,
    mark: Short,
    name: Name,
    role: Short,
    phone: Short = "",
    key: Short = "",
    language: Short = "vi",
) -> Response:
    """A new person, or a known one changed."""
    values = {"name": name.strip(), "role": role, "language": language}
    if phone.strip():
        values["phone"] = international(phone)
    if key and any(person.id == key and person.role == "owner" for person in desk.farm.person) and role != "owner":
        _keep_an_owner(desk, key)

    new = free_key(name, [one.id for one in desk.farm.person])

    def change(document: Document) -> None:
        if not key:
            add_table(document, "person", {"id": new, **values})
            return
        table = table_of(document, "person", key)
        table.update(values)
        if "phone" not in values:
            table.pop("phone", None)

    if not key:
        desk.people.forget(new)
    return _changed(request, desk, words, change, owner.id, mark)


@router.post("/people/{key}/remove")
def remove(request: Request, owner: Owner, key: str, desk: AtDesk, words: Words, mark: Short) -> Response:
    """The person is gone, with account and sessions."""
    _keep_an_owner(desk, key)
    answer = _changed(request, desk, words, lambda document: remove_table(document, "person", key), owner.id, mark)
    if all(person.id != key for person in desk.farm.person):
        desk.people.forget(key)
    return answer


@router.post("/people/{key}/invite")
def invite(request: Request, owner: Owner, key: str, desk: AtDesk, words: Words) -> Response:
    """A link with which the person sets a password, as text and as a picture to be photographed."""
    person = next((person for person in desk.farm.person if person.id == key and person.role in RANKS), None)
    if person is None:
        raise HTTPException(404, f"{key} can have no account")
    link = f"{request.base_url}invitation/{desk.people.invite(key)}"
    picture = BytesIO()
    segno.make(link, error="m").save(picture, kind="svg", scale=5, border=3, dark="#000", light="#fff", xmldecl=False)
    desk.later(desk.note("invited", who=owner.id, person=key))
    title = words("people.invitation", name=person.name)
    return desk.show(request, "invite.html", words, title=title, link=link, picture=picture.getvalue().decode())


@router.post("/people/{key}/sign-out")
def sign_out(owner: Owner, key: str, desk: AtDesk) -> Response:
    """All phones of the person have to sign in again."""
    desk.people.end_all(key)
    desk.later(desk.note("signed_out", who=owner.id, person=key))
    return RedirectResponse("/people", status_code=303)


@router.post("/tokens")
def make_token(
    request: Request, owner: Owner, desk: AtDesk, words: Words, name: Name, role: Short = "worker"
) -> Response:
    """A machine's token, shown this once."""
    if role not in ("visitor", "worker"):
        raise HTTPException(422, "a machine reads (visitor) or acts (worker)")
    secret = desk.people.make_token(name, role)
    desk.later(desk.note("token_made", who=owner.id, name=name, role=role))
    return _page(request, desk, words, secret=secret)


@router.post("/tokens/revoke")
def revoke(owner: Owner, desk: AtDesk, name: Name) -> Response:
    """The token is void."""
    desk.people.revoke(name)
    desk.later(desk.note("token_revoked", who=owner.id, name=name))
    return RedirectResponse("/people", status_code=303)


def _keep_an_owner(desk: Desk, key: str) -> None:
    others = [person for person in desk.farm.person if person.role == "owner" and person.id != key]
    if not any(desk.people.knows(person.id) for person in others) and desk.people.knows(key):
        raise HTTPException(409, "the last owner stays; invite another one first")


def _changed(request: Request, desk: Desk, words: Text, change: Any, who: str, mark: str) -> Response:
    try:
        desk.change(change, who, mark, what="people")
    except FarmError as error:
        return _page(request, desk, words, problem=words("settings.refused", why=str(error)), status=422)
    except Overtaken:
        return _page(request, desk, words, problem=words("settings.overtaken"), status=409)
    except OSError as error:
        return _page(request, desk, words, problem=words("settings.refused", why=str(error)), status=503)
    except KeyError as error:
        raise HTTPException(404, f"there is no {error}") from error
    return RedirectResponse("/people", status_code=303)


def _page(
    request: Request, desk: Desk, words: Text, *, problem: str = "", secret: str = "", status: int = 200
) -> Response:
    rows = [
        {"person": person, "account": person.role in RANKS, "signed": desk.people.knows(person.id)}
        for person in desk.farm.person
    ]
    page = desk.show(
        request,
        "people.html",
        words,
        title=words("tab.people"),
        rows=rows,
        roles=ROLES,
        tokens=desk.people.tokens(),
        mark=desk.settings.mark(),
        problem=problem,
        secret=secret,
    )
    page.status_code = status
    return page
