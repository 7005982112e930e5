"""Polls the nodes of one line, one after another, for ever."""

import asyncio
import time
from collections.abc import Callable, Sequence

from gateway.bus.errors import BusError, LineDown
from gateway.bus.node import Node

IDLE_S = 0.02


class Poller:
    """Each node in its turn, at most once a `period_s`; a sick one waits out its back-off while the others go on."""

    def __init__(
        self,
        nodes: Sequence[Node],
        period_s: float,
        on_change: Callable[[Node, BusError | None], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nodes = nodes
        self._period_s = period_s
        self._on_change = on_change
        self._monotonic = monotonic
        self._due = {node.name: 0.0 for node in nodes}

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            polled = False
            for node in self._nodes:
                if self._monotonic() >= self._due[node.name] and node.device.due():
                    await self._poll(node)
                    polled = True
            if not polled:
                await asyncio.sleep(self._idle_s())

    async def _poll(self, node: Node) -> None:
        started = self._monotonic()
        self._due[node.name] = max(self._due[node.name] + self._period_s, started)
        try:
            await node.poll()
        except LineDown as error:
            self._on_change(node, error)
            await asyncio.sleep(IDLE_S)
        except BusError as error:
            self._on_change(node, error)
        else:
            self._on_change(node, None)

    def _idle_s(self) -> float:
        now_s = self._monotonic()
        waits = [max(self._due[node.name] - now_s, node.device.retry_in_s()) for node in self._nodes]
        return min(1.0, max(IDLE_S, min(waits, default=1.0)))
