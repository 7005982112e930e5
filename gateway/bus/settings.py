"""Lines and devices in farm.toml."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.parts import Key, Part, UnitId

HostPort = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+:[0-9]{1,5}$")]
Ppt = Annotated[float, Field(ge=0, le=45)]
WAYS = ("port", "rtu_over_tcp", "modbus_tcp")


class LineSettings(Part):
    """One line: a serial `port`, or a converter by "host:port", transparent (`rtu_over_tcp`) or speaking Modbus TCP.

    `port` should be a path under /dev/serial/by-id, which survives replugging. `baud` is that of the wire behind a
    converter too. `turnaround_ms` is how late a reply may still come.
    """

    id: Key
    port: Annotated[str, Field(min_length=1)] | None = None
    rtu_over_tcp: HostPort | None = None
    modbus_tcp: HostPort | None = None
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 19200
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    turnaround_ms: Annotated[int, Field(ge=20, le=2000)] = 100

    @model_validator(mode="after")
    def _one_way(self) -> "LineSettings":
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise ValueError(f"give one of {', '.join(WAYS)}")
        return self

    @property
    def bits_per_byte(self) -> int:
        """On the wire, with start, parity and stop bits."""
        return 9 + self.stop_bits + (self.parity != "none")

    @property
    def place(self) -> str:
        """The port's path or the converter's address."""
        return self.port or self.rtu_over_tcp or self.modbus_tcp or ""


class OnLine(Part):
    """What has an address on a line."""

    id: Key
    line: Key
    unit: UnitId


class DeviceSettings(OnLine):
    """A device that is none of our nodes: `template` names a shipped one, or a file beside farm.toml ("mine.toml").

    `gap_ms` is how long it wants silence after a message (the template's unless given). `salinity_psu` or `salinity_from`
    (a node or device) for probes that give the saturation only. `wiring` for relay boards, `full_hz` for drives,
    `measures` for meters: a panel's id, or one aerator as "pond/1". `feeder` as for panels.
    """

    template: Annotated[str, Field(min_length=1)]
    gap_ms: Annotated[int, Field(ge=0, le=1000)] | None = None
    salinity_psu: Ppt | None = None
    salinity_from: Key | None = None
    wiring: Literal["normally_closed", "normally_open"] | None = None
    feeder: Key | None = None
    full_hz: Annotated[float, Field(ge=10, le=120)] = 50.0
    measures: Annotated[str, Field(min_length=1)] | None = None

    def beside(self, folder: Path) -> "DeviceSettings":
        """With a template of one's own taken from this folder."""
        if not self.template.endswith(".toml"):
            return self
        return self.model_copy(update={"template": str(folder / self.template)})
