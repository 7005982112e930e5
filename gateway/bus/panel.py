"""What holds aerators, whoever made it."""

from collections.abc import Mapping
from typing import Protocol

from gateway.bus.blocks import PanelState
from hardware.registers import HOA_AUTO


class Panel(Protocol):
    """A panel node, a relay board, or a pond's drives. `on_gateway_death` is "runs" or "holds"."""

    name: str
    state: PanelState | None
    state_s: float

    @property
    def on_gateway_death(self) -> str | None:
        """What its aerators do when the gateway dies: "runs" by its own rule, or "holds" the last command."""

    @property
    def known(self) -> bool:
        """True when it has said who it is."""

    @property
    def aerators(self) -> int:
        """Aerators wired to it, 0 while that is not known."""

    def due(self) -> bool:
        """True when it is not being left alone."""

    async def identify(self) -> None:
        """Ask who it is; raises BusError."""

    def set_speeds(self, speeds: Mapping[int, float]) -> None:
        """How fast which aerators shall turn when they run, as fractions of full speed; full where nothing is said."""

    async def command(self, wanted: list[bool], expiry_s: int, urgency: int, siren: bool = False) -> None:
        """What shall run; raises BusError."""

    async def read_state(self, urgency: int) -> PanelState:
        """What it does now; raises BusError."""


def plain_state(
    wanted: list[bool], allowed: list[bool], running: list[bool], current_a: list[float | None]
) -> PanelState:
    """The state of what has no switches, no lease and no mains sensing."""
    count = len(allowed)
    none = (False,) * count
    return PanelState(
        reason=0,
        lease_counter=0,
        wanted=tuple(wanted),
        allowed=tuple(allowed),
        running=tuple(running),
        hand_off_auto=(HOA_AUTO,) * count,
        current_a=tuple(current_a),
        lease_losses=0,
        held_off=none,
        not_running=none,
        mains=None,
        siren=False,
        running_kw=0.0,
    )
