"""What the routes of the farm's pages share: the farm, the control process's newest word, the templates."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import apsw
from fastapi import Depends, HTTPException, Request

from gateway.clock import Clock, PondTime, hour_of
from gateway.farm import Farm
from gateway.journal.reader import JournalReader
from gateway.link import LinkClient
from gateway.process import journal_path, link_path
from gateway.web.live import LiveMessages
from gateway.web.pages import Pages, make_environment

SILENT_S = 5.0

T = TypeVar("T")


class Desk:
    """One for the application; making it does no I/O."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.link = LinkClient(link_path(farm))
        self.pages = Pages(make_environment("gateway.web"))
        simulation = farm.simulation
        self.there = PondTime(Clock(speed=simulation.speed), simulation.begins_hour, simulation.begins_s)
        self.live = LiveMessages(self.pages, self.link, self.there)

    @property
    def ponds(self) -> list[dict[str, Any]]:
        """The ponds of the newest snapshot."""
        return list((self.link.snapshot or {}).get("ponds", []))

    @property
    def control_speaks(self) -> bool:
        """False when the control process has said nothing for a while."""
        return self.link.snapshot is not None and self.link.age_s() <= SILENT_S

    def pond(self, pond_id: str) -> dict[str, Any]:
        """A pond of the newest snapshot; HTTPException 404 when there is none."""
        for pond in self.ponds:
            if pond["id"] == pond_id:
                return pond
        raise HTTPException(404, f"there is no pond {pond_id}")

    def aged(self) -> dict[str, Any] | None:
        """The newest snapshot, its readings as old as they are by now, and the hour at the ponds."""
        if self.link.snapshot is None:
            return None
        since_s = self.link.age_s()
        ponds = [{**pond, "age_s": None if pond["age_s"] is None else pond["age_s"] + since_s} for pond in self.ponds]
        return {**self.link.snapshot, "ponds": ponds, "hour": hour_of(self.there.now())}

    async def read(self, question: Callable[[JournalReader], T], otherwise: T) -> T:
        """The journal's answer, off the event loop; `otherwise` while there is no journal to read."""
        return await asyncio.to_thread(self._read, question, otherwise)

    def _read(self, question: Callable[[JournalReader], T], otherwise: T) -> T:
        try:
            with contextlib.closing(JournalReader(journal_path(self.farm))) as reader:
                return question(reader)
        except apsw.Error:
            return otherwise


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


AtDesk = Annotated[Desk, Depends(_desk)]
