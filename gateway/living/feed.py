"""Feeds the watchdog while everything moves: when one part stands still, the process is killed and started again."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from gateway.living.notify import notify, watchdog_s

log = logging.getLogger(__name__)

LOOKS = 6  # within the watchdog's time

Mark = Callable[[], int]


class Feed:
    """`marks` gives for each part a number that grows with each of its steps; none for a process that is only a loop."""

    def __init__(self, marks: Mapping[str, Mark]) -> None:
        self._marks = marks
        self._fed = {name: mark() for name, mark in marks.items()}
        self._ready = False

    def stuck(self) -> list[str]:
        """The parts that made no step since the last feed."""
        return [name for name, mark in self._marks.items() if mark() == self._fed[name]]

    def look(self) -> bool:
        """Feed if every part has moved; whether it did."""
        stuck = self.stuck()
        if stuck:
            notify("STATUS=waiting for " + ", ".join(stuck))
            return False
        self._fed = {name: mark() for name, mark in self._marks.items()}
        notify(*(() if self._ready else ("READY=1",)), "WATCHDOG=1", "STATUS=running")
        self._ready = True
        return True

    async def run(self) -> None:
        """Look for ever."""
        every_s = watchdog_s() / LOOKS
        hungry = 0
        while True:
            hungry = 0 if self.look() else hungry + 1
            if hungry == LOOKS // 2:
                log.error("standing still: %s", ", ".join(self.stuck()))
            await asyncio.sleep(every_s if self._ready else min(1.0, every_s))
