"""Register blocks read as Python values."""

import math
import struct
from dataclasses import dataclass

from gateway.bus.samples import Reading, make_reading
from hardware.quantities import BY_CODE
from hardware.registers import (
    ACKNOWLEDGE,
    COMMAND,
    IDENTITY,
    LIVE,
    MAINS_WIRED,
    MAX_AERATORS,
    PANEL,
    RING,
    Block,
    parse,
    width,
)

PHASES = 3
FORMATS = {"u16": "H", "u32": "I", "f32": "f"}


def packed(words: list[int]) -> bytes:
    """Registers as the bytes of the wire."""
    return struct.pack(f">{len(words)}H", *words)


def head(block: Block, words: list[int]) -> dict[str, int]:
    """The named fields at the start of a block; struct.error when there are too few registers."""
    fields = parse(block.fields)
    form = ">" + "".join(FORMATS[kind] for _, kind in fields)
    return dict(zip((name for name, _ in fields), struct.unpack_from(form, packed(words)), strict=True))


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
    channels: int
    aerators: int
    sample_period_s: float
    boot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The newest sample of a node; sequence 0 before the first."""

    boot: int
    sequence: int
    uptime_ms: int
    age_s: float
    quantities: tuple[str, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One unread sample of a node's memory."""

    sequence: int
    uptime_ms: int
    values: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The oldest unread samples of a node, all of one boot; `booted_wall_s` is 0 when the node was never told the time."""

    boot: int
    unread: int
    booted_wall_s: int
    quantities: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelState:
    """What a panel does and why; lists have one place an aerator, `mains` one a phase, None where none is sensed.

    `speed` is the fraction of full speed of each drive, empty where there are none.
    """

    reason: int
    lease_counter: int
    wanted: tuple[bool, ...]
    allowed: tuple[bool, ...]
    running: tuple[bool, ...]
    hand_off_auto: tuple[int, ...]
    current_a: tuple[float | None, ...]
    lease_losses: int
    held_off: tuple[bool, ...]
    not_running: tuple[bool, ...]
    mains: tuple[bool, ...] | None
    siren: bool
    running_kw: float
    speed: tuple[float, ...] = ()


def hardware_id(fields: dict[str, int]) -> str:
    """Six bytes in hexadecimal, as printed on the board."""
    return f"{fields['hardware_id_a']:08x}{fields['hardware_id_b'] >> 16:04x}"


def identity(words: list[int]) -> Identity:
    """The identity block."""
    fields = head(IDENTITY, words)
    return Identity(
        hardware_id=hardware_id(fields),
        magic=fields["magic"],
        map_version=fields["map_version"],
        role=fields["role"],
        firmware=f"{fields['firmware_major']}.{fields['firmware_minor']}.{fields['firmware_patch']}",
        channels=fields["channels"],
        aerators=fields["aerators"],
        sample_period_s=fields["sample_period_ms"] / 1000,
        boot=fields["boot_id"],
    )


def quantity_symbol(code: int) -> str:
    """What a channel measures, by its code on the wire."""
    return BY_CODE[code].symbol if code in BY_CODE else f"quantity_{code}"


def live(words: list[int], channels: int) -> Live:
    """The live block, read at least up to its last channel in use."""
    fields = head(LIVE, words)
    data = packed(words)
    quantities = []
    readings = []
    for channel in range(channels):
        at = 2 * (LIVE.head_length + channel * LIVE.group_length)
        code, value, quality, _ = struct.unpack_from(">HfHH", data, at)
        symbol = quantity_symbol(code)
        quantities.append(symbol)
        readings.append(make_reading(symbol, value, quality))
    return Live(
        boot=fields["boot_id"],
        sequence=fields["sequence"],
        uptime_ms=fields["sampled_uptime_ms"],
        age_s=fields["age_ms"] / 1000,
        quantities=tuple(quantities),
        readings=tuple(readings),
    )


def ring(words: list[int]) -> Window:
    """The ring window."""
    fields = head(RING, words)
    data = packed(words)
    channels = fields["channels"]
    codes = data[2 * offset(RING, "quantities_0") :][:channels]
    at = 2 * RING.head_length
    records = []
    for _ in range(fields["records"]):
        sequence, uptime_ms = struct.unpack_from(">II", data, at)
        values = tuple(struct.unpack_from(">fH", data, at + 8 + 6 * channel) for channel in range(channels))
        records.append(Record(sequence=sequence, uptime_ms=uptime_ms, values=values))
        at += 8 + 6 * channels
    return Window(
        boot=fields["boot_id"],
        unread=fields["unread"],
        booted_wall_s=fields["booted_wall_s"],
        quantities=tuple(quantity_symbol(code) for code in codes),
        records=tuple(records),
    )


def panel(words: list[int], aerators: int) -> PanelState:
    """The panel block."""
    fields = head(PANEL, words)
    currents = struct.unpack_from(f">{MAX_AERATORS}f", packed(words), 2 * PANEL.head_length)
    return PanelState(
        reason=fields["reason"],
        lease_counter=fields["lease_counter"],
        wanted=_bits(fields["wanted"], aerators),
        allowed=_bits(fields["coils"], aerators),
        running=_bits(fields["currents"], aerators),
        hand_off_auto=tuple(fields["hoa"] >> 2 * aerator & 3 for aerator in range(aerators)),
        current_a=tuple(current if math.isfinite(current) else None for current in currents[:aerators]),
        lease_losses=fields["lease_losses"],
        held_off=_bits(fields["held_off"], aerators),
        not_running=_bits(fields["not_running"], aerators),
        mains=_bits(fields["mains"], PHASES) if fields["mains"] & MAINS_WIRED else None,
        siren=bool(fields["siren"]),
        running_kw=fields["running_centi_kw"] / 100,
    )


def command(lease_counter: int, wanted: list[bool], expiry_s: int, siren: bool = False) -> list[int]:
    """The registers of a relay command."""
    mask = sum(1 << aerator for aerator, on in enumerate(wanted) if on)
    words = [lease_counter & 0xFFFF, mask, expiry_s, int(siren)]
    assert len(words) == COMMAND.length
    return words


def acknowledge(boot: int, sequence: int) -> list[int]:
    """The registers that let a node forget samples."""
    words = [boot >> 16, boot & 0xFFFF, sequence >> 16, sequence & 0xFFFF]
    assert len(words) == ACKNOWLEDGE.length
    return words


def time(wall_s: float) -> list[int]:
    """The registers that tell a node the time."""
    seconds = int(wall_s) & 0xFFFFFFFF
    return [seconds >> 16, seconds & 0xFFFF]


def _bits(mask: int, count: int) -> tuple[bool, ...]:
    return tuple(bool(mask >> bit & 1) for bit in range(count))
