"""A condition of one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.alarms.state import Signal

Values = Mapping[str, float | str]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What makes an alarm one and not another."""

    kind: str
    pond: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that is true or undecided; one that is not named is gone. While one of `because` holds it is its
    consequence and not told; a cause stands before its consequences."""

    key: Key
    signal: Signal = Signal.TRUE
    values: Values = field(default_factory=dict)
    because: tuple[Key, ...] = ()


def signal_below(value: float | None, limit: float, deadband: float) -> Signal:
    """TRUE below the limit, GONE from limit + deadband on; HOLD between them and while the value is not known."""
    if value is None or limit <= value < limit + deadband:
        return Signal.HOLD
    return Signal.TRUE if value < limit else Signal.GONE


def signal_above(value: float | None, limit: float, deadband: float) -> Signal:
    """TRUE above the limit, GONE from limit - deadband down; HOLD between them and while the value is not known."""
    return signal_below(None if value is None else -value, -limit, deadband)
