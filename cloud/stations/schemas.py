"""Stations as the REST interface takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from cloud.stations.limits import presets
from cloud.stations.models import Station, StationFlag
from cloud.stations.state import State

Kind = Literal["river", "sea_cage", "aquaculture", "air", "operations"]
Text60 = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


def known_preset(name: str) -> str:
    """A preset's name, "" for none; ValueError for any other."""
    if name and name not in presets():
        raise ValueError(f"there is no preset {name}; there are {', '.join(presets())}")
    return name


def _whole(number: object) -> object:
    """JSON knows one kind of number: 300.0 is 300."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class NodeIn(BaseModel):
    """A node of a farm's gateway."""

    model_config = ConfigDict(extra="forbid", strict=True)

    gateway: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9-]+$")]
    node: Text60


class StationIn(BaseModel):
    """A station. `interval_s` is how often it has to report; only administrators let it measure `through` a farm's node."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: Code
    name: Text60
    kind: Kind
    commune: Annotated[str, Field(max_length=20, pattern=r"^[0-9A-Za-z]+$")] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    interval_s: Annotated[int, Field(ge=60, le=86400), BeforeValidator(_whole)] = 300
    preset: Annotated[str, AfterValidator(known_preset), Field(json_schema_extra={"enum": ["", *presets()]})] = ""
    through: NodeIn | None = None

    def row(self) -> dict[str, Any]:
        """The columns of its row."""
        gateway, node = (self.through.gateway, self.through.node) if self.through else (None, None)
        return {**self.model_dump(exclude={"through"}), "gateway_id": gateway, "node": node}


class StationOut(BaseModel):
    """A station; `through_gateway` where its values come from a Pondkeeper gateway."""

    id: int
    code: str
    name: str
    kind: Kind
    commune: str | None
    latitude: float | None
    longitude: float | None
    interval_s: int
    preset: str
    through_gateway: bool


class ValueOut(BaseModel):
    """A parameter's newest good value (null before the first), and the status of its newest line: 00, 01 or 02."""

    symbol: str
    unit: str
    value: float | None
    at: int | None
    status: Literal["00", "01", "02"]
    level: Literal["ok", "watch", "lost"]


class StateOut(BaseModel):
    """How a station stands; `at` is its newest line's time in Unix seconds."""

    level: Literal["ok", "watch", "lost"]
    word: str
    at: int | None
    values: list[ValueOut]


class CompleteOut(BaseModel):
    """Cycles of a parameter in a month: expected until now, with any line, with a good value; `share` of good ones."""

    symbol: str
    expected: int
    received: int
    good: int
    share: float


class FlagOut(BaseModel):
    """A parameter that passed a limit, by the mean of `over_h` hours (0: single values); open while `closed_at` is null."""

    symbol: str
    preset: str
    bound: Literal["low", "high"]
    over_h: int
    limit: float
    value: float
    opened_at: float
    closed_at: float | None


def station_out(station: Station) -> StationOut:
    """A station as the interface shows it."""
    names = StationOut.model_fields.keys() - {"through_gateway"}
    shown = {name: getattr(station, name) for name in names}
    return StationOut.model_validate({**shown, "through_gateway": station.node is not None})


def state_out(state: State) -> StateOut:
    """A state as the interface shows it."""
    names = ValueOut.model_fields.keys()
    values = [{name: getattr(value, name) for name in names} for value in state.values]
    return StateOut.model_validate({"level": state.level, "word": state.word, "at": state.at, "values": values})


def flag_out(flag: StationFlag) -> FlagOut:
    """A flag as the interface shows it."""
    return FlagOut.model_validate({name: getattr(flag, name) for name in FlagOut.model_fields})
