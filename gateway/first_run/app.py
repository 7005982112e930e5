"""The first run: from an empty gateway to a farm.toml, on the phone, in five steps.

It runs instead of the farm's pages while there is no farm.toml, and ends when it has written one.
"""

import asyncio
import secrets
from collections.abc import Callable
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from firmware.field.text import text as field_words
from gateway.first_run import lines
from gateway.first_run.draft import DraftPerson
from gateway.first_run.forms import people_typed, ponds_typed
from gateway.first_run.lines import Trouble
from gateway.first_run.run import FirstRun
from gateway.people.code import current_code, is_code
from gateway.people.settings import ROLES
from gateway.text import Text
from gateway.web import shared
from gateway.web.pages import STATIC, make_environment, static_folder
from gateway.web.shared import HEADERS, Words, same_origin

STEPS = ("farm", "lines", "ponds", "people", "check")
COOKIE = "first_run"


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
        known = secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), run.key.encode())
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
    run.draft.ponds = ponds_typed(await request.form(), run.draft, words)
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
    run.draft.people = people_typed(await request.form())
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


def _why(words: Text) -> Callable[[Trouble], str]:
    technical = field_words(words.language)

    def why(trouble: Trouble) -> str:
        parts = (technical(f"error.{trouble.code}.{part}", **trouble.values) for part in ("cause", "next"))
        return " ".join(parts)

    return why
