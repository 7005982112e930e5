"""Templates: what a device's registers mean, as data. The fields are described in docs/devices.md."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from gateway.explain import explain
from gateway.parts import Part
from hardware.quantities import BY_SYMBOL

OUTPUT_HZ, FAULT = "output_hz", "fault"
UNITS = {OUTPUT_HZ: "Hz", FAULT: ""}
WIDTHS = {"u16": 1, "s16": 1, "u32": 2, "s32": 2, "f32": 2}
MOST_RELAYS = 8

Address = Annotated[int, Field(ge=0, le=0xFFFF)]
Word = Annotated[int, Field(ge=0, le=0xFFFF)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{2}( [0-9a-f]{2})*$")]
Role = Literal["probe", "relays", "meter", "drive"]


class TemplateError(Exception):
    """A template cannot be used; the text says file, line, field, and what is allowed."""


class Register(Part):
    """One value: `gives` is a quantity's symbol (hardware.quantities), "output_hz" or "fault" (not 0: do not believe).

    value = raw (only the bits of `mask`) * scale + offset, in `unit`; a value outside `low` to `high` is bad. `order` is
    that of the four bytes of a pair on the wire, A the highest: CDAB is low word first, DCBA all reversed.
    """

    gives: str
    address: Address
    function: Literal[3, 4] = 3
    type: Literal["u16", "s16", "u32", "s32", "f32"] = "u16"
    order: Literal["ABCD", "CDAB", "DCBA", "BADC"] = "ABCD"
    mask: Annotated[int, Field(ge=1, le=0xFFFFFFFF)] | None = None
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _known(self) -> "Register":
        units = {symbol: quantity.unit for symbol, quantity in BY_SYMBOL.items()} | UNITS
        if self.gives not in units:
            raise ValueError(f"gives {self.gives!r} is not among {sorted(units)}")
        if self.unit != units[self.gives]:
            raise ValueError(f"{self.gives} is kept in {units[self.gives]!r}, not {self.unit!r}: scale it")
        if self.mask is not None and self.type == "f32":
            raise ValueError("a float has no bits to mask")
        return self

    @property
    def width(self) -> int:
        """Registers that it takes."""
        return WIDTHS[self.type]

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that can be true."""
        quantity = BY_SYMBOL.get(self.gives)
        low = self.low if self.low is not None else quantity.low if quantity else float("-inf")
        high = self.high if self.high is not None else quantity.high if quantity else float("inf")
        return low, high

    def holds(self, value: float) -> bool:
        """True when the value can be true; never for NaN."""
        low, high = self.bounds
        return low <= value <= high


class Relays(Part):
    """Relays 1 to `count`, read by function 1 or 2 and written one by one (5) or all at once (15)."""

    count: Annotated[int, Field(ge=1, le=MOST_RELAYS)]
    read_function: Literal[1, 2] = 1
    read_address: Address = 0
    write_function: Literal[5, 15] = 15
    write_address: Address = 0


class DriveWords(Part):
    """Words that a drive obeys, each written by function 6; `hz_step` is what one digit of the frequency means."""

    command: Address
    run: Word
    stop: Word
    frequency: Address
    hz_step: Annotated[float, Field(gt=0, le=1)] = 0.01


class Template(Part):
    """A kind of device."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    role: Role
    note: str = ""
    baud: int = 9600
    parity: Literal["none", "even", "odd"] = "none"
    reply_ms: Annotated[int, Field(ge=20, le=2000)] = 150
    gap_ms: Annotated[int, Field(ge=0, le=1000)] = 30
    period_ms: Annotated[int, Field(ge=200, le=600000)] = 5000
    warm_up_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    most_registers: Annotated[int, Field(ge=2, le=125)] = 60
    holes: bool = True
    start: list[Hex] = Field(default_factory=list)
    reset_energy: Hex | None = None
    registers: list[Register] = Field(default_factory=list, alias="register")
    relays: Relays | None = None
    drive: DriveWords | None = None

    @model_validator(mode="after")
    def _fits_its_role(self) -> "Template":
        gives = self.gives()
        if len(set(gives)) != len(gives):
            raise ValueError("two registers give the same")
        if self.role == "relays" and self.relays is None:
            raise ValueError("role relays needs a table [relays]")
        if self.role == "drive" and (self.drive is None or OUTPUT_HZ not in gives):
            raise ValueError(f"role drive needs a table [drive] and a register that gives {OUTPUT_HZ!r}")
        if self.role == "meter" and not {"power_kw", "current_a"} & set(gives):
            raise ValueError("role meter needs a register that gives power_kw or current_a")
        if self.role == "probe" and not set(gives) - {FAULT, OUTPUT_HZ}:
            raise ValueError("role probe needs a register that gives a quantity")
        return self

    def gives(self) -> list[str]:
        """What the registers give, in their order."""
        return [register.gives for register in self.registers]

    @property
    def needs_salinity(self) -> bool:
        """True when mg/L have to be reckoned from the saturation."""
        return "do_sat" in self.gives() and "do_mg_l" not in self.gives()


def shipped() -> list[str]:
    """The names of all templates that come with the gateway."""
    folder = resources.files("gateway.bus").joinpath("templates")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def read_template(name: str) -> Template:
    """A shipped template by its name, or the one in this file; raises TemplateError."""
    if not name.endswith(".toml"):
        if name not in shipped():
            raise TemplateError(f"template {name!r} is not among {', '.join(shipped())}, and is no file (.toml)")
        file = resources.files("gateway.bus").joinpath("templates", f"{name}.toml")
        return parse_template(f"{name}.toml", file.read_text(encoding="utf-8"))
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{name}: cannot be read ({error}). Put it beside farm.toml.") from error
    return parse_template(name, text)


def parse_template(path: str, text: str) -> Template:
    """The template in this text; raises TemplateError."""
    try:
        return Template.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise TemplateError("\n".join(explain(path, text, problem) for problem in error.errors())) from error
