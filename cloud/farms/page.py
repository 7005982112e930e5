"""A farm's own pages: what people say of it, its gateway, what officers may see, and all of its data."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import ValidationError
from starlette.background import BackgroundTask

from cloud.accounts import audit
from cloud.accounts import consent_repository as consent
from cloud.accounts.access import KINDS, InPerson
from cloud.accounts.own import Keeper, OwnedFarm, OwnFarm
from cloud.accounts.page import Name, Now, Short, show
from cloud.api import Reading
from cloud.areas import repository as areas
from cloud.commands.api import Writing
from cloud.farms import belongings, enrolment, repository
from cloud.farms.changes import ChangeRefused, FarmChange, PondChange, PondKind, change_farm, change_pond
from cloud.farms.export import export
from cloud.farms.models import Gateway
from cloud.incidents import repository as incidents
from cloud.incidents.photos import drop
from cloud.settings import CloudSettings
from gateway.text import Text
from gateway.web.shared import Words

router = APIRouter(prefix="/farms", include_in_schema=False)

Line = Annotated[str, Form(max_length=100)]
POND_KINDS: tuple[PondKind, ...] = ("", "intensive", "semi_intensive", "rice_shrimp", "improved_extensive")


@router.get("/new")
def new(request: Request, _: Keeper, words: Words) -> Response:
    """Make a claim code for the gateway of a new farm."""
    return _claim(request, words)


@router.post("/new")
def make_claim(
    request: Request, asking: Keeper, _: InPerson, writing: Writing, words: Words, now_s: Now, name: Name
) -> Response:
    """The code, shown this once; the farm becomes the farmer's who made it."""
    owner = asking.id if asking.role == "farmer" else None
    code = enrolment.make_claim(writing, asking.id, owner, name.strip(), None, now_s)
    audit.note(writing, asking.who, "claim_made", None, {"name": name.strip()}, now_s)
    return _claim(request, words, code)


@router.get("/{farm_id}/about")
def about(request: Request, farm: OwnFarm, reading: Reading, words: Words, now_s: Now) -> Response:
    """What people say of the farm and its ponds."""
    return _about(request, farm, reading, words, now_s)


@router.post("/{farm_id}/about")
def save(
    request: Request,
    farm: OwnFarm,
    asking: Keeper,
    writing: Writing,
    words: Words,
    now_s: Now,
    commune: Short = "",
    latitude: Short = "",
    longitude: Short = "",
    registration: Line = "",
    owner_name: Line = "",
    phone: Short = "",
) -> Response:
    """Keep what was said."""
    values = {"registration": registration, "owner_name": owner_name, "phone": phone}
    values |= _or_none(commune=commune, latitude=latitude, longitude=longitude)
    found, today = _again(writing, farm), datetime.fromtimestamp(now_s, UTC).date()
    pattern = request.app.state.settings.registration
    try:
        given = change_farm(writing, found, FarmChange.model_validate(values), pattern, today)
    except (ValidationError, ChangeRefused) as error:
        return _about(request, farm, writing, words, now_s, problem=_why(error), status=422)
    audit.note(writing, asking.who, "farm_changed", farm.id, given, now_s)
    return RedirectResponse(f"/farms/{farm.id}/about", status_code=303)


@router.post("/{farm_id}/ponds/{pond_key}")
def save_pond(
    request: Request,
    pond_key: str,
    farm: OwnFarm,
    asking: Keeper,
    writing: Writing,
    words: Words,
    now_s: Now,
    area_m2: Short = "",
    kind: Short = "",
    registration: Line = "",
) -> Response:
    """Keep what was said of a pond."""
    found = next((pond for pond in repository.ponds_of(writing, farm.id) if pond.key == pond_key), None)
    if found is None:
        raise HTTPException(404, f"there is no pond {pond_key}")
    values = {"kind": kind, "registration": registration, **_or_none(area_m2=area_m2)}
    try:
        given = change_pond(found, PondChange.model_validate(values), request.app.state.settings.registration)
    except (ValidationError, ChangeRefused) as error:
        return _about(request, farm, writing, words, now_s, problem=_why(error), status=422)
    audit.note(writing, asking.who, "pond_changed", farm.id, {"pond": pond_key, **given}, now_s)
    return RedirectResponse(f"/farms/{farm.id}/about", status_code=303)


@router.post("/{farm_id}/claim")
def claim(request: Request, farm: OwnFarm, asking: Keeper, writing: Writing, words: Words, now_s: Now) -> Response:
    """A code for another gateway in the place of this farm's."""
    name = farm.farm_name or farm.id
    code = enrolment.make_claim(writing, asking.id, None, name, farm.id, now_s)
    audit.note(writing, asking.who, "claim_made", farm.id, {}, now_s)
    return _claim(request, words, code, farm)


