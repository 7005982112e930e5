"""farm.toml: one farm as data, checked before anything starts."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.control.guard import GuardSettings
from gateway.control.ladder import LadderSettings

Name = Annotated[str, Field(min_length=1, max_length=60)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
SOCKET_NAME = "control.sock"
LONGEST_SOCKET_PATH = 104

UnitId = Annotated[int, Field(ge=1, le=247)]


class FarmError(Exception):
    """farm.toml cannot be used; the text says file, line, field, what was found and what is allowed."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LineSettings(_Part):
    """One RS-485 line; `port` should be a path under /dev/serial/by-id, which survives replugging."""

    id: Key
    port: Annotated[str, Field(min_length=1)]
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 19200
    turnaround_ms: Annotated[int, Field(ge=20, le=2000)] = 100


class NodeSettings(_Part):
    """A pond node or a panel node."""

    id: Key
    line: Key
    unit: UnitId


class PondSettings(_Part):
    """One pond: which node watches it, which aerators of which panel belong to it (numbered from 1), oxygen in mg/L."""

    id: Key
    name: Name
    node: Key
    panel: Key | None = None
    aerators: list[Annotated[int, Field(ge=1, le=8)]] = []
    setpoint: Annotated[float, Field(ge=3.0, le=8.0)] = 4.5
    alarm_low: Annotated[float, Field(ge=2.0, le=7.0)] = 4.0
    danger_low: Annotated[float, Field(ge=1.0, le=6.0)] = 3.0
    guard_low: Annotated[float, Field(ge=2.0, le=6.0)] = 3.5
    mixing: Annotated[int, Field(ge=0, le=8)] = 0

    @model_validator(mode="after")
    def _consistent(self) -> "PondSettings":
        if not self.danger_low < self.alarm_low <= self.setpoint:
            raise ValueError("danger_low < alarm_low <= setpoint must hold")
        if self.guard_low > self.alarm_low:
            raise ValueError("guard_low <= alarm_low must hold")
        if self.guard_low < self.danger_low:
            raise ValueError("danger_low <= guard_low must hold")
        if self.mixing > len(self.aerators):
            raise ValueError(f"mixing = {self.mixing}, but the pond has {len(self.aerators)} aerators")
        if self.aerators and self.panel is None:
            raise ValueError("aerators need the panel that holds them")
        if len(set(self.aerators)) != len(self.aerators):
            raise ValueError("an aerator is named twice")
        return self

    def ladder(self) -> LadderSettings:
        """The controller's settings."""
        return LadderSettings(setpoint_mg_l=self.setpoint, all_on_mg_l=self.alarm_low - 0.1, mixing=self.mixing)

    def guard(self) -> GuardSettings:
        """The guard's settings."""
        return GuardSettings(low_mg_l=self.guard_low)


class UplinkSettings(_Part):
    """The cloud's broker; the password lies in a file of its own."""

    url: Annotated[str, Field(pattern=r"^mqtts?://[^/@]+$")]
    password_file: Path = Field(strict=False)
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    rows_per_message: Annotated[int, Field(ge=1, le=1000)] = 100
    messages_in_flight: Annotated[int, Field(ge=1, le=50)] = 8
    backlog_rows_per_s: Annotated[int, Field(ge=1, le=10000)] = 200


