"""What the routes of the farm's pages share: the farm, the control process's newest word, the templates."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import apsw
from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from gateway.clock import Clock, PondTime, hour_of
from gateway.energy.book import DayBook, Days, Now
from gateway.farm import Farm
from gateway.journal.reader import JournalReader
from gateway.link import LinkClient
from gateway.people.limits import DoorLimits
from gateway.people.store import PeopleStore
from gateway.process import journal_path
from gateway.settings_file import Change, SettingsFile
from gateway.text import Text
from gateway.web.live import LiveMessages
from gateway.web.pages import STATIC, Pages, make_environment

SILENT_S = 5.0
NOTE_AGAIN_S = 1.0
TABS = (("/", "ponds"), ("/alarms", "alarms"), ("/machines", "machines"), ("/more", "more"))

T = TypeVar("T")


class Desk:
    """One for the application, of the farm that `path` describes; making it does no I/O."""

    def __init__(self, farm: Farm, path: Path) -> None:
        self.farm = farm
        self.path = path
        self.clock = Clock(speed=farm.simulation.speed)
        self.people = PeopleStore(farm.data / "people.sqlite", self.clock.wall)
        self.doors = DoorLimits(self.clock.monotonic)
        self.settings = SettingsFile(path, farm.data, self.clock.wall)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.link = LinkClient(farm.socket)
        self.pages = Pages(make_environment("gateway.web"))
        simulation = farm.simulation
        self.there = PondTime(self.clock, simulation.begins_hour, simulation.begins_s)
        self._book: tuple[Farm, DayBook] | None = None
        self.live = LiveMessages(self.pages, self.link, self.there)

    @property
    def ponds(self) -> list[dict[str, Any]]:
        """The ponds of the newest snapshot."""
        return list((self.link.snapshot or {}).get("ponds", []))

    @property
    def control_speaks(self) -> bool:
        """False when the control process has said nothing for a while."""
        return self.link.snapshot is not None and self.link.age_s() <= SILENT_S

    @property
    def book(self) -> DayBook:
        """What each pond used on each day, by the farm.toml of now."""
        if self._book is None or self._book[0] is not self.farm:
            self._book = (self.farm, DayBook(self.farm))
        return self._book[1]

    def now(self) -> Now | None:
        """The moment of asking; None while the hour at the ponds is not known."""
        there = self.there.now()
        if there is None:
            return None
        return Now(there=there, wall_s=self.clock.wall(), monotonic_s=self.clock.monotonic(), speed=self.clock.speed)

    async def days(self, count: int) -> Days:
        """What each pond used on each of the last days, today last; empty while hour or journal are not there."""
        now, empty = self.now(), Days()
        return empty if now is None else await self.read(lambda reader: self.book.days(reader, count, now), empty)

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

    def frame(self, request: Request) -> dict[str, Any]:
        """What every page's frame shows: the tabs, and who is asking."""
        person = request.state.person
        return {"person": person, "signed": "in" if person else "out", "tabs": TABS, "here": request.url.path}

    def show(self, request: Request, template: str, words: Text, *, title: str, **values: Any) -> HTMLResponse:
        """A page in the frame."""
        values |= {"t": words, "title": title, "static": STATIC} | self.frame(request)
        return HTMLResponse(self.pages.environment.get_template(template).render(values))

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Have it done by the event loop, from whatever thread."""
        if self.loop is None:
            work.close()
        else:
            asyncio.run_coroutine_threadsafe(work, self.loop)

    def change(self, change: Change, who: str, mark: str, **detail: Any) -> None:
        """Change farm.toml and start control again with it; raises FarmError, Overtaken or OSError, and changes nothing."""
        text, farm = self.settings.tried(change)
        self.settings.save(text, who, mark)
        self.farm = farm
        self.later(self._tell_control(who, detail))

    def undo(self, who: str) -> None:
        """Back to the farm.toml before the last change; raises FarmError, Overtaken or OSError, and changes nothing."""
        if self.settings.undo(who):
            self.farm = self.settings.read(self.settings.text())
            self.later(self._tell_control(who, {"undone": True}))

    async def _tell_control(self, who: str, detail: dict[str, Any]) -> None:
        await self.note("settings_undone" if "undone" in detail else "settings_changed", who=who, **detail)
        await self.order({"do": "restart"})

    async def order(self, order: dict[str, Any]) -> bool:
        """Ask control for something that it cannot refuse; False when it did not hear."""
        try:
            await self.link.order(order)
        except (ConnectionError, TimeoutError):
            return False
        return True

    async def note(self, kind: str, pond: str | None = None, **detail: Any) -> None:
        """Have control write an event into the journal; it is told again until it hears."""
        told = False
        while not told:
            told = await self.order({"do": "note", "kind": kind, "pond": pond, "detail": detail})
            await asyncio.sleep(0 if told else NOTE_AGAIN_S)

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
