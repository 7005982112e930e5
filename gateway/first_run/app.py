"""The first run: from an empty gateway to a farm.toml, on the phone, in five steps.

It runs instead of the farm's pages while there is no farm.toml, and ends when it has written one.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from firmware.field.text import text as field_words
from gateway.files import write_whole
from gateway.first_run import lines
from gateway.first_run.draft import Draft, DraftPerson, DraftPond
from gateway.first_run.lines import Board, Trouble
from gateway.numbers import number_typed
from gateway.people.code import current_code, is_code
from gateway.people.limits import DoorLimits
from gateway.text import Text
from gateway.web import shared
from gateway.web.pages import STATIC, make_environment, static_folder
from gateway.web.shared import HEADERS, Words, same_origin

STEPS = ("farm", "lines", "ponds", "people", "check")
MOST_PEOPLE = 12
COOKIE = "first_run"


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


def _first_run(request: Request) -> FirstRun:
    found: FirstRun = request.app.state.run
    return found


Run = Annotated[FirstRun, Depends(_first_run)]
router = APIRouter(dependencies=[Depends(same_origin)])


def make_first_run(run: FirstRun) -> FastAPI:
    """The application."""
    app = FastAPI(title="Pondkeeper gateway", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.run = run
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    app.include_router(shared.router)
    app.include_router(router)

    @app.middleware("http")
    async def only_with_the_code(request: Request, proceed: Any) -> Response:
        known = secrets.compare_digest(request.cookies.get(COOKIE, ""), run.key)
        open_to_all = request.url.path.startswith(("/static/", "/language", "/code"))
        response: Response = await proceed(request) if known or open_to_all else RedirectResponse("/code", 303)
        response.headers.update(HEADERS)
        return response

    return app


def _show(run: FirstRun, step: str, words: Text, **values: Any) -> HTMLResponse:
    template = make_environment("gateway.web").get_template(f"first_run/{step}.html")
    title = words("first_run.title")
    page = template.render(t=words, title=title, static=STATIC, run=run, step=step, steps=STEPS, **values)
    return HTMLResponse(page)


def _go(step: str) -> Response:
    return RedirectResponse(f"/{step}", status_code=303)


@router.get("/code")
async def ask_code(run: Run, words: Words) -> Response:
    """Whoever stands at the gateway can read the code there."""
    current_code(run.data)
    return _show(run, "code", words, problem="")


@router.post("/code")
async def take_code(request: Request, code: Annotated[str, Form(max_length=40)], run: Run, words: Words) -> Response:
    """The right code opens the first run for this browser."""
    address = request.client.host if request.client else ""
    if wait_s := run.doors.try_s("code", address):
        return _show(run, "code", words, problem=words("door.wait", minutes=wait_s / 60 + 1))
    if not is_code(run.data, code):
        return _show(run, "code", words, problem=words("door.wrong_code"))
    response = _go("farm")
    response.set_cookie(COOKIE, run.key, httponly=True, samesite="lax")
    return response


@router.get("/")
@router.get("/farm")
async def farm(run: Run, words: Words) -> Response:
    """Step 1: what the farm is called."""
    return _show(run, "farm", words)


@router.post("/farm")
async def name_farm(name: Annotated[str, Form(min_length=1, max_length=60)], run: Run) -> Response:
    """Its name."""
    run.draft.name = name.strip()
    return _go("lines")


@router.get("/lines")
async def show_lines(run: Run, words: Words) -> Response:
    """Step 2: which boards are on which line."""
    return _show(run, "lines", words, ports=run.ports(), why=_why(words))


@router.get("/lines/found")
async def found(run: Run, words: Words) -> Response:
    """How far the searches are, and what they found."""
    return _show(run, "found", words, ports=run.ports(), why=_why(words))


@router.post("/lines")
async def search(port: Annotated[str, Form()], run: Run, words: Words) -> Response:
    """Look at a line."""
    if port in run.ports():
        run.search(port)
    return await found(run, words)


@router.post("/blink")
async def blink(board: Annotated[str, Form()], run: Run, words: Words) -> Response:
    """Which box on the wall is it?"""
    known = run.board(board)
    if known is None:
        return HTMLResponse("")
    try:
        await asyncio.to_thread(lines.blink, known)
    except Trouble as trouble:
        return HTMLResponse(escape(_why(words)(trouble)))
    return HTMLResponse(words("first_run.blinks"))


@router.get("/ponds")
async def ponds(run: Run, words: Words) -> Response:
    """Step 3: which board is at which pond."""
    return _show(run, "ponds", words, ponds=run.draft.ponds or run.draft.propose(), problem="")


@router.post("/ponds")
async def set_ponds(request: Request, run: Run, words: Words) -> Response:
    """The ponds as they were named."""
    run.draft.ponds = _ponds(await request.form(), run.draft, words)
    if not run.draft.ponds:
        return _show(run, "ponds", words, ponds=run.draft.propose(), problem=words("first_run.no_pond"))
    return _go("people")


@router.get("/people")
async def people(run: Run, words: Words) -> Response:
    """Step 4: whom an alarm calls."""
    return _show(run, "people", words, people=run.draft.people or [DraftPerson("", role="owner")], roles=ROLES)


@router.post("/people")
async def set_people(request: Request, run: Run) -> Response:
    """The people as they were named."""
    run.draft.people = _people(await request.form())
    return _go("check")


@router.get("/check")
async def check(run: Run, words: Words) -> Response:
    """Step 5: is it right?"""
    problem = run.draft.check() if run.draft.ponds else words("first_run.no_pond")
    return _show(run, "check", words, problem=problem)


@router.post("/check")
async def finish(run: Run, words: Words) -> Response:
    """Write farm.toml; the farm's own processes take over."""
    problem = run.write() if run.draft.ponds else words("first_run.no_pond")
    if problem:
        return _show(run, "check", words, problem=problem)
    run.finished()
    return _show(run, "done", words)