class WebSettings(_Part):
    """The page on the farm's own network."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080


class SimulationSettings(_Part):
    """Only for a simulated farm: how much faster than the clock its ponds live."""

    speed: Annotated[float, Field(ge=1, le=600, strict=False)] = 1.0


class Farm(_Part):
    """A whole farm."""

    id: Key
    name: Name
    data: Path = Field(default=Path("data"), strict=False)
    poll_ms: Annotated[int, Field(ge=100, le=10000)] = 500
    line: Annotated[list[LineSettings], Field(min_length=1)]
    node: Annotated[list[NodeSettings], Field(min_length=1)]
    panel: list[NodeSettings] = []
    pond: Annotated[list[PondSettings], Field(min_length=1)]
    uplink: UplinkSettings | None = None
    web: WebSettings = WebSettings()
    simulation: SimulationSettings = SimulationSettings()

    @model_validator(mode="after")
    def _names_meet(self) -> "Farm":
        lines = {line.id for line in self.line}
        nodes = {node.id for node in self.node}
        panels = {panel.id for panel in self.panel}
        for node in (*self.node, *self.panel):
            if node.line not in lines:
                raise ValueError(f"node {node.id!r}: line {node.line!r} is not among {sorted(lines)}")
        for pond in self.pond:
            if pond.node not in nodes:
                raise ValueError(f"pond {pond.id!r}: node {pond.node!r} is not among {sorted(nodes)}")
            if pond.panel is not None and pond.panel not in panels:
                raise ValueError(f"pond {pond.id!r}: panel {pond.panel!r} is not among {sorted(panels)}")
        self._none_twice()
        return self

    def _none_twice(self) -> None:
        owners: dict[tuple[str, str, object], str] = {}
        claims: list[tuple[tuple[str, str, object], str]] = []
        claims += [(("id", kind, part.id), part.id) for kind, parts in self._parts() for part in parts]
        claims += [(("unit", node.line, node.unit), node.id) for node in (*self.node, *self.panel)]
        claims += [(("aerator", pond.panel or "", at), pond.id) for pond in self.pond for at in pond.aerators]
        for claim, owner in claims:
            if claim in owners:
                raise ValueError(f"{owners[claim]!r} and {owner!r} both have {claim[0]} {claim[2]} of {claim[1]}")
            owners[claim] = owner

    def _parts(self) -> list[tuple[str, list[Any]]]:
        return [("lines", [*self.line]), ("nodes", [*self.node, *self.panel]), ("ponds", [*self.pond])]


def read_farm(path: Path) -> Farm:
    """The farm in this file, relative paths taken from its folder; raises FarmError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FarmError(f"{path}: cannot be read ({error}). Give the path of a farm.toml.") from error
    try:
        farm = Farm.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FarmError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise FarmError("\n".join(_explain(path, text, problem) for problem in error.errors())) from error
    folder = path.resolve().parent
    uplink = farm.uplink
    if uplink is not None:
        uplink = uplink.model_copy(update={"password_file": folder / uplink.password_file})
    data = folder / farm.data
    if len(str(data / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        raise FarmError(f"{path}, data: {data} is too long a path for a socket, {LONGEST_SOCKET_PATH} signs at most.")
    return farm.model_copy(update={"data": data, "uplink": uplink})


def _explain(path: Path, text: str, problem: Any) -> str:
    place = problem["loc"]
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in place) or "farm"
    found = "" if problem["type"] in ("missing", "value_error") else f" Found {problem['input']!r}."
    return f"{path}, line {_line_of(text, place)}, {field}: {problem['msg']}.{found}"


def _line_of(text: str, place: tuple[str | int, ...]) -> int:
    """The line of a field: its table, counted among those of its name, then its key; the nearest that exists."""
    lines = text.splitlines()
    names = [part for part in place if isinstance(part, str)]
    number = next((part for part in place if isinstance(part, int)), 0)
    if len(place) > 1 and names:
        header = re.compile(rf"^\s*\[\[?{re.escape(names[0])}\]\]?\s*(#.*)?$")
        starts = [at for at, line in enumerate(lines) if header.match(line)]
        start = starts[number] if number < len(starts) else 0
    else:
        start = 0
    if names:
        key = re.compile(rf"^\s*{re.escape(names[-1])}\s*=")
        for at in range(start, len(lines)):
            if key.match(lines[at]):
                return at + 1
            if at > start and lines[at].lstrip().startswith("[") and len(place) > 1:
                break
    return start + 1
