"""Who is asking, and which farms they may see now. Every query of another room puts `farms_seen` into itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Select, String, cast, or_, select, union

from cloud.accounts.models import FarmPerson, Grant, Scope
from cloud.areas.models import COMMUNES, ExtensionAreaUnit, Unit
from cloud.farms.models import Gateway

Role = Literal["farmer", "worker", "technician", "officer", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
Kind = Literal["water", "alarms", "crops", "incidents"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OPERATORS: tuple[Role, ...] = ("farmer", "technician")
OF_FARM: tuple[Role, ...] = (*OPERATORS, "worker")

REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in, or the token is void."},
    403: {"description": "The role may not do this."},
}


@dataclass(frozen=True)
class Asking:
    """A person, or a machine by its token: `id` is the person's, `sees` the role that decides what is seen.

    A token's `role` may be lower than its person's; `farm` is the only farm it sees, where it is bound to one.
    """

    id: int
    name: str
    role: Role
    phone: str
    language: str
    sees: Role | None = None
    farm: str | None = None
    token: int | None = None

    @property
    def who(self) -> str:
        """As the audit names them."""
        return f"person {self.id}" if self.token is None else f"token {self.token} of person {self.id}"


BEARER = HTTPBearer(auto_error=False, description="A machine's token; browsers have a session instead.")


def signed(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Asking:
    """Who is asking; 401 without session or token (pages are sent to /login before)."""
    asking: Asking | None = getattr(request.state, "asking", None)
    if asking is None:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"})
    return asking


Signed = Annotated[Asking, Depends(signed)]


def one_of(*roles: Role) -> Callable[[Asking], Asking]:
    """A dependency that lets these roles pass; 403 for any other."""

    def asked(asking: Signed) -> Asking:
        if asking.role not in roles:
            raise HTTPException(403, f"this needs the role {' or '.join(roles)}")
        return asking

    return asked


Officer = Annotated[Asking, Depends(one_of("officer", "administrator"))]


def _administrator(asking: Annotated[Asking, Depends(one_of("administrator"))]) -> Asking:
    if asking.farm is not None:
        raise HTTPException(403, f"this token is for the farm {asking.farm} only")
    return asking


Administrator = Annotated[Asking, Depends(_administrator)]


def _in_person(asking: Signed) -> Asking:
    if asking.token is not None:
        raise HTTPException(403, "this needs a person, not a token")
    return asking


InPerson = Annotated[Asking, Depends(_in_person)]
Farmer = Annotated[Asking, Depends(one_of("farmer"))]
Operator = Annotated[Asking, Depends(one_of(*OPERATORS))]
OfFarm = Annotated[Asking, Depends(one_of(*OF_FARM))]


def farms_seen(asking: Asking, kind: Kind | None, now_s: float) -> Select[str]:
    """Ids of the gateways whose data of this kind, or of any kind, they may see now, as a subquery."""
    role = asking.sees or asking.role
    seen = select(Gateway.id)
    if role == "officer":
        granted = select(Grant.gateway_id).where(*_lasts(now_s))
        granted = granted if kind is None else granted.where(Grant.kind == kind)
        seen = seen.where(Gateway.commune.in_(communes_seen(asking, now_s)), Gateway.id.in_(granted))
    elif role != "administrator":
        seen = farms_of(asking.id)
    return seen if asking.farm is None else seen.where(seen.selected_columns[0] == asking.farm)


def farms_of(person_id: int) -> Select[str]:
    """Ids of the gateways of a farmer's, worker's or technician's own farms."""
    return select(FarmPerson.gateway_id).where(FarmPerson.person_id == person_id)


def communes_seen(asking: Asking, now_s: float) -> Select[str]:
    """Codes of the communes in an officer's scope."""
    today = datetime.fromtimestamp(now_s, UTC).date()

    def scope(kind: str) -> Select[str]:
        return select(Scope.code).where(Scope.person_id == asking.id, Scope.kind == kind)

    areas = select(ExtensionAreaUnit.code).where(cast(ExtensionAreaUnit.area_id, String).in_(scope("area")))
    provinces = select(Unit.code).where(
        Unit.parent.in_(scope("province")), Unit.kind.in_(COMMUNES), Unit.valid_from <= today
    )
    return select(union(scope("commune"), areas, provinces).subquery().c.code)


def _lasts(now_s: float) -> tuple[Any, ...]:
    return Grant.granted_at <= now_s, or_(Grant.withdrawn_at.is_(None), Grant.withdrawn_at > now_s)


def _seen(kind: Kind | None) -> Callable[[Request, Asking], Select[str]]:
    def subquery(request: Request, asking: Signed) -> Select[str]:
        return farms_seen(asking, kind, request.app.state.wall())

    return subquery


AnySeen = Annotated[Select[str], Depends(_seen(None))]
WaterSeen = Annotated[Select[str], Depends(_seen("water"))]
AlarmsSeen = Annotated[Select[str], Depends(_seen("alarms"))]
CropsSeen = Annotated[Select[str], Depends(_seen("crops"))]
IncidentsSeen = Annotated[Select[str], Depends(_seen("incidents"))]
