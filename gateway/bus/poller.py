"""Polls the nodes of one line, one after another, for ever; between the polls fetches what nodes kept.

A window of old samples keeps a line busy four times as long as the newest sample does. So it is fetched when no poll falls
due meanwhile, and on a line without such a pause once in a while all the same.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from gateway.bus.device import Device
from gateway.bus.errors import BusError, LineDown

IDLE_S = 0.02
STARVED_S = 3.0


class Polled(Protocol):
    """A node or a foreign device; `least_period_s` is how often it is worth asking."""

    name: str
    device: Device
    least_period_s: float

    @property
    def behind(self) -> bool:
        """True when it keeps older samples that can be fetched now."""

    @property
    def fetch_time_s(self) -> float:
        """How long a window of them keeps the line busy."""

    async def poll(self) -> None:
        """The newest; raises BusError."""

    async def fetch(self) -> None:
        """A window of older ones; raises BusError."""


class Poller:
    """Each node in its turn, at most once a `period_s`; a sick one waits out its back-off while the others go on."""

    def __init__(
        self,
        nodes: Sequence[Polled],
        period_s: float,
        on_change: Callable[[Polled, BusError | None], None],
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.turns = 0  # grows with each step, for whoever watches that it does not hang
        self._nodes = nodes
        self._period_s = period_s
        self._on_change = on_change
        self._monotonic = monotonic
        self._sleep = sleep
        self._due = {node.name: 0.0 for node in nodes}
        self._fetched_s = monotonic()
        self._fetched_last: Polled | None = None

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            self.turns += 1
            polled = False
            for node in self._nodes:
                if self._monotonic() >= self._due[node.name] and node.device.due():
                    await self._poll(node)
                    polled = True
            fetched = await self._fetch_if_there_is_time()
            if not polled and not fetched:
                await self._sleep(self._idle_s())

    async def _poll(self, node: Polled) -> None:
        self.turns += 1
        started = self._monotonic()
        period_s = max(self._period_s, node.least_period_s)
        self._due[node.name] = max(self._due[node.name] + period_s, started)
        await self._told(node, node.poll())

    async def _fetch_if_there_is_time(self) -> bool:
        """One window of one node, the nodes in turn."""
        at = self._nodes.index(self._fetched_last) + 1 if self._fetched_last else 0
        order = [*self._nodes[at:], *self._nodes[:at]]
        node = next((node for node in order if node.behind and node.device.due()), None)
        if node is None:
            return False
        starved = self._monotonic() - self._fetched_s >= STARVED_S
        if self._next_poll_in_s() < node.fetch_time_s and not starved:
            return False
        self._fetched_s = self._monotonic()
        self._fetched_last = node
        await self._told(node, node.fetch())
        return True

    async def _told(self, node: Polled, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LineDown as error:
            self._on_change(node, error)
            await self._sleep(IDLE_S)
        except BusError as error:
            self._on_change(node, error)
        else:
            self._on_change(node, None)

    def _next_poll_in_s(self) -> float:
        now_s = self._monotonic()
        waits = [max(self._due[node.name] - now_s, node.device.retry_in_s()) for node in self._nodes]
        return min(waits, default=1.0)

    def _idle_s(self) -> float:
        return min(1.0, max(IDLE_S, self._next_poll_in_s()))
