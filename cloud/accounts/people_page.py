"""People and invitations: an administrator lets anybody in, a farmer the workers and technicians of the own farms."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from cloud.accounts import audit, repository
from cloud.accounts import door_repository as doors
from cloud.accounts.access import ROLES, Administrator, Asking, InPerson, Role
from cloud.accounts.models import Person
from cloud.accounts.own import Keeper
from cloud.accounts.page import Address, Name, Now, Short, picture_of, show
from cloud.api import Reading
from cloud.areas import repository as areas
from cloud.commands.api import Writing
from cloud.farms import repository as farms
from cloud.ids import Id
from gateway.text import LANGUAGES, Text
from gateway.web.shared import Words

router = APIRouter(prefix="/people", include_in_schema=False)

OF_FARMERS: tuple[Role, ...] = ("worker", "technician")
MOST_SHOWN = 200
Codes = Annotated[list[str], Form(max_length=500)]


def _managed(person_id: Id, asking: Keeper, _: InPerson, reading: Reading) -> Person:
    """Whom the asking person may invite again; a farmer only those who belong to no farm of anybody else."""
    found = repository.person(reading, person_id)
    if found is None or not (asking.role == "administrator" or _only_mine(reading, asking, found)):
        raise HTTPException(404, f"there is no person {person_id} of yours")
    return found


Managed = Annotated[Person, Depends(_managed)]


@router.get("")
def people(
    request: Request,
    asking: Keeper,
    reading: Reading,
    words: Words,
    search: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Those whom the asking person lets in."""
    return _page(request, asking, reading, words, search=search)


@router.post("")
def add(
    request: Request,
    asking: Keeper,
    _: InPerson,
    writing: Writing,
    words: Words,
    now_s: Now,
    name: Name,
    address: Address,
    role: Short,
    language: Short = "vi",
    farm: Short = "",
) -> Response:
    """A new person with an invitation, or a known worker or technician who comes to another farm."""
    chosen = _role(asking, role)
    if language not in LANGUAGES or (farm and farms.one(writing, farm) is None):
        raise HTTPException(422, "there is no such language or farm")
    if asking.role == "farmer" and not repository.belongs(writing, asking.id, farm):
        raise HTTPException(404, f"there is no farm {farm}")
    known = repository.find(writing, address)
    if known is not None and (known.role != chosen or chosen not in OF_FARMERS or not farm):
        return _page(request, asking, writing, words, problem=words("account.taken"), status=409)
    try:
        found = known or repository.add(writing, name, chosen, address, language, now_s)
    except ValueError:
        return _page(request, asking, writing, words, problem=words("account.no_address"), status=422)
    if farm:
        repository.join(writing, found.id, farm)
    audit.note(writing, asking.who, "person_added", farm or None, {"person": found.id, "role": chosen}, now_s)
    if known is not None:
        return RedirectResponse("/people", status_code=303)
    return _invitation(request, asking, writing, words, now_s, found)


@router.post("/{person_id}/invite")
def invite(request: Request, found: Managed, asking: Keeper, writing: Writing, words: Words, now_s: Now) -> Response:
    """A link, a picture of it and a short code with which the person sets a password."""
    if found.closed_at is not None:
        raise HTTPException(409, "this account is closed")
    return _invitation(request, asking, writing, words, now_s, found)


@router.get("/{person_id}")
def one(request: Request, person_id: Id, asking: Administrator, reading: Reading, words: Words, now_s: Now) -> Response:
    """One person: farms, and an officer's scope."""
    found, today = _person(reading, person_id), datetime.fromtimestamp(now_s, UTC).date()
    scope = repository.scope(reading, person_id)
    return show(
        request,
        "person.html",
        words,
        title=found.name,
        person=found,
        me=asking.id,
        farms=repository.farms_of(reading, person_id),
        scope={(part.kind, part.code) for part in scope},
        provinces=areas.provinces(reading, today),
        areas=areas.areas(reading),
        communes=areas.communes(reading, today),
    )


@router.post("/{person_id}/scope")
def set_scope(
    person_id: Id,
    asking: Administrator,
    writing: Writing,
    now_s: Now,
    province: Codes = [],  # noqa: B006
    area: Codes = [],  # noqa: B006
    commune: Codes = [],  # noqa: B006
) -> Response:
    """What an officer is there for: provinces, extension areas, communes."""
    found = _person(writing, person_id)
    if found.role != "officer":
        raise HTTPException(409, "only officers have a scope")
    parts = [(kind, code) for kind, codes in _kinds(province, area, commune) for code in codes]
    repository.set_scope(writing, person_id, parts)
    audit.note(writing, asking.who, "scope_set", None, {"person": person_id, "scope": parts}, now_s)
    return _back(person_id)


