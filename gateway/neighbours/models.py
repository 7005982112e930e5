"""What the REST interface says; times are Unix seconds, ages seconds."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.orders import LONGEST_MINUTES


class Problem(BaseModel):
    """Why a request was not answered."""

    detail: str


class FarmOut(BaseModel):
    """The farm; `at` is the gateway's clock, to be believed when `clock_known`."""

    id: str
    name: str
    at: float
    clock_known: bool
    ponds: list[str]
    siren: bool


class PondOut(BaseModel):
    """A pond; levels in mg/L of dissolved oxygen."""

    id: str
    name: str
    aerators: list[int]
    setpoint: float
    alarm_low: float
    danger_low: float


class ValueOut(BaseModel):
    """One quantity; `value` is null unless it is good."""

    quantity: str
    unit: str
    value: float | None
    quality: Literal["good", "uncertain", "bad"]


class LatestOut(BaseModel):
    """What is known of a pond now."""

    pond: str
    level: Literal["ok", "watch", "danger", "lost"]
    age: float | None
    values: list[ValueOut]


class BucketOut(BaseModel):
    """Good values of one stretch of time; a gap is a missing bucket."""

    at: float
    min: float
    mean: float
    max: float
    count: int


class MachineOut(BaseModel):
    """An aerator; null where the panel has not said."""

    pond: str
    aerator: int
    running: bool | None
    wanted: bool | None
    by_hand: bool
    failed: bool
    current_a: float | None
    reason: str


class AlarmOut(BaseModel):
    """An alarm that is shown."""

    id: int
    kind: str
    pond: str | None
    device: str | None
    priority: str
    state: str
    raised_at: float
    age: float
    acknowledged_by: str | None


class EventOut(BaseModel):
    """One entry of the journal; `at` is to be believed when `clock_known`."""

    id: int
    kind: str
    pond: str | None
    at: float
    clock_known: bool
    detail: dict[str, Any]


class OverrideIn(BaseModel):
    """Set an aerator by hand for a while; it ends by itself, and the guard has the last word."""

    model_config = ConfigDict(extra="forbid", strict=True)

    run: bool
    minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES, allow_inf_nan=False)] = 30.0


class DoneOut(BaseModel):
    """`refused` is empty when it was taken, else why not."""

    refused: str
