"""What a gateway may say, checked strictly: a boolean is no number, an unknown field is no field."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LARGEST_BYTES = 512_000
MOST_ROWS = 1000

Short = Annotated[str, Field(min_length=1, max_length=60)]
Count32 = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
Time = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]


class MessageError(Exception):
    """A message that cannot be taken; the text says why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Value = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
ReadingRow = tuple[Short, Value | None, Annotated[int, Field(ge=0, le=2)], Annotated[int, Field(ge=0, le=255)]]


class SampleRow(_Part):
    """One sample."""

    node: Short
    boot: Count32
    sequence: Count32
    taken_at: Time
    wall_known: bool
    late: bool
    readings: Annotated[list[ReadingRow], Field(max_length=16)]


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

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    batch: Short
    samples: Annotated[list[SampleRow], Field(max_length=MOST_ROWS)]
    events: Annotated[list[EventRow], Field(max_length=MOST_ROWS)]


class PondRow(_Part):
    """One pond of a description."""

    id: Short
    name: Short
    node: Short | None
    aerators: Annotated[int, Field(ge=0, le=64)]
    alarm_low: Annotated[float, Field(ge=0, le=20)]
    danger_low: Annotated[float, Field(ge=0, le=20)]


class FarmMessage(_Part):
    """A farm's description."""

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    name: Short
    ponds: Annotated[list[PondRow], Field(max_length=500)]


def parse_rows(payload: bytes) -> RowsMessage:
    """A batch; raises MessageError."""
    _check_size(payload)
    try:
        return RowsMessage.model_validate_json(payload)
    except ValidationError as error:
        raise MessageError(_first(error)) from error


def parse_farm(payload: bytes) -> FarmMessage:
    """A description; raises MessageError."""
    _check_size(payload)
    try:
        return FarmMessage.model_validate_json(payload)
    except ValidationError as error:
        raise MessageError(_first(error)) from error


def _check_size(payload: bytes) -> None:
    if len(payload) > LARGEST_BYTES:
        raise MessageError(f"{len(payload)} bytes, at most {LARGEST_BYTES} are taken")


def _first(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place or 'message'}: {problem['msg']}"[:300]
