"""Polls the nodes of one line, one after another, for ever; between the polls fetches what nodes kept.

A window of old samples keeps a line busy four times as long as the newest sample does. So it is fetched when no poll falls
due meanwhile, and on a line without such a pause once in a while all the same.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from gateway.bus.errors import BusError, LineDown
from gateway.bus.node import Node

IDLE_S = 0.02
STARVED_S = 3.0


class Poller:
    """Each node in its turn, at most once a `period_s`; a sick one waits out its back-off while the others go on."""

    def __init__(
        self,
        nodes: Sequence[Node],
        period_s: float,
        on_change: Callable[[Node, BusError | None], None],
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
        self._fetched_last: Node | None = None

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

    async def _poll(self, node: Node) -> None:
        self.turns += 1
        started = self._monotonic()
        self._due[node.name] = max(self._due[node.name] + self._period_s, started)
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

    async def _told(self, node: Node, work: Coroutine[Any, Any, None]) -> None:
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
