"""Sendings that share one way out: the most urgent first, each tried a few times, none lost."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.messages.sending import NotDelivered, Outcome, Sending

log = logging.getLogger(__name__)

TRIES = 3
PAUSES_S = (3.0, 10.0)

Deliver = Callable[[Sending], Awaitable[Outcome]]
Finish = Callable[[Sending, Outcome], None]


@dataclass(eq=False)
class Waiting:
    """A sending in its lane; `passed_over` when a call went before it."""

    sending: Sending
    since_s: float
    tries: int = 0
    not_before_s: float = float("-inf")
    passed_over: bool = False

    @property
    def place(self) -> tuple[object, ...]:
        """Smaller goes first: what has waited for a call, then the urgent, an SMS before a call, the older."""
        sending = self.sending
        return not self.passed_over, sending.urgency, sending.channel == "call", self.since_s


class Lane:
    """Delivers with `workers` at a time; an SMS waits for one call at most."""

    def __init__(
        self, deliver: Deliver, finish: Finish, workers: int = 1, pauses_s: tuple[float, ...] = PAUSES_S
    ) -> None:
        self._deliver = deliver
        self._finish = finish
        self._workers = workers
        self._pauses_s = pauses_s
        self._waiting: list[Waiting] = []
        self._under_way = 0
        self._changed = asyncio.Event()

    @property
    def idle(self) -> bool:
        """True when nothing waits and nothing is under way."""
        return not self._waiting and not self._under_way

    def add(self, sending: Sending) -> None:
        """Deliver this too."""
        self._waiting.append(Waiting(sending, asyncio.get_running_loop().time() - sending.age_s))
        self._changed.set()

    def keep(self, due: set[tuple[object, ...]]) -> None:
        """Forget what waits and is no longer due."""
        self._waiting = [waiting for waiting in self._waiting if waiting.sending.key in due]

    async def run(self) -> None:
        """Deliver until cancelled."""
        await asyncio.gather(*(self._work() for _ in range(self._workers)))

    async def _work(self) -> None:
        while True:
            waiting = await self._next()
            self._under_way += 1
            try:
                await self._try(waiting)
            finally:
                self._under_way -= 1

    async def _next(self) -> Waiting:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            ready = [waiting for waiting in self._waiting if waiting.not_before_s <= loop.time()]
            if ready:
                first = min(ready, key=lambda waiting: waiting.place)
                self._waiting.remove(first)
                return first
            again_s = min((waiting.not_before_s for waiting in self._waiting), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(again_s):
                    await self._changed.wait()

    async def _try(self, waiting: Waiting) -> None:
        sending = waiting.sending
        try:
            outcome = await self._deliver(sending)
        except NotDelivered as error:
            self._failed(waiting, str(error), final=error.final)
        except Exception as error:
            log.exception("%s to %s", sending.channel, sending.person)
            self._failed(waiting, repr(error), final=False)
        else:
            self._finish(sending, outcome)
        if sending.channel == "call":
            for other in self._waiting:
                other.passed_over = other.passed_over or other.sending.channel == "sms"

    def _failed(self, waiting: Waiting, why: str, *, final: bool) -> None:
        waiting.tries += 1
        log.warning("%s to %s, try %d: %s", waiting.sending.channel, waiting.sending.person, waiting.tries, why)
        if final or waiting.tries >= TRIES:
            self._finish(waiting.sending, Outcome("failed", why))
            return
        pause_s = self._pauses_s[min(waiting.tries, len(self._pauses_s)) - 1]
        waiting.not_before_s = asyncio.get_running_loop().time() + pause_s
        self._waiting.append(waiting)
        self._changed.set()
