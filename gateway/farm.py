"""farm.toml: one farm as data, checked before anything starts."""

import base64
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError, model_validator

from gateway.alarms.limits import PondLimits, WaterLimits
from gateway.alarms.settings import AlarmSettings
from gateway.bus.rules import device_faults
from gateway.bus.settings import DeviceSettings, LineSettings, OnLine
from gateway.control.feeder import Feeder
from gateway.control.guard import GuardSettings
from gateway.control.ladder import LadderSettings
from gateway.control.motors import minimum_on_s
from gateway.energy.settings import BaselineSettings
from gateway.explain import explain
from gateway.journal.settings import StorageSettings
from gateway.messages.settings import ModemSettings
from gateway.neighbours.settings import NeighbourSettings
from gateway.parts import HourOfDay, Key, Name, Part
from gateway.people.settings import PersonSettings
from gateway.tariff import FLAT_VND_KWH, Tariff, flat, read_tariff

if TYPE_CHECKING:
    from gateway.control.estimator import Water
    from gateway.control.pilot import PilotSettings

SOCKET_NAME = "control.sock"
INSTALLED_DATA, RUNTIME = Path("/var/lib/pondkeeper"), Path("/run/pondkeeper")
LONGEST_SOCKET_PATH = 104

P = TypeVar("P", bound=Part)

COMFORT_MG_L = {"saving": 0.1, "normal": 0.3, "careful": 0.6}  # what is kept above the lowest oxygen
USUAL_MOTOR_KW = 1.5
USUAL_KW_HA, USUAL_DENSE_KW_HA = 30.0, 120.0  # of a pond whose size nobody gave
ALPHA, DENSE_ALPHA = 0.85, 0.75  # oxygen transfer in pond water against clean water

MotorPower = Annotated[float, Field(ge=0.1, le=30)]
Power = Annotated[float, Field(ge=0.1, le=2000)]


class FarmError(Exception):
    """farm.toml cannot be used; the text says file, line, field, what was found and what is allowed."""


class NodeSettings(OnLine):
    """A pond node or a panel node."""


class PanelSettings(NodeSettings):
    """A panel node and the feeder that its aerators hang on; without one the panel is a feeder of its own, without limit."""

    feeder: Key | None = None


class FeederSettings(Part):
    """A cable, breaker or transformer that several panels share, in kW of rated power."""

    id: Key
    limit_kw: Power | None = None
    starts_at_once: Annotated[int, Field(ge=1, le=8)] = 1
    generator_kw: Power | None = None

    def feeder(self) -> Feeder:
        """As the controller knows it."""
        return Feeder(
            id=self.id,
            limit_kw=self.limit_kw,
            starts_at_once=self.starts_at_once,
            generator_kw=self.generator_kw,
        )


