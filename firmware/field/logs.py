"""`logs`: the error log of a node, by cable."""

from typing import Annotated

import typer

from firmware.field import ports
from firmware.field.board import Board
from firmware.field.frame import Screen, run
from firmware.field.text import words

LOG_FILES = ("/errors.old", "/errors.log")


def register(app: typer.Typer) -> None:
    """Add `logs`."""

    @app.command("logs", help=words("logs.help"))
    def logs(port: Annotated[str | None, typer.Option("--port", help=words("frame.option.port"))] = None) -> None:
        run(lambda screen: _show(screen, ports.choose(port)))


def _show(screen: Screen, port: str) -> None:
    with Board(port) as board:
        text = b"".join(board.read(name) or b"" for name in LOG_FILES).decode(errors="replace")
        board.reset()
    if text:
        screen.console.print(text, markup=False, end="")
    else:
        screen.say("logs.empty")
    screen.result({"port": port, "log": text})