ROLES = ("owner", "worker", "technician", "neighbour", "officer")


def _why(words: Text) -> Callable[[Trouble], str]:
    technical = field_words(words.language)

    def why(trouble: Trouble) -> str:
        parts = (technical(f"error.{trouble.code}.{part}", **trouble.values) for part in ("cause", "next"))
        return " ".join(parts)

    return why


def _ponds(form: Any, draft: Draft, words: Text) -> list[DraftPond]:
    """A node without a pond's name is left out; so is a panel that has no output ticked."""
    found = []
    for at, node in enumerate(draft.nodes):
        name = str(form.get(f"name-{at}", "")).strip()[:60]
        if not name:
            continue
        panel = next((board for board in draft.panels if board.key == form.get(f"panel-{at}")), None)
        outputs = {int(text) for text in form.getlist(f"aerator-{at}") if str(text).isdigit()}
        aerators = sorted(outputs & set(range(1, panel.aerators + 1))) if panel else []
        found.append(
            DraftPond(
                name=name,
                node=node.key,
                panel=panel.key if panel and aerators else "",
                aerators=aerators,
                area_m2=number_typed(str(form.get(f"area-{at}", "")), words.language),
                power_kw=number_typed(str(form.get(f"power-{at}", "")), words.language),
            )
        )
    return found


def _people(form: Any) -> list[DraftPerson]:
    """Lines without a name are left out; a number that begins with 0 is one of Vietnam."""
    found = []
    for at in range(MOST_PEOPLE):
        name = str(form.get(f"name-{at}", "")).strip()[:60]
        phone = "".join(sign for sign in str(form.get(f"phone-{at}", "")) if sign.isdigit() or sign == "+")
        if phone.startswith("0"):
            phone = "+84" + phone[1:]
        role = str(form.get(f"role-{at}", ""))
        if name:
            found.append(DraftPerson(name, phone, role if role in ROLES else "worker"))
    return found
