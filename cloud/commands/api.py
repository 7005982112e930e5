"""Commands over REST: asked for by who belongs to the farm, their fate shown to them."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from cloud.accounts import audit
from cloud.accounts.access import REFUSED, Asking, OfFarm, Operator, WaterSeen
from cloud.accounts.page import Now
from cloud.api import NOT_FOUND, KnownPond, Reading
from cloud.commands import repository
from cloud.commands.models import Command
from cloud.database import Database
from cloud.farms.models import Pond
from cloud.ids import Id
from gateway.orders import LONGEST_MINUTES
from gateway.uplink.commands import Aerator, Key


def writing(request: Request) -> Iterator[Session]:
    """A session for one request that commits at its end."""
    database: Database = request.app.state.database
    with database.write() as session:
        yield session


Writing = Annotated[Session, Depends(writing, scope="function")]

router = APIRouter(prefix="/api", tags=["commands"], responses={**NOT_FOUND, **REFUSED})


def own_pond(pond: KnownPond, _: OfFarm) -> Pond:
    """The pond of the path, of a farm that the asking person belongs to; 403 for whom it is only shown."""
    return pond


OwnPond = Annotated[Pond, Depends(own_pond)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OverrideIn(_In):
    """Set an aerator (numbered as on its panel) by hand; on the farm, its guard has the last word."""

    do: Literal["override"]
    aerator: Aerator
    run: bool
    minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES, allow_inf_nan=False)] = 30.0


class ReleaseIn(_In):
    """Give an aerator back to automatic."""

    do: Literal["release"]
    aerator: Aerator


class AcknowledgeIn(_In):
    """Acknowledge one alarm of the farm, or all."""

    do: Literal["acknowledge"]
    alarm: Annotated[int, Field(ge=0, le=2**53)] | Literal["all"]


CommandIn = Annotated[OverrideIn | ReleaseIn | AcknowledgeIn, Field(discriminator="do")]


class CommandOut(BaseModel):
    """A command; `fate` is null on its way, then done, refused (with the reason) or expired. Unix seconds."""

    id: int
    farm: Key
    number: int
    do: str
    args: dict[str, Any]
    who: str
    issued_at: float
    expires: float
    sent_at: float | None
    fate: Literal["done", "refused", "expired"] | None
    reason: str


@router.post("/ponds/{pond_id}/commands", status_code=202)
def post_command(wish: CommandIn, pond: KnownPond, asking: Operator, writing: Writing, now_s: Now) -> CommandOut:
    """Ask the gateway of your farm for something; ask for the command's fate a moment later."""
    return command_out(order(writing, asking, pond, wish, now_s))


@router.get("/ponds/{pond_id}/commands")
def list_commands(pond: OwnPond, reading: Reading, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[CommandOut]:
    """The newest commands to the farm of this pond, newest first."""
    return [command_out(command) for command in repository.newest(reading, pond.gateway_id, limit)]


@router.get("/commands/{command_id}")
def get_command(command_id: Id, reading: Reading, _: OfFarm, seen: WaterSeen) -> CommandOut:
    """One command and its fate."""
    found = repository.one_seen(reading, seen, command_id)
    if found is None:
        raise HTTPException(404, f"there is no command {command_id}")
    return command_out(found)


def order(writing: Session, asking: Asking, pond: Pond, wish: CommandIn, now_s: float) -> Command:
    """Issue what somebody who may has asked for, and note it."""
    made = repository.issue(writing, pond.gateway_id, wish.do, args_of(wish, pond.key), asking.name, now_s)
    audit.note(writing, asking.who, "command", pond.gateway_id, {"command": made.id, "do": wish.do}, now_s)
    return made


def args_of(wish: OverrideIn | ReleaseIn | AcknowledgeIn, pond: str) -> dict[str, Any]:
    """The arguments as the gateway reads them."""
    args = wish.model_dump(exclude={"do"})
    return args if wish.do == "acknowledge" else {"pond": pond, **args}


def command_out(command: Command) -> CommandOut:
    """A command as the interface shows it."""
    return CommandOut.model_validate(
        {
            "id": command.id,
            "farm": command.gateway_id,
            "number": command.number,
            "do": command.do,
            "args": json.loads(command.args),
            "who": command.who,
            "issued_at": command.issued_at,
            "expires": command.expires,
            "sent_at": command.sent_at,
            "fate": command.fate,
            "reason": command.reason,
        }
    )
