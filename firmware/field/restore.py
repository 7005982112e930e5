"""`pondkeeper-node restore`: brings a copy back to its node, or to the board that replaces it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware.field.files import read_file
from firmware.field.frame import Screen, Trouble, run
from firmware.field.node_client import NodeClient
from firmware.field.node_copy import unpacked
from firmware.field.session import open_client
from firmware.field.settings import OF_THE_BOARD, put
from firmware.field.text import words
from hardware.registers import DOCUMENT_CALIBRATION


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("restore.help"))
    def restore(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("restore.unit"))],
        file: Annotated[Path, typer.Argument(help=words("restore.file"))],
        yes: Annotated[bool, typer.Option("--yes", help=words("restore.yes"))] = False,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            copy = unpacked(read_file(file), file)
            with open_client(port, baud, unit) as client:
                bring_back(client, screen, copy, yes=yes)

        run(work)


def bring_back(client: NodeClient, screen: Screen, copy: dict[str, Any], *, yes: bool) -> None:
    """Settings first, a reset, then the calibrations, each read back; the node keeps its present unit id and speed."""
    identity = client.identity()
    if identity.hardware_id != copy["hardware_id"]:
        screen.say("restore.other_board", before=copy["hardware_id"], now=identity.hardware_id)
        if not (yes or screen.confirm("restore.agree")):
            raise Trouble("E-STOP-01")
    put(client, {name: value for name, value in json.loads(copy["settings"]).items() if name not in OF_THE_BOARD})
    for channel, document in copy["calibration"].items():
        client.send_document(DOCUMENT_CALIBRATION, document.encode(), int(channel))
        if json.loads(client.read_document(DOCUMENT_CALIBRATION, int(channel))) != json.loads(document):
            raise Trouble("E-NODE-45", unit=client.unit_id)
    screen.result({"unit": client.unit_id, "calibrations": len(copy["calibration"])})
    screen.passed("restore.done", calibrations=len(copy["calibration"]))
