"""A relay board as a panel: aerators on its normally closed contacts, so that a board without power lets them run.

It has no watchdog. While it has power it holds what it was told last, also when the gateway is dead.
"""

from collections.abc import Mapping
from typing import Any

from gateway.bus.blocks import PanelState
from gateway.bus.foreign import Foreign
from gateway.bus.panel import plain_state
from gateway.bus.request import COIL_OFF, COIL_ON, WRITE_COIL, bits_of, read_bits, write_bits, write_one
from gateway.bus.template import Relays
from gateway.bus.turns import POLL


class RelayBoard(Foreign):
    """A relay that is drawn in holds its aerator off."""

    on_gateway_death = "holds"
    known = True

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        assert self.template.relays is not None
        self.state: PanelState | None = None
        self.state_s = float("-inf")
        self._relays: Relays = self.template.relays
        self._wanted = [True] * self._relays.count

    @property
    def aerators(self) -> int:
        """Relays of the board."""
        return self._relays.count

    def due(self) -> bool:
        """True when it is not being left alone."""
        return self.device.due()

    async def identify(self) -> None:
        """It cannot say who it is."""

    def set_speeds(self, speeds: Mapping[int, float]) -> None:
        """Relays know one speed."""

    async def poll(self) -> None:
        """What the relays do; raises BusError."""
        await self.read_state(POLL)

    async def command(self, wanted: list[bool], _expiry_s: int, urgency: int, siren: bool = False) -> None:  # noqa: ARG002
        """Draw in the relays of what shall rest; raises BusError."""
        self._wanted = wanted
        drawn = [not run for run in wanted]
        relays = self._relays
        if relays.write_function == WRITE_COIL:
            for at, on in enumerate(drawn):
                value = COIL_ON if on else COIL_OFF
                await self.device.ask(write_one(WRITE_COIL, relays.write_address + at, value), urgency)
        else:
            await self.device.ask(write_bits(relays.write_address, drawn), urgency)

    async def read_state(self, urgency: int) -> PanelState:
        """Which aerators may run; that they do is only presumed. Raises BusError."""
        relays = self._relays
        body = await self.device.ask(read_bits(relays.read_function, relays.read_address, relays.count), urgency)
        allowed = [not drawn for drawn in bits_of(body, relays.count)]
        self.state = plain_state(self._wanted, allowed, allowed, [None] * relays.count)
        self.state_s = self._monotonic()
        return self.state