@router.post("/{person_id}/join")
def join(person_id: Id, asking: Administrator, writing: Writing, now_s: Now, farm: Short) -> Response:
    """The person belongs to a farm from now on."""
    found = _person(writing, person_id)
    if found.role not in ("farmer", *OF_FARMERS) or farms.one(writing, farm) is None:
        raise HTTPException(422, f"a {found.role} cannot belong to farm {farm}")
    repository.join(writing, person_id, farm)
    audit.note(writing, asking.who, "person_joined", farm, {"person": person_id}, now_s)
    return _back(person_id)


@router.post("/{person_id}/leave")
def leave(person_id: Id, asking: Keeper, _: InPerson, writing: Writing, now_s: Now, farm: Short) -> Response:
    """The person belongs to a farm no more."""
    found = repository.person(writing, person_id)
    mine = asking.role == "administrator" or repository.belongs(writing, asking.id, farm)
    if found is None or not mine or not repository.belongs(writing, person_id, farm):
        raise HTTPException(404, f"there is no person {person_id} of yours")
    if asking.role == "farmer" and found.role not in OF_FARMERS:
        raise HTTPException(403, "who owns the farm is the administrator's to change")
    repository.leave(writing, person_id, farm)
    audit.note(writing, asking.who, "person_left", farm, {"person": person_id}, now_s)
    return RedirectResponse("/people", status_code=303)


@router.post("/{person_id}/close")
def close(person_id: Id, asking: Administrator, _: InPerson, writing: Writing, now_s: Now) -> Response:
    """The account opens no door any more; what the person did stays in the audit."""
    found = _person(writing, person_id)
    if found.role == "administrator" and repository.last_administrator(writing, person_id):
        raise HTTPException(409, "the last administrator stays; invite another one first")
    doors.close(writing, found, now_s)
    audit.note(writing, asking.who, "account_closed", None, {"person": person_id}, now_s)
    return RedirectResponse("/people", status_code=303)


def _kinds(provinces: list[str], areas: list[str], communes: list[str]) -> list[tuple[str, list[str]]]:
    return [("province", provinces), ("area", areas), ("commune", communes)]


def _roles(asking: Asking) -> tuple[Role, ...]:
    return ROLES if asking.role == "administrator" else OF_FARMERS


def _role(asking: Asking, wanted: str) -> Role:
    for role in _roles(asking):
        if role == wanted:
            return role
    raise HTTPException(403, f"a {asking.role} lets in: {', '.join(_roles(asking))}")


def _person(reading: Reading, person_id: int) -> Person:
    found = repository.person(reading, person_id)
    if found is None:
        raise HTTPException(404, f"there is no person {person_id}")
    return found


def _only_mine(reading: Reading, asking: Asking, found: Person) -> bool:
    theirs = set(repository.farms_of(reading, found.id))
    return found.role in OF_FARMERS and bool(theirs) and theirs <= set(repository.farms_of(reading, asking.id))


def _back(person_id: int) -> Response:
    return RedirectResponse(f"/people/{person_id}", status_code=303)


def _invitation(
    request: Request, asking: Asking, writing: Writing, words: Text, now_s: float, found: Person
) -> Response:
    secret, code = doors.invite(writing, found.id, now_s)
    audit.note(writing, asking.who, "invited", None, {"person": found.id}, now_s)
    link = f"{str(request.base_url).rstrip('/')}/invitation/{secret}"
    return show(
        request,
        "invited.html",
        words,
        title=words("people.invitation", name=found.name),
        link=link,
        code=code,
        address=found.phone or found.email,
        picture=picture_of(link),
    )


def _page(
    request: Request,
    asking: Asking,
    reading: Reading,
    words: Text,
    *,
    search: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    mine = [] if asking.role == "administrator" else farms.of_person(reading, asking.id)
    return show(
        request,
        "cloud_people.html",
        words,
        title=words("tab.people"),
        status=status,
        people=repository.people(reading, search, MOST_SHOWN) if asking.role == "administrator" else [],
        farms=[(farm, repository.people_of(reading, farm.id)) for farm in mine],
        roles=_roles(asking),
        managed=OF_FARMERS,
        search=search,
        problem=problem,
    )
