"""What a gateway may say, checked strictly: a boolean is no number, an unknown field is no field."""

from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.uplink.messages import SCHEMA

LARGEST_BYTES = 512_000
MOST_ROWS = 1000
MOST_QUANTITIES = 16

Short = Annotated[str, Field(min_length=1, max_length=60)]
Count32 = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
Byte = Annotated[int, Field(ge=0, le=255)]
Time = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
Schema = Annotated[int, Field(alias="schema", ge=SCHEMA, le=SCHEMA)]


Model = TypeVar("Model", bound=BaseModel)


class MessageError(Exception):
    """A message that cannot be taken; the text says why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Value = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Flaw = tuple[
    Annotated[int, Field(ge=0, lt=MOST_ROWS)],
    Annotated[int, Field(ge=0, lt=MOST_QUANTITIES)],
    Annotated[int, Field(ge=0, le=2)],
    Byte,
]


class Block(_Part):
    """Samples of one node and boot, column by column. A flaw: sample, quantity, quality, reason; the others are good."""

    node: Short
    boot: Count32
    quantities: Annotated[list[Short], Field(max_length=MOST_QUANTITIES)]
    sequence: Annotated[list[Count32], Field(min_length=1, max_length=MOST_ROWS)]
    taken_at: list[Time]
    wall_known: list[bool]
    late: list[bool]
    values: list[list[Value | None]]
    flaws: list[Flaw]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Every column has as many entries as there are samples."""
        count = len(self.sequence)
        if {len(self.taken_at), len(self.wall_known), len(self.late), *map(len, self.values)} != {count}:
            raise ValueError(f"columns of different lengths, {count} samples")
        if len(self.values) != len(self.quantities):
            raise ValueError(f"{len(self.values)} columns of values for {len(self.quantities)} quantities")
        if any(row >= count or column >= len(self.quantities) for row, column, *_ in self.flaws):
            raise ValueError("a flaw of a reading that is not there")
        return self


class EventRow(_Part):
    """One event."""

    number: Annotated[int, Field(ge=0, le=2**53)]
    kind: Short
    pond: Short | None
    detail: dict[str, Any]
    at: Time
    wall_known: bool


class RowsMessage(_Part):
    """A batch of rows."""

    schema_: Schema
    batch: Short
    blocks: Annotated[list[Block], Field(max_length=MOST_ROWS)]
    events: Annotated[list[EventRow], Field(max_length=MOST_ROWS)]


class PondRow(_Part):
    """One pond of a description, node and panel by hardware id.

    A gateway that does not say how its aerators are numbered counts them from 1.
    """

    id: Short
    name: Short
    node: Short | None
    panel: Short | None = None
    aerators: Annotated[int, Field(ge=0, le=64)]
    aerator_numbers: Annotated[list[Annotated[int, Field(ge=1, le=64)]] | None, Field(max_length=64)] = None
    alarm_low: Annotated[float, Field(ge=0, le=20)]
    danger_low: Annotated[float, Field(ge=0, le=20)]


class FarmMessage(_Part):
    """A farm's description."""

    schema_: Schema
    name: Short
    ponds: Annotated[list[PondRow], Field(max_length=500)]


def parse_rows(payload: bytes) -> RowsMessage:
    """A batch; raises MessageError."""
    return _parse(RowsMessage, payload)


def parse_farm(payload: bytes) -> FarmMessage:
    """A description; raises MessageError."""
    return _parse(FarmMessage, payload)


def _parse(model: type[Model], payload: bytes) -> Model:
    if len(payload) > LARGEST_BYTES:
        raise MessageError(f"{len(payload)} bytes, at most {LARGEST_BYTES} are taken")
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        raise MessageError(_first(error)) from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place or 'message'}: {problem['msg']}"[:300]
