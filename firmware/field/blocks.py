"""Register blocks read as Python values, for the technician's tool."""

import math
import struct
from dataclasses import dataclass

from hardware.quantities import BY_CODE
from hardware.registers import (
    BAD,
    GOOD,
    LIVE,
    MAX_AERATORS,
    MAX_CHANNELS,
    PANEL,
    PROBES,
    RAW,
    Block,
    parse,
    width,
)

FORMATS = {"u16": "H", "u32": "I", "f32": "f"}


def packed(words: list[int]) -> bytes:
    """Registers as the bytes of the wire."""
    return struct.pack(f">{len(words)}H", *words)


def unpacked(data: bytes) -> list[int]:
    """Bytes of the wire as registers."""
    return list(struct.unpack(f">{len(data) // 2}H", data))


def form(fields: str) -> str:
    """The struct format of fields, big-endian."""
    return ">" + "".join(FORMATS[kind] for _, kind in parse(fields))


def head(block: Block, words: list[int]) -> dict[str, int]:
    """The named fields at the start of a block."""
    names = [name for name, _ in parse(block.fields)]
    return dict(zip(names, struct.unpack_from(form(block.fields), packed(words)), strict=True))


def groups(block: Block, words: list[int], count: int) -> list[dict[str, float]]:
    """The first `count` groups behind the named fields."""
    names = [name for name, _ in parse(block.group)]
    data = packed(words)
    starts = [2 * (block.head_length + number * block.group_length) for number in range(count)]
    return [dict(zip(names, struct.unpack_from(form(block.group), data, at), strict=True)) for at in starts]


def pack(block: Block, values: dict[str, int]) -> list[int]:
    """The registers of a block's named fields; KeyError when one is missing, struct.error when one does not fit."""
    return unpacked(struct.pack(form(block.fields), *(values[name] for name, _ in parse(block.fields))))


def offset(block: Block, name: str) -> int:
    """Registers from the start of a block to a field; KeyError for a name the block does not have."""
    at = 0
    for field, kind in parse(block.fields):
        if field == name:
            return at
        at += width(kind)
    raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a node says it is."""

    hardware_id: str
    magic: int
    map_version: int
    role: int
    firmware: str
    unit_id: int
    channels: int
    aerators: int
    sample_period_ms: int
    boot_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChannel:
    """One channel's newest value, None when there is none; `age_s` None for never."""

    code: int
    symbol: str
    unit: str
    value: float | None
    quality: int
    reason: int
    age_s: int | None

    @property
    def good(self) -> bool:
        """True when the value may be believed."""
        return self.quality == GOOD and self.value is not None

    @property
    def bad(self) -> bool:
        """True when there is nothing to believe."""
        return self.quality >= BAD or self.value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The newest sample of a node; sequence 0 before the first."""

    boot_id: int
    sequence: int
    age_ms: int
    channels: tuple[LiveChannel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What the probes said before calibration, a place a channel, None for nothing; `calibrating` has a bit a channel."""

    boot_id: int
    sequence: int
    calibrating: int
    calibrating_left_s: int
    salinity_psu: float
    pressure_hpa: float
    raw: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeState:
    """One probe of the settings."""

    first_channel: int
    serial: str
    answering: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelState:
    """What a panel does and why: registers by their names, masks with a bit an aerator; `current_a` None where not wired."""

    reason: int
    wanted: int
    coils: int
    currents: int
    held_off: int
    mains: int
    siren: int
    not_running: int
    lease_losses: int
    hoa: tuple[int, ...]
    current_a: tuple[float | None, ...]


def hardware_id(fields: dict[str, int]) -> str:
    """Six bytes in hexadecimal, as printed on the board."""
    return f"{fields['hardware_id_a']:08x}{fields['hardware_id_b'] >> 16:04x}"


def identity(fields: dict[str, int]) -> Identity:
    """The identity block, from its fields."""
    same = ("magic", "map_version", "role", "unit_id", "channels", "aerators", "sample_period_ms", "boot_id")
    return Identity(
        hardware_id=hardware_id(fields),
        firmware=f"{fields['firmware_major']}.{fields['firmware_minor']}.{fields['firmware_patch']}",
        **{name: fields[name] for name in same},
    )


def live(words: list[int], channels: int) -> Live:
    """The live block, read at least up to its last channel in use."""
    fields = head(LIVE, words)
    found = tuple(_channel(group) for group in groups(LIVE, words, min(channels, MAX_CHANNELS)))
    return Live(boot_id=fields["boot_id"], sequence=fields["sequence"], age_ms=fields["age_ms"], channels=found)


def raw(words: list[int]) -> Raw:
    """The block of raw values."""
    fields = head(RAW, words)
    return Raw(
        boot_id=fields["boot_id"],
        sequence=fields["sequence"],
        calibrating=fields["calibrating"],
        calibrating_left_s=fields["calibrating_left_s"],
        salinity_psu=fields["salinity_psu"],
        pressure_hpa=fields["pressure_hpa"],
        raw=tuple(_finite(group["raw"]) for group in groups(RAW, words, min(fields["channels"], MAX_CHANNELS))),
    )


def probes(words: list[int]) -> tuple[ProbeState, ...]:
    """The probes block."""
    fields = head(PROBES, words)
    found = []
    for number, group in enumerate(groups(PROBES, words, min(fields["probes"], PROBES.repeat))):
        letters = b"".join(int(group[f"serial_{at}"]).to_bytes(4, "big") for at in (0, 4, 8, 12))
        found.append(
            ProbeState(
                first_channel=int(group["first_channel"]),
                serial=letters.rstrip(b"\0").decode("ascii", "replace"),
                answering=bool(fields["answering"] >> number & 1),
            )
        )
    return tuple(found)


def panel(words: list[int], aerators: int) -> PanelState:
    """The panel block, with a place for each aerator wired."""
    fields = head(PANEL, words)
    masks = ("reason", "wanted", "coils", "currents", "held_off", "mains", "siren", "not_running", "lease_losses")
    currents = [group["current_a"] for group in groups(PANEL, words, MAX_AERATORS)]
    return PanelState(
        **{name: fields[name] for name in masks},
        hoa=tuple(fields["hoa"] >> 2 * at & 3 for at in range(aerators)),
        current_a=tuple(_finite(current) for current in currents[:aerators]),
    )


def _channel(group: dict[str, float]) -> LiveChannel:
    quantity = BY_CODE.get(int(group["quantity"]))
    word = int(group["quality"])
    age_s = int(group["age_s"])
    return LiveChannel(
        code=int(group["quantity"]),
        symbol=quantity.symbol if quantity else f"quantity_{int(group['quantity'])}",
        unit=quantity.unit if quantity else "",
        value=_finite(group["value"]),
        quality=word >> 8,
        reason=word & 0xFF,
        age_s=None if age_s == 0xFFFF else age_s,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
