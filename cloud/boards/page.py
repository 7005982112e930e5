"""Boards: the pages where officers make and revoke them, and the screen that needs nothing but its own token."""

from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, Officer, communes_seen
from cloud.accounts.audit import note
from cloud.accounts.page import Name, Now, show
from cloud.api import Reading
from cloud.boards import repository
from cloud.boards.models import Board
from cloud.boards.screens import advice, screens
from cloud.commands.api import Writing
from cloud.ids import Id, Number
from cloud.stations import repository as stations
from cloud.stations.access import keeps
from cloud.stations.wording import clock
from gateway.text import Text
from gateway.web.shared import Words

MOST_STATIONS = 20
UNSEEN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}

router = APIRouter(prefix="/boards", include_in_schema=False)

Commune = Annotated[str, Form(max_length=20, pattern=r"^[0-9A-Za-z]*$")]
Chosen = Annotated[list[Number] | None, Form()]


def shown_board(token: Annotated[str, Path(max_length=60)], reading: Reading) -> Board:
    """The board of the address; 404 for one that is not, or no more."""
    found = repository.by_token(reading, token)
    if found is None:
        raise HTTPException(404, "there is no such board, or it is switched off")
    return found


ShownBoard = Annotated[Board, Depends(shown_board)]


@router.get("")
def boards_page(request: Request, asking: Officer, reading: Reading, words: Words, now_s: Now) -> Response:
    """The boards of one's communes."""
    return _list(request, asking, reading, words, now_s)


@router.post("")
def make_board(
    request: Request,
    asking: Officer,
    writing: Writing,
    words: Words,
    now_s: Now,
    name: Name,
    commune: Commune = "",
    station: Chosen = None,
) -> Response:
    """A new board; its address is shown this once."""
    keeps(writing, asking, commune or None, now_s)
    chosen = list(dict.fromkeys(station or []))[:MOST_STATIONS]
    if not chosen or any(stations.one(writing, one) is None for one in chosen):
        return _list(request, asking, writing, words, now_s, problem=words("boards.no_choice"))
    board, token = repository.make(writing, name, commune or None, chosen, asking.name, now_s)
    note(writing, asking.who, "board_made", None, {"board": board.id, "name": name}, now_s)
    return _list(request, asking, writing, words, now_s, address=f"{request.base_url}boards/{token}")


@router.post("/{board_id}/revoke")
def revoke_board(board_id: Id, asking: Officer, writing: Writing, now_s: Now) -> Response:
    """Switch a board off for good."""
    board = repository.one(writing, board_id)
    if board is None:
        raise HTTPException(404, f"there is no board {board_id}")
    keeps(writing, asking, board.commune, now_s)
    if board.revoked_at is None:
        board.revoked_at = now_s
        note(writing, asking.who, "board_revoked", None, {"board": board.id, "name": board.name}, now_s)
    return RedirectResponse("/boards", status_code=303)


@router.get("/static/{name}")
def board_static(name: Literal["board.css", "board.js"]) -> FileResponse:
    """What the screen is made of; public, as the screen is."""
    return FileResponse(str(resources.files("cloud.boards").joinpath("static", name)))


@router.get("/{token}")
def board_screen(
    request: Request, board: ShownBoard, token: str, reading: Reading, words: Words, now_s: Now
) -> Response:
    """The screen."""
    return _screen(request, "board.html", words, board, reading, now_s, token=token)


@router.get("/{token}/now")
def board_now(request: Request, board: ShownBoard, reading: Reading, words: Words, now_s: Now) -> Response:
    """What the screen fetches again and again."""
    return _screen(request, "board_screens.html", words, board, reading, now_s)


def _screen(
    request: Request, template: str, words: Text, board: Board, session: Session, now_s: float, **values: str
) -> Response:
    shown: dict[str, Any] = {"board": board, "now_s": now_s, **values}
    shown |= {"screens": screens(session, board, words, now_s), "advice": advice(session, board, words, now_s)}
    page = show(request, template, words, title=board.name, **shown)
    page.headers.update(UNSEEN)
    return page


def _list(
    request: Request, asking: Asking, session: Session, words: Text, now_s: float, address: str = "", problem: str = ""
) -> Response:
    communes = None if asking.role == "administrator" else communes_seen(asking, now_s)
    rows = [
        {
            "board": board,
            "made": words("boards.made_by", name=board.made_by, day=clock(board.made_at)),
            "stations": ", ".join(station.name for station in repository.stations_of(session, board.id)),
        }
        for board in repository.boards(session, communes)
    ]
    return show(
        request,
        "boards.html",
        words,
        title=words("boards.title"),
        address=address,
        problem=problem,
        rows=rows,
        communes=repository.codes(session, communes) if communes is not None else [],
        stations=stations.all_stations(session),
    )