class PondSettings(Part):
    """One pond: which node watches it, which aerators of which panel belong to it (numbered from 1), oxygen in mg/L.

    A pond whose aerators hang on frequency drives names these as `drives` instead; its panel is then called after it.
    """

    id: Key
    name: Name
    node: Key
    panel: Key | None = None
    aerators: list[Annotated[int, Field(ge=1, le=8)]] = []
    drives: Annotated[list[Key], Field(max_length=8)] = []
    setpoint: Annotated[float, Field(ge=3.0, le=8.0)] = 4.5
    alarm_low: Annotated[float, Field(ge=2.0, le=7.0)] = 4.0
    danger_low: Annotated[float, Field(ge=1.0, le=6.0)] = 3.0
    guard_low: Annotated[float, Field(ge=2.0, le=6.0)] = 3.5
    mixing: Annotated[int, Field(ge=0, le=8)] = 0
    comfort: Literal["saving", "normal", "careful"] = "normal"
    weak_grid: bool = False
    longest_cut_minutes: Annotated[int, Field(ge=5, le=600)] = 60
    dense: bool = False
    area_m2: Annotated[float, Field(ge=20, le=100000)] | None = None
    depth_m: Annotated[float, Field(ge=0.4, le=4.0)] = 1.2
    power_kw: MotorPower | list[MotorPower] | None = None
    kg_o2_per_kwh: Annotated[float, Field(ge=0.4, le=3.0)] = 1.2
    limits: PondLimits = PondLimits()

    @model_validator(mode="before")
    @classmethod
    def _drives_are_aerators(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(drives := given.get("drives"), list) or not drives:
            return given
        if "panel" in given or "aerators" in given:
            raise ValueError("drives stand in the place of panel and aerators")
        return {**given, "panel": f"drives-{given.get('id')}"[:40], "aerators": list(range(1, len(drives) + 1))}

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
        if isinstance(self.power_kw, list) and len(self.power_kw) != len(self.aerators):
            raise ValueError(
                f"power_kw names {len(self.power_kw)} motors, but the pond has {len(self.aerators)} aerators"
            )
        return self

    def ladder(self) -> LadderSettings:
        """The controller's settings."""
        return LadderSettings(setpoint_mg_l=self.setpoint, all_on_mg_l=self.alarm_low - 0.1, mixing=self.mixing)

    def pilot(self) -> "PilotSettings":
        """What the pilot keeps."""
        from gateway.control.pilot import PilotSettings

        return PilotSettings(
            floor_mg_l=self.alarm_low,
            margin_mg_l=self.margin_mg_l,
            longest_cut_h=self.cut_to_survive_h,
            mixing=self.mixing,
        )

    def guard(self) -> GuardSettings:
        """The guard's settings; starts are spaced by the feeder, which knows of them all."""
        rest_s = GuardSettings.minimum_off_s
        return GuardSettings(
            low_mg_l=self.guard_low,
            stagger_s=0.0,
            minimum_on_s=max((minimum_on_s(kw, rest_s) for kw in self.motors_kw), default=GuardSettings.minimum_on_s),
            dense=self.dense,
        )

    @property
    def motors_kw(self) -> tuple[float, ...]:
        """Rated power of each aerator in kW, the usual motor's where none is given."""
        if isinstance(self.power_kw, list):
            return tuple(self.power_kw)
        return (self.power_kw or USUAL_MOTOR_KW,) * len(self.aerators)

    @property
    def margin_mg_l(self) -> float:
        """Oxygen that is kept above `alarm_low`."""
        return COMFORT_MG_L[self.comfort]

    @property
    def cut_to_survive_h(self) -> float:
        """Longest power cut that the pond shall outlive, in hours; 0 where the grid is strong."""
        return self.longest_cut_minutes / 60 if self.weak_grid else 0.0

    def water(self) -> "Water | None":
        """The pond's water and machines; None where their size is not given, and nothing can be learned in kilograms."""
        return None if self.area_m2 is None or self.power_kw is None or not self.aerators else self.likely_water()

    def likely_water(self) -> "Water":
        """As `water`, with what is usual in the place of what is not given: enough to begin with, and then to learn from."""
        from gateway.control.estimator import Water

        usual_m2 = 10000 * sum(self.motors_kw) / (USUAL_DENSE_KW_HA if self.dense else USUAL_KW_HA)
        return Water(
            volume_m3=(self.area_m2 or usual_m2 or 10000.0) * self.depth_m,
            depth_m=self.depth_m,
            power_kw=self.motors_kw,
            kg_o2_per_kwh=self.kg_o2_per_kwh,
            drives=tuple(range(len(self.drives))),
            alpha=DENSE_ALPHA if self.dense else ALPHA,
        )


def _ed25519_key(text: str) -> str:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("command_key is not base64; copy what `pondkeeper-cloud command-key` prints") from error
    if len(key) != 32:
        raise ValueError(f"command_key has {len(key)} bytes, not 32; copy what `pondkeeper-cloud command-key` prints")
    return text


class UplinkSettings(Part):
    """The cloud's broker; the password lies in a file of its own, `gateway` is the id there, the farm's where not given.

    `ca_file` is the only authority that may vouch for the broker, the system's own ones where it is not given. Without
    `command_key` (base64 of the cloud's public key) the cloud cannot command anything. Samples travel together that were
    taken within `gather_s` of each other; an event never waits.
    """

    url: Annotated[str, Field(pattern=r"^mqtts?://[^/@]+$")]
    gateway: Key | None = None
    password_file: Path = Field(strict=False)
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    rows_per_message: Annotated[int, Field(ge=1, le=1000)] = 100
    messages_in_flight: Annotated[int, Field(ge=1, le=50)] = 8
    backlog_rows_per_s: Annotated[int, Field(ge=1, le=10000)] = 200
    gather_s: Annotated[float, Field(ge=0, le=300)] = 0
    ca_file: Path | None = Field(default=None, strict=False)
    command_key: Annotated[str, AfterValidator(_ed25519_key)] | None = None


class WebSettings(Part):
    """The pages on the farm's own network; by TLS too where `pondkeeper-gateway install` has made certificates.

    `visitors` may read without an account, or see nothing.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    tls_port: Annotated[int, Field(ge=1, le=65535)] = 8443
    visitors: Literal["none", "read"] = "none"


class SimulationSettings(Part):
    """Only for a simulated farm: how much faster than the clock its ponds live.

    `begins_hour` is the hour of their day at `begins_s` of this computer's monotonic clock.
    """

    speed: Annotated[float, Field(ge=1, le=600, strict=False)] = 1.0
    begins_hour: Annotated[float, Field(ge=0, lt=24, strict=False)] | None = None
    begins_s: Annotated[float, Field(strict=False)] = 0.0


class TariffSettings(Part):
    """A tariff's name or file, or one price for all hours, in VND/kWh before VAT."""

    name: Annotated[str, Field(min_length=1)] | None = None
    flat_vnd_kwh: Annotated[float, Field(ge=100, le=20000)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "TariffSettings":
        if (self.name is None) == (self.flat_vnd_kwh is None):
            raise ValueError("give either name or flat_vnd_kwh")
        return self

    def read(self) -> Tariff:
        """The tariff; its `warning` says when the file cannot be used and a flat price stands in."""
        return read_tariff(self.name) if self.name is not None else flat(self.flat_vnd_kwh or FLAT_VND_KWH)


class QuietSettings(Part):
    """Local hours of day in which only what safety needs is started."""

    from_hour: HourOfDay = Field(alias="from")
    to_hour: HourOfDay = Field(alias="to")

    def covers(self, hour: float | None) -> bool:
        """True within the quiet hours; never while the hour is not known."""
        if hour is None:
            return False
        if self.from_hour <= self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


class Farm(Part):
    """A whole farm."""

    id: Key
    name: Name
    data: Path = Field(default=Path("data"), strict=False)
    poll_ms: Annotated[int, Field(ge=100, le=10000)] = 500
    line: Annotated[list[LineSettings], Field(min_length=1)]
    node: list[NodeSettings] = []
    panel: list[PanelSettings] = []
    device: list[DeviceSettings] = []
    feeder: list[FeederSettings] = []
    pond: Annotated[list[PondSettings], Field(min_length=1)]
    person: list[PersonSettings] = []
    modem: ModemSettings | None = None
    uplink: UplinkSettings | None = None
    web: WebSettings = WebSettings()
    simulation: SimulationSettings = SimulationSettings()
    tariff: TariffSettings = TariffSettings(flat_vnd_kwh=FLAT_VND_KWH)
    quiet: QuietSettings | None = None
    baseline: BaselineSettings = BaselineSettings()
    alarms: AlarmSettings = AlarmSettings()
    storage: StorageSettings = StorageSettings()
    neighbours: NeighbourSettings = NeighbourSettings()

    @property
    def cloud_id(self) -> str:
        """What the gateway is called at the cloud."""
        return (self.uplink and self.uplink.gateway) or self.id

    @property
    def socket(self) -> Path:
        """Where control meets the other processes."""
        return socket_of(self.data)

    @model_validator(mode="after")
    def _names_meet(self) -> "Farm":
        lines = {line.id for line in self.line}
        devices = {device.id for device in self.device}
        nodes = {node.id for node in self.node} | devices
        panels = {panel.id for panel in self.panel} | devices | {pond.panel for pond in self.pond if pond.drives}
        on_lines: list[OnLine] = [*self.node, *self.panel, *self.device]
        for node in on_lines:
            if node.line not in lines:
                raise ValueError(f"node {node.id!r}: line {node.line!r} is not among {sorted(lines)}")
        for pond in self.pond:
            if pond.node not in nodes:
                raise ValueError(f"pond {pond.id!r}: node {pond.node!r} is not among {sorted(nodes)}")
            if pond.panel is not None and pond.panel not in panels:
                raise ValueError(f"pond {pond.id!r}: panel {pond.panel!r} is not among {sorted(filter(None, panels))}")
            if unknown := sorted(set(pond.drives) - devices):
                raise ValueError(f"pond {pond.id!r}: drives {unknown} are not among {sorted(devices)}")
        self._baseline_fits()
        self._feeders_carry()
        self._alarms_fit()
        self._none_twice()
        return self

    def feeders(self) -> list[Feeder]:
        """Those with limits; a panel without one is a feeder of its own."""
        return [feeder.feeder() for feeder in self.feeder]

    def feeder_of(self, pond: PondSettings) -> str:
        """The name of the feeder that a pond's aerators hang on."""
        holders = {pond.panel, *pond.drives}
        named = next((feeder for name, feeder in self._feeder_by_holder() if name in holders), None)
        return named or f"panel {pond.panel}"

    def _baseline_fits(self) -> None:
        counts = {pond.id: len(pond.aerators) for pond in self.pond}
        for one in self.baseline.pond:
            if one.pond not in counts:
                raise ValueError(f"baseline: pond {one.pond!r} is not among {sorted(counts)}")
            if max(one.night, one.day) > counts[one.pond]:
                raise ValueError(f"baseline: pond {one.pond!r} has {counts[one.pond]} aerators")

    def _feeder_by_holder(self) -> list[tuple[str, str | None]]:
        return [(one.id, one.feeder) for one in self.panel] + [(one.id, one.feeder) for one in self.device]

    def _feeders_carry(self) -> None:
        feeders = {feeder.id for feeder in self.feeder}
        for name, on in self._feeder_by_holder():
            if on is not None and on not in feeders:
                raise ValueError(f"panel {name!r}: feeder {on!r} is not among {sorted(feeders)}")
        for feeder in self.feeder:
            motors_kw = [kw for pond in self.pond if self.feeder_of(pond) == feeder.id for kw in pond.motors_kw]
            for name, limit_kw in (("limit_kw", feeder.limit_kw), ("generator_kw", feeder.generator_kw)):
                if limit_kw is not None and limit_kw < max(motors_kw, default=0.0):
                    raise ValueError(
                        f"feeder {feeder.id!r}: {name} = {limit_kw:g} cannot carry its motor of {max(motors_kw):g} kW"
                    )

    def limits_of(self, pond: PondSettings) -> WaterLimits:
        """Limits of a pond's water besides oxygen."""
        return pond.limits.over(self.alarms.limits)

    def _alarms_fit(self) -> None:
        people = {person.id for person in self.person}
        for step in self.alarms.step:
            if strangers := set(step.persons) - people:
                raise ValueError(f"alarms: nobody has the id {min(strangers)!r}, there are {sorted(people)}")
        for pond in self.pond:
            try:
                self.limits_of(pond)
            except ValidationError as error:
                raise ValueError(f"pond {pond.id!r}, limits: {error.errors()[0]['msg']}") from error

    def _none_twice(self) -> None:
        owners: dict[tuple[str, str, object], str] = {}
        claims: list[tuple[tuple[str, str, object], str]] = []
        claims += [(("id", kind, part.id), part.id) for kind, parts in self._parts() for part in parts]
        on_lines: list[OnLine] = [*self.node, *self.panel, *self.device]
        claims += [(("unit", node.line, node.unit), node.id) for node in on_lines]
        claims += [(("drive", drive, "the farm"), pond.id) for pond in self.pond for drive in pond.drives]
        claims += [(("aerator", pond.panel or "", at), pond.id) for pond in self.pond for at in pond.aerators]
        for claim, owner in claims:
            if claim in owners:
                raise ValueError(f"{owners[claim]!r} and {owner!r} both have {claim[0]} {claim[2]} of {claim[1]}")
            owners[claim] = owner

    def _parts(self) -> list[tuple[str, list[Any]]]:
        return [
            ("lines", [*self.line]),
            ("nodes", [*self.node, *self.panel, *self.device]),
            ("feeders", [*self.feeder]),
            ("ponds", [*self.pond]),
            ("people", [*self.person]),
        ]


def socket_of(data: Path) -> Path:
    """The socket of the farm with this data: in memory on an installed gateway, whose card may become read-only."""
    return (RUNTIME if data.resolve() == INSTALLED_DATA else data) / SOCKET_NAME


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
        raise FarmError("\n".join(explain(path, text, problem) for problem in error.errors())) from error
    folder = path.resolve().parent
    uplink = farm.uplink
    if uplink is not None:
        uplink = _beside(uplink, folder, "password_file", "ca_file")
    neighbours = farm.neighbours
    if neighbours.home_assistant is not None:
        assistant = _beside(neighbours.home_assistant, folder, "password_file", "ca_file")
        neighbours = neighbours.model_copy(update={"home_assistant": assistant})
    tariff = farm.tariff
    if tariff.name is not None and tariff.name.endswith(".toml"):
        tariff = tariff.model_copy(update={"name": str(folder / tariff.name)})
    data = folder / farm.data
    if len(str(data / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        raise FarmError(f"{path}, data: {data} is too long a path for a socket, {LONGEST_SOCKET_PATH} signs at most.")
    devices = [device.beside(folder) for device in farm.device]
    found = {"data": data, "uplink": uplink, "tariff": tariff, "neighbours": neighbours, "device": devices}
    farm = farm.model_copy(update=found)
    faults = [{"loc": place, "msg": problem, "type": "value_error"} for place, problem in device_faults(farm)]
    if faults:
        raise FarmError("\n".join(explain(path, text, fault) for fault in faults))
    return farm


def _beside(part: P, folder: Path, *names: str) -> P:
    """The same part, its relative paths taken from the folder."""
    paths = {name: getattr(part, name) for name in names}
    return part.model_copy(update={name: folder / path for name, path in paths.items() if path is not None})
