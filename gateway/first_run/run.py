"""Where the technician stands in the first run: the draft, the searches that go on, the door."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.files import write_whole
from gateway.first_run import lines
from gateway.first_run.draft import Draft
from gateway.first_run.lines import Board, Trouble
from gateway.people.limits import DoorLimits


@dataclass
class Search:
    """A line that is being looked at."""

    port: str
    share: float = 0.0
    running: bool = True
    found: int = 0
    trouble: Trouble | None = None


@dataclass
class FirstRun:
    """Where the technician stands. `finished` is called with the path when farm.toml is written."""

    path: Path
    finished: Callable[[], None]
    ports: Callable[[], list[str]] = lines.ports
    draft: Draft = field(default_factory=Draft)
    searches: dict[str, Search] = field(default_factory=dict)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    doors: DoorLimits = field(default_factory=lambda: DoorLimits(time.monotonic))
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def data(self) -> Path:
        """Where the farm's data will lie, and the code lies now."""
        return self.path.parent / "data"

    def search(self, port: str) -> None:
        """Look at a line, unless that is going on."""
        if port in self.searches and self.searches[port].running:
            return
        search = self.searches[port] = Search(port)
        task = asyncio.get_running_loop().create_task(self._look(search))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _look(self, search: Search) -> None:
        def told(share: float) -> None:
            search.share = share

        try:
            boards = await asyncio.to_thread(lines.look_at, search.port, told)
        except Trouble as trouble:
            search.trouble = trouble
        else:
            search.found = len(boards)
            self.draft.replace_line(search.port, boards)
        search.running = False

    def board(self, key: str) -> Board | None:
        """A board that was found."""
        return next((board for board in self.draft.boards if board.key == key), None)

    def write(self) -> str:
        """farm.toml, whole or not at all; returns why not."""
        if problem := self.draft.check():
            return problem
        try:
            write_whole(self.path, self.draft.toml())
        except OSError as error:
            return f"{self.path}: {error}"
        return ""
