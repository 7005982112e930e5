"""Whose turn it is on a line: relay commands before polls, polls before guests, first come first served among equals."""

import asyncio
import heapq
import itertools
from types import TracebackType

RELAY = 0
POLL = 1
GUEST = 2


class Turns:
    """A lock that wakes its waiters by urgency; `async with turns.take(RELAY): ...`."""

    def __init__(self) -> None:
        self._taken = False
        self._order = itertools.count()
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []

    def take(self, urgency: int) -> "_Turn":
        """A turn of this urgency, smaller numbers first."""
        return _Turn(self, urgency)

    async def acquire(self, urgency: int) -> None:
        """Wait for the turn."""
        if not self._taken:
            self._taken = True
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (urgency, next(self._order), future))
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Hand the turn to the most urgent waiter."""
        while self._waiters:
            _, _, future = heapq.heappop(self._waiters)
            if not future.done():
                future.set_result(None)
                return
        self._taken = False


class _Turn:
    def __init__(self, turns: Turns, urgency: int) -> None:
        self._turns = turns
        self._urgency = urgency

    async def __aenter__(self) -> None:
        await self._turns.acquire(self._urgency)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns.release()
