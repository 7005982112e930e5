"""Farms and ponds as people describe them, and the enrolment of gateways, over REST."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.accounts import audit
from cloud.accounts.access import REFUSED, WaterSeen, farms_seen
from cloud.accounts.own import Keeper
from cloud.accounts.page import Now, address_of
from cloud.accounts.tries import Limits
from cloud.api import NOT_FOUND, Reading
from cloud.commands.api import Writing
from cloud.commands.signing import public_text, signing_key
from cloud.farms import repository
from cloud.farms.changes import ChangeRefused, FarmChange, PondChange, PondKind, change_farm, change_pond
from cloud.farms.enrolment import ClaimRefused, redeem
from cloud.farms.models import Gateway, Pond
from cloud.ids import Id
from cloud.settings import CloudSettings

router = APIRouter(prefix="/api", tags=["farms"])

ANSWERS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **REFUSED}
CHANGES = {**ANSWERS, 422: {"description": "A value that cannot be kept; the text says which and why."}}


class FarmAbout(BaseModel):
    """A farm as people describe it."""

    id: str
    name: str
    commune: str | None
    latitude: float | None
    longitude: float | None
    registration: str
    owner_name: str
    phone: str
    revoked: bool


class PondAbout(BaseModel):
    """A pond as people describe it."""

    id: int
    farm: str
    name: str
    area_m2: float | None
    kind: PondKind
    registration: str
    latitude: float | None
    longitude: float | None


class ClaimIn(BaseModel):
    """The code, the gateway's Ed25519 public key, and the signature of "pondkeeper-enrol-1\\n" and the code, in base64."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=40)]
    public_key: Annotated[str, Field(min_length=44, max_length=44)]
    signature: Annotated[str, Field(min_length=88, max_length=88)]


class EnrolledOut(BaseModel):
    """What the gateway's farm.toml needs: its id, the broker's address, password and authority (PEM, "" for any known
    one), and whose commands it takes.
    """

    gateway: str
    password: str
    mqtt_url: str
    command_key: str
    ca: str


@router.get("/farms/{farm_id}", responses=ANSWERS)
def get_farm(farm_id: str, reading: Reading, seen: WaterSeen) -> FarmAbout:
    """One farm."""
    found = repository.one_seen(reading, seen, farm_id)
    if found is None:
        raise HTTPException(404, f"there is no farm {farm_id}")
    return _farm_about(found)


@router.patch("/farms/{farm_id}", responses=CHANGES)
def patch_farm(
    request: Request, farm_id: str, change: FarmChange, asking: Keeper, writing: Writing, now_s: Now
) -> FarmAbout:
    """Say where a farm of yours lies and whose it is."""
    found = repository.one_seen(writing, farms_seen(asking, None, now_s), farm_id)
    if found is None:
        raise HTTPException(404, f"there is no farm {farm_id}")
    today = datetime.fromtimestamp(now_s, UTC).date()
    try:
        given = change_farm(writing, found, change, _settings(request).registration, today)
    except ChangeRefused as error:
        raise HTTPException(422, str(error)) from error
    audit.note(writing, asking.who, "farm_changed", farm_id, given, now_s)
    return _farm_about(found)


@router.patch("/ponds/{pond_id}", responses=CHANGES)
def patch_pond(
    request: Request, pond_id: Id, change: PondChange, asking: Keeper, writing: Writing, now_s: Now
) -> PondAbout:
    """Say what kind of pond it is, how large and where."""
    seen = farms_seen(asking, None, now_s)
    found = repository.pond_seen(writing, seen, pond_id)
    if found is None:
        raise HTTPException(404, f"there is no pond {pond_id}")
    try:
        given = change_pond(found, change, _settings(request).registration)
    except ChangeRefused as error:
        raise HTTPException(422, str(error)) from error
    audit.note(writing, asking.who, "pond_changed", found.gateway_id, {"pond": found.key, **given}, now_s)
    return _pond_about(found)


@router.post(
    "/enrol",
    responses={
        403: {"description": "The code is void, or not signed with this key."},
        429: {"description": "Too many tries from this address."},
        503: {
            "description": "The cloud's broker is told of gateways by its operator, or its authority cannot be read."
        },
    },
    response_model=EnrolledOut,
)
def enrol(request: Request, claim: ClaimIn, writing: Writing, limits: Limits, now_s: Now) -> EnrolledOut | Response:
    """A gateway redeems its claim code, once; with the same key again, for an answer may be lost on its way."""
    place, settings = address_of(request), _settings(request)
    broker = _broker(settings)
    if wait_s := limits.try_s(f"enrol {place}", place):
        raise HTTPException(429, "too many tries", {"Retry-After": str(int(wait_s) + 1)})
    try:
        with writing.begin_nested():
            enrolled = redeem(writing, settings, claim.code, claim.public_key, claim.signature, now_s)
    except ClaimRefused as error:
        return JSONResponse({"detail": str(error)}, 403)  # an exception would take the try back that was counted
    limits.succeeded(f"enrol {place}", place)
    audit.note(writing, f"gateway {enrolled.gateway_id}", "enrolled", enrolled.gateway_id, {"from": place}, now_s)
    return EnrolledOut(
        gateway=enrolled.gateway_id,
        password=enrolled.password,
        command_key=public_text(signing_key(settings.signing_key_file)),
        **broker,
    )


def _broker(settings: CloudSettings) -> dict[str, str]:
    """Where gateways find the broker, asked before a code is spent; 503 where a gateway could not come in."""
    if not settings.mqtt_url.startswith("mqtt"):
        raise HTTPException(503, "RabbitMQ is told of a gateway by its operator: docs/operating.md, Gateways")
    try:
        return {"mqtt_url": settings.gateways_url, "ca": settings.gateways_ca()}
    except OSError as error:
        raise HTTPException(503, f"PONDKEEPER_PUBLIC_CA_FILE cannot be read: {error.strerror}") from error


def _settings(request: Request) -> CloudSettings:
    settings: CloudSettings = request.app.state.settings
    return settings


def _farm_about(farm: Gateway) -> FarmAbout:
    return FarmAbout(
        id=farm.id,
        name=farm.farm_name or farm.id,
        commune=farm.commune,
        latitude=farm.latitude,
        longitude=farm.longitude,
        registration=farm.registration,
        owner_name=farm.owner_name,
        phone=farm.phone,
        revoked=farm.revoked_at is not None,
    )


def _pond_about(pond: Pond) -> PondAbout:
    return PondAbout.model_validate(
        {"farm": pond.gateway_id, **{name: getattr(pond, name) for name in PondAbout.model_fields if name != "farm"}}
    )
