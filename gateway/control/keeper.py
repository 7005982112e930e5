"""Carries one panel's wishes to its relays: at once when they change, and every second to renew the lease."""

import asyncio
import contextlib

from gateway.bus.errors import BusError
from gateway.bus.panel import Panel
from gateway.bus.turns import RELAY
from gateway.control.farm_control import PanelWish

RENEW_S = 1.0
EXPIRY_S = 30


class Keeper:
    """Keeps one panel. Without a decision it renews nothing, so that the panel's own rule turns its aerators on.

    A board without such a rule (it "holds") is told to let all run. So is a panel whose siren shall sound, for that needs a
    command.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.error = ""
        self._wish = PanelWish()
        self._changed = asyncio.Event()

    def wish(self, wish: PanelWish) -> None:
        """What the panel shall do from now on."""
        if wish != self._wish:
            self._wish = wish
            self._changed.set()

    async def run(self) -> None:
        """Keep the panel until cancelled."""
        while True:
            self._changed.clear()
            try:
                if self.panel.due():
                    await self._renew()
                    self.error = ""
            except BusError as error:
                self.error = str(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), RENEW_S)

    async def _renew(self) -> None:
        wish = self._wish
        if not self.panel.known:
            await self.panel.identify()
        if wish.decided or wish.siren or self._holds:
            await self._command(wish)
        if self.panel.known:
            await self.panel.read_state(RELAY)

    async def let_go(self) -> None:
        """The gateway leaves: what would hold its last command is told to let all run; raises BusError."""
        if self._holds:
            await self._command(PanelWish())

    @property
    def _holds(self) -> bool:
        return self.panel.on_gateway_death == "holds"

    async def _command(self, wish: PanelWish) -> None:
        wanted = [wish.wanted.get(at, True) for at in range(self.panel.aerators)]
        self.panel.set_speeds(wish.speed)
        await self.panel.command(wanted, EXPIRY_S, RELAY, wish.siren)
