"""`/api/v1`: the farm for programs, by OpenAPI. Reading needs a key or a session, acting the role of a worker."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from gateway.journal.history import Bucket
from gateway.journal.history import series as series_of
from gateway.neighbours.events import newest_events
from gateway.neighbours.models import (
    AlarmOut,
    BucketOut,
    DoneOut,
    EventOut,
    FarmOut,
    LatestOut,
    MachineOut,
    OverrideIn,
    PondOut,
    Problem,
    ValueOut,
)
from gateway.neighbours.view import alarms_of, farm_now, values_of
from gateway.orders import NoSuchMachine, acknowledge_order, override_order, release_order
from gateway.web.desk import AtDesk, Desk
from gateway.web.signed import Reader, Worker
from hardware.quantities import BY_SYMBOL

PREFIX = "/api/v1"
DAY_S = 86400.0
MOST_BUCKETS = 2000

Responses = dict[int | str, dict[str, Any]]


def _problems(**texts: str) -> Responses:
    return {int(code[1:]): {"model": Problem, "description": text} for code, text in texts.items()}


STRANGER = _problems(_401="There is no key, or a wrong one.", _403="The key's role may not do this.")
SILENT = _problems(_503="The control process does not speak.")
UNKNOWN = _problems(_404="There is no such pond, aerator or alarm.")
BODY = _problems(_400="The body cannot be read.", _413="The body is too large.")
LATEST_LINK = {"latest": {"operationId": "latest", "parameters": {"pond_id": "$response.body#/id"}}}

PondId = Annotated[str, Path(max_length=40)]
AeratorNumber = Annotated[int, Path(ge=1, le=8)]
When = Annotated[float, Query(ge=0, le=1e11, allow_inf_nan=False)]

router = APIRouter(prefix=PREFIX, responses=STRANGER, tags=["farm"])


@router.get("/openapi.json", include_in_schema=False)
async def openapi(_: Reader) -> JSONResponse:
    """The description of this interface."""
    return JSONResponse(described())


@router.get("/farm", operation_id="farm", responses=SILENT)
async def farm(desk: AtDesk, _: Reader) -> FarmOut:
    """The farm."""
    snapshot = _now(desk)
    return FarmOut(
        id=desk.farm.id,
        name=desk.farm.name,
        at=snapshot["at_wall_s"],
        clock_known=snapshot["wall_known"],
        ponds=[pond.id for pond in desk.farm.pond],
        siren=bool(snapshot.get("alarms", {}).get("siren")),
    )


@router.get("/ponds", operation_id="ponds")
async def ponds(desk: AtDesk, _: Reader) -> list[PondOut]:
    """All ponds."""
    return [_pond_out(desk, pond.id) for pond in desk.farm.pond]


@router.get("/ponds/{pond_id}", operation_id="pond", responses={**UNKNOWN, 200: {"links": LATEST_LINK}})
async def pond(pond_id: PondId, desk: AtDesk, _: Reader) -> PondOut:
    """One pond."""
    return _pond_out(desk, pond_id)


@router.get("/ponds/{pond_id}/latest", operation_id="latest", responses={**UNKNOWN, **SILENT})
async def latest(pond_id: PondId, desk: AtDesk, _: Reader) -> LatestOut:
    """What is known of a pond now; a value that is stale or bad is null."""
    found = _pond_now(desk, pond_id)
    values = values_of(found)
    return LatestOut(
        pond=pond_id,
        level=found["level"] if values[0].value is not None else "lost",
        age=found["age_s"],
        values=[
            ValueOut(quantity=one.quantity.symbol, unit=one.quantity.unit, value=one.value, quality=one.quality)  # type: ignore[arg-type]
            for one in values
        ],
    )


@router.get("/ponds/{pond_id}/series", operation_id="series", responses={**UNKNOWN, **SILENT})
async def series(
    pond_id: PondId,
    desk: AtDesk,
    _: Reader,
    quantity: Annotated[str, Query(max_length=60)] = "do_mg_l",
    since: When | None = None,
    until: When | None = None,
    buckets: Annotated[int, Query(ge=1, le=MOST_BUCKETS)] = 300,
) -> list[BucketOut]:
    """Good values of one quantity between two times, the last day where none are given; empty for a range of nothing."""
    node = _pond_now(desk, pond_id)["node"]
    since_s, until_s = between(desk, since, until)
    if node is None or until_s <= since_s or quantity not in BY_SYMBOL:
        return []
    empty: list[Bucket] = []
    found = await desk.read(lambda reader: series_of(reader, node, quantity, 0, since_s, until_s, buckets), empty)
    return [BucketOut(at=one.at_s, min=one.low, mean=one.mean, max=one.high, count=one.count) for one in found]


@router.get("/machines", operation_id="machines", responses=SILENT)
async def machines(desk: AtDesk, _: Reader) -> list[MachineOut]:
    """All aerators."""
    return [
        MachineOut(
            pond=pond["id"],
            aerator=row["number"],
            running=row["running"],
            wanted=row["wanted"],
            by_hand=bool(row["override"]),
            failed=bool(row["failed"]),
            current_a=row["current_a"],
            reason=row["reason"],
        )
        for pond in _now(desk)["ponds"]
        for row in pond["machines"]
    ]


@router.get("/alarms", operation_id="alarms", responses=SILENT)
async def alarms(desk: AtDesk, _: Reader) -> list[AlarmOut]:
    """The alarms that are shown."""
    return [
        AlarmOut(
            **{name: alarm[name] for name in ("id", "kind", "pond", "device", "priority", "state", "acknowledged_by")},
            raised_at=alarm["raised_wall_s"],
            age=alarm["age_s"],
        )
        for alarm in alarms_of(_now(desk))
    ]


@router.get("/events", operation_id="events")
async def events(
    desk: AtDesk,
    _: Worker,
    before: Annotated[int, Query(ge=0, le=2**62)] = 2**62,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[EventOut]:
    """The newest entries of the journal below a number, newest first; for a worker, for they tell who did what."""
    return await desk.read(lambda reader: [EventOut(**row) for row in newest_events(reader, before, limit)], [])


@router.post(
    "/ponds/{pond_id}/machines/{aerator}/override",
    operation_id="override",
    responses={
        **UNKNOWN, **SILENT, **BODY,
        200: {"links": {"machines": {"operationId": "machines"}}},
    },
)  # fmt: skip
async def override(pond_id: PondId, aerator: AeratorNumber, wish: OverrideIn, desk: AtDesk, person: Worker) -> DoneOut:
    """Set an aerator by hand."""
    return await _ask(desk, lambda: override_order(desk.farm, pond_id, aerator, wish.run, wish.minutes, person.id))


@router.post(
    "/ponds/{pond_id}/machines/{aerator}/release", operation_id="release", responses={**UNKNOWN, **SILENT, **BODY}
)
async def release(pond_id: PondId, aerator: AeratorNumber, desk: AtDesk, person: Worker) -> DoneOut:
    """Give an aerator back to automatic."""
    return await _ask(desk, lambda: release_order(desk.farm, pond_id, aerator, person.id))


@router.post("/alarms/{alarm_id}/acknowledge", operation_id="acknowledge", responses={**UNKNOWN, **SILENT, **BODY})
async def acknowledge(alarm_id: Annotated[int, Path(ge=0, le=2**53)], desk: AtDesk, person: Worker) -> DoneOut:
    """Say that somebody knows of an alarm."""
    if all(alarm["id"] != alarm_id for alarm in alarms_of(_now(desk))):
        raise HTTPException(404, f"there is no alarm {alarm_id}")
    return await _ask(desk, lambda: acknowledge_order(alarm_id, person.id, "api"))


def described() -> dict[str, Any]:
    """OpenAPI of `/api/v1`, with the key as its security scheme."""
    from gateway.neighbours.export import router as export

    made = get_openapi(title="Pondkeeper", version="1", routes=[*router.routes, *export.routes])
    made.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"key": []}]
    return made


def between(desk: Desk, since: float | None, until: float | None) -> tuple[float, float]:
    """The range that was asked for: it ends now and takes a day unless said otherwise."""
    until_s = desk.clock.wall() if until is None else until
    return (until_s - DAY_S if since is None else since), until_s


def _now(desk: Desk) -> dict[str, Any]:
    snapshot = farm_now(desk)
    if snapshot is None:
        raise HTTPException(503, "the control process does not speak", {"Retry-After": "1"})
    return snapshot


def _pond_out(desk: Desk, pond_id: str) -> PondOut:
    for one in desk.farm.pond:
        if one.id == pond_id:
            return PondOut(
                id=one.id,
                name=one.name,
                aerators=one.aerators,
                setpoint=one.setpoint,
                alarm_low=one.alarm_low,
                danger_low=one.danger_low,
            )
    raise HTTPException(404, f"there is no pond {pond_id}")


def _pond_now(desk: Desk, pond_id: str) -> dict[str, Any]:
    _pond_out(desk, pond_id)
    for found in _now(desk)["ponds"]:
        if found["id"] == pond_id:
            return dict(found)
    raise HTTPException(404, f"there is no pond {pond_id}")


async def _ask(desk: Desk, order: Any) -> DoneOut:
    try:
        answer = await desk.link.order(order())
    except NoSuchMachine as error:
        raise HTTPException(404, str(error)) from error
    except (ConnectionError, TimeoutError) as error:
        raise HTTPException(503, "the control process does not speak", {"Retry-After": "1"}) from error
    return DoneOut(refused=str(answer["refused"]))