@router.post("/{farm_id}/revoke")
def revoke(request: Request, farm: OwnFarm, asking: Keeper, writing: Writing, now_s: Now) -> Response:
    """The farm's gateway sends no more."""
    enrolment.revoke(request.app.state.settings, _again(writing, farm), now_s)
    audit.note(writing, asking.who, "gateway_revoked", farm.id, {}, now_s)
    return RedirectResponse(f"/farms/{farm.id}/about", status_code=303)


@router.get("/{farm_id}/sharing")
def sharing(request: Request, farm: OwnedFarm, reading: Reading, words: Words) -> Response:
    """What officers see of the farm, and since when."""
    return _sharing(request, farm, reading, words)


@router.post("/{farm_id}/sharing")
def share(farm: OwnedFarm, asking: InPerson, writing: Writing, now_s: Now, kind: Short, granted: Short) -> Response:
    """Grant or withdraw one kind; officers see the change with their next request."""
    if kind not in KINDS:
        raise HTTPException(422, f"kind is one of {', '.join(KINDS)}")
    if granted == "yes":
        changed = consent.grant(writing, farm.id, kind, asking.id, now_s)
    else:
        changed = consent.withdraw(writing, farm.id, kind, now_s)
    if changed:
        what = "granted" if granted == "yes" else "withdrawn"
        audit.note(writing, asking.who, what, farm.id, {"kind": kind}, now_s)
    return RedirectResponse(f"/farms/{farm.id}/sharing", status_code=303)


@router.get("/{farm_id}/export")
def download(request: Request, farm: OwnedFarm, asking: InPerson, writing: Writing, now_s: Now) -> Response:
    """All that is kept of the farm."""
    audit.note(writing, asking.who, "exported", farm.id, {}, now_s)
    headers = {"Content-Disposition": f'attachment; filename="{farm.id}.zip"'}
    pieces = export(request.app.state.database, request.app.state.settings.photos, farm.id)
    return StreamingResponse(pieces, headers=headers, media_type="application/zip")


@router.post("/{farm_id}/delete")
def remove(
    request: Request, farm: OwnedFarm, asking: InPerson, writing: Writing, words: Words, now_s: Now, name: Line
) -> Response:
    """Delete the farm with all its data, once its name was typed; only the audit remembers that it was."""
    if name.strip() != (farm.farm_name or farm.id):
        return _sharing(request, farm, writing, words, problem=words("sharing.wrong_name"), status=422)
    settings: CloudSettings = request.app.state.settings
    enrolment.revoke(settings, _again(writing, farm), now_s)
    pictures = incidents.photos_of(writing, farm.id)
    writing.flush()
    writing.expunge_all()
    gone = belongings.delete_all(writing, farm.id)
    audit.note(writing, asking.who, "farm_deleted", farm.id, {"rows": gone}, now_s)
    return RedirectResponse("/", status_code=303, background=BackgroundTask(drop, settings.photos, pictures))


def _claim(request: Request, words: Text, code: str = "", farm: Gateway | None = None) -> Response:
    address = request.app.state.settings.public_url
    return show(request, "claim.html", words, title=words("claim.title"), code=code, address=address, farm=farm)


def _again(writing: Writing, farm: Gateway) -> Gateway:
    """The farm in the session that writes."""
    return writing.get_one(Gateway, farm.id)


def _or_none(**values: str) -> dict[str, Any]:
    return {name: value.strip().replace(",", ".") or None for name, value in values.items()}


def _why(error: ValidationError | ChangeRefused) -> str:
    if isinstance(error, ChangeRefused):
        return str(error)
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _about(
    request: Request,
    farm: Gateway,
    reading: Reading,
    words: Text,
    now_s: float,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    return show(
        request,
        "farm_about.html",
        words,
        title=farm.farm_name or farm.id,
        status=status,
        farm=farm,
        ponds=repository.ponds_of(reading, farm.id),
        communes=areas.communes(reading, datetime.fromtimestamp(now_s, UTC).date()),
        kinds=POND_KINDS,
        problem=problem,
    )


def _sharing(
    request: Request, farm: Gateway, reading: Reading, words: Text, *, problem: str = "", status: int = 200
) -> Response:
    return show(
        request,
        "sharing.html",
        words,
        title=words("sharing.title"),
        status=status,
        farm=farm,
        kinds=KINDS,
        granted=consent.granted(reading, farm.id),
        problem=problem,
    )
