"""Boards: the pages where officers make and revoke them, and the screen that needs nothing but its own token."""

from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment

from cloud.accounts.access import Asking, Officer, communes_seen
from cloud.accounts.audit import note
from cloud.api import Reading
from cloud.boards import repository
from cloud.boards.models import Board
from cloud.boards.screens import screens
from cloud.commands.api import Writing
from cloud.stations import repository as stations
from cloud.stations.access import keeps
from cloud.stations.api import Now
from cloud.stations.wording import clock
from gateway.text import Text
from gateway.web.pages import STATIC, make_environment
from gateway.web.shared import HEADERS, Words

MOST_STATIONS = 20
UNSEEN = {**HEADERS, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}

router = APIRouter(include_in_schema=False)

Name = Annotated[str, Form(min_length=1, max_length=60)]
Commune = Annotated[str, Form(max_length=20, pattern=r"^[0-9A-Za-z]*$")]
Chosen = Annotated[list[int] | None, Form()]


@cache
def _environment() -> Environment:
    return make_environment("cloud.boards", "cloud.web", "gateway.web")


def shown_board(token: Annotated[str, Path(max_length=60)], reading: Reading) -> Board:
    """The board of the address; 404 for one that is not, or no more."""
    found = repository.by_token(reading, token)
    if found is None:
        raise HTTPException(404, "there is no such board, or it is switched off")
    return found


ShownBoard = Annotated[Board, Depends(shown_board)]


@router.get("/boards")
def boards_page(asking: Officer, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """The boards of one's communes."""
    return _list(asking, reading, words, now_s)


@router.post("/boards")
def make_board(
    request: Request,
    asking: Officer,
    writing: Writing,
    words: Words,
    now_s: Now,
    name: Name,
    commune: Commune = "",
    station: Chosen = None,
) -> HTMLResponse:
    """A new board; its address is shown this once."""
    keeps(writing, asking, commune or None, now_s)
    chosen = list(dict.fromkeys(station or []))[:MOST_STATIONS]
    if not chosen or any(stations.one(writing, one) is None for one in chosen):
        return _list(asking, writing, words, now_s, problem=words("boards.no_choice"))
    board, token = repository.make(writing, name, commune or None, chosen, asking.name, now_s)
    note(writing, asking.who, "board_made", None, {"board": board.id, "name": name}, now_s)
    return _list(asking, writing, words, now_s, address=f"{request.base_url}boards/{token}")


@router.post("/boards/{board_id}/revoke")
def revoke_board(
    board_id: Annotated[int, Path(ge=0, lt=2**31)], asking: Officer, writing: Writing, now_s: Now
) -> Response:
    """Switch a board off for good."""
    board = repository.one(writing, board_id)
    if board is None:
        raise HTTPException(404, f"there is no board {board_id}")
    keeps(writing, asking, board.commune, now_s)
    if board.revoked_at is None:
        board.revoked_at = now_s
        note(writing, asking.who, "board_revoked", None, {"board": board.id, "name": board.name}, now_s)
    return RedirectResponse("/boards", status_code=303)


@router.get("/boards/static/{name}")
def board_static(name: Literal["board.css", "board.js"]) -> FileResponse:
    """What the screen is made of; public, as the screen is."""
    return FileResponse(str(resources.files("cloud.boards").joinpath("static", name)))


@router.get("/boards/{token}")
def board_screen(board: ShownBoard, token: str, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """The screen."""
    page = _environment().get_template("board.html")
    shown = screens(reading, board, words, now_s)
    return HTMLResponse(
        page.render(t=words, board=board, token=token, screens=shown, now_s=now_s, static=STATIC), headers=UNSEEN
    )


@router.get("/boards/{token}/now")
def board_now(board: ShownBoard, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """What the screen fetches again and again."""
    page = _environment().get_template("board_screens.html")
    return HTMLResponse(
        page.render(t=words, screens=screens(reading, board, words, now_s), now_s=now_s), headers=UNSEEN
    )


def _list(asking: Asking, session: Reading, words: Text, now_s: float, **values: Any) -> HTMLResponse:
    communes = None if asking.role == "administrator" else communes_seen(asking, now_s)
    rows = [
        {
            "board": board,
            "made": words("boards.made_by", name=board.made_by, day=clock(board.made_at)),
            "stations": ", ".join(station.name for station in repository.stations_of(session, board.id)),
        }
        for board in repository.boards(session, communes)
    ]
    frame = {
        "t": words,
        "title": words("boards.title"),
        "static": STATIC,
        "asking": asking,
        "address": "",
        "problem": "",
    }
    page = _environment().get_template("boards.html")
    return HTMLResponse(
        page.render({**frame, "rows": rows, "stations": stations.all_stations(session), **values}), headers=HEADERS
    )
