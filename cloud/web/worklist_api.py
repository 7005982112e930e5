"""The worklist over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.accounts.access import REFUSED, AlarmsSeen, Officer, WaterSeen
from cloud.accounts.page import Now
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.web import worklist
from cloud.web.worklist import Item, Kind
from cloud.web.worklist_actions import see_to
from gateway.alarms.kinds import Priority

router = APIRouter(prefix="/api/worklist", tags=["alerts"], responses=REFUSED)

NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"description": "It is not, or no longer, on your worklist."}}


class SeenTo(BaseModel):
    """Who sees to it, since when; Unix seconds."""

    by: str
    at: float


class ItemOut(BaseModel):
    """What waits; Unix seconds. `pond` is the pond's key, "" for the whole farm, `pond_id` null without its water.

    `alarm` and `priority` are an alarm's. `do_mg_l` is the lowest oxygen of a night under 3 mg/L, and `since` when it was.
    """

    farm: str
    farm_name: str
    pond: str
    pond_name: str
    pond_id: int | None
    kind: Kind
    cause: str
    since: float | None
    alarm: str | None
    priority: Priority | None
    do_mg_l: float | None
    seen_to: SeenTo | None


class MarkIn(BaseModel):
    """What of the worklist is being seen to, or no longer."""

    model_config = ConfigDict(extra="forbid")

    farm: Annotated[str, Field(max_length=60)]
    pond: Annotated[str, Field(max_length=60)] = ""
    cause: Annotated[str, Field(max_length=200)]
    seen_to: bool


@router.get("")
def list_worklist(
    _: Officer,
    reading: Reading,
    water: WaterSeen,
    alarms: AlarmsSeen,
    now_s: Now,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> list[ItemOut]:
    """What waits in your scope, the most urgent first."""
    return [_out(item) for item in worklist.worklist(reading, water, alarms, now_s)[:limit]]


@router.put("/mark", status_code=204, responses=NOT_THERE)
def put_mark(wish: MarkIn, asking: Officer, writing: Writing, water: WaterSeen, alarms: AlarmsSeen, now_s: Now) -> None:
    """Say that you see to it, or take that back; it ends by itself when its cause does."""
    key = (wish.farm, wish.pond, wish.cause)
    see_to(writing, asking, water, alarms, key, seen_to=wish.seen_to, now_s=now_s)


def _out(item: Item) -> ItemOut:
    return ItemOut(
        farm=item.farm.id,
        farm_name=item.farm.farm_name or item.farm.id,
        pond=item.pond,
        pond_name=item.pond_name,
        pond_id=item.pond_id,
        kind=item.kind,
        cause=item.cause,
        since=item.since,
        alarm=item.detail.get("alarm"),
        priority=item.priority,
        do_mg_l=item.do_mg_l,
        seen_to=SeenTo(by=item.mark.person, at=item.mark.at) if item.mark else None,
    )
