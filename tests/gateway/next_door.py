"""A farm with neighbours: the real control process (without lines), its journal, and the pages' application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from gateway.bus.samples import Sample
from gateway.clock import Clock
from gateway.process import ControlProcess
from gateway.web.desk import Desk
from gateway.web.server import make_app
from tests.gateway.farms import FARM, sample, small_farm


class Farmhouse:
    """Control that answers orders and speaks when it is told to."""

    def __init__(self, folder: Path, neighbours: str) -> None:
        self.farm = small_farm(folder, FARM + neighbours)
        self.control = ControlProcess(self.farm, Clock())
        self.app: FastAPI = make_app(self.farm, folder / "farm.toml")
        self.desk: Desk = self.app.state.desk
        self._sequence = 0

    async def measure(self, do_mg_l: float | None = 5.0, **changes: Any) -> None:
        """One sample of node-1, judged and shown."""
        self._sequence += 1
        made: Sample = sample(self._sequence, self.control.clock.monotonic(), do_mg_l, **changes)
        self.control.journal.put(made)
        self.control.control.take("node-1", made, 10.0)
        await self.speak()

    async def speak(self) -> None:
        """A pass, and the snapshot of it at the pages."""
        self.control.control.step()
        before = self.desk.link.snapshot
        self.control.link.publish(self.control.snapshot())
        async with asyncio.timeout(5):
            while self.desk.link.snapshot is before:  # noqa: ASYNC110 - the link's own event is used up by its readers
                await asyncio.sleep(0.005)

    def key(self, role: str) -> dict[str, str]:
        """A key's header."""
        return {"Authorization": f"Bearer {self.desk.people.make_token(f'a-{role}', role)}"}


@contextlib.asynccontextmanager
async def farmhouse(folder: Path, neighbours: str) -> AsyncIterator[Farmhouse]:
    """Control's link and the application's life, both in this loop."""
    made = Farmhouse(folder, neighbours)
    made.control.journal.open()
    await made.control.link.start()
    async with made.app.router.lifespan_context(made.app):
        async with asyncio.timeout(5):
            while made.desk.link._writer is None:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.005)
        yield made
    await made.control.link.stop()
    made.control.journal.close()
