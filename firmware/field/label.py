"""`pondkeeper-node label`: what a technician sticks onto the box, with a code that opens the farm's page."""

import datetime
import json
from pathlib import Path
from typing import Annotated

import typer

from firmware.field.blocks import Identity
from firmware.field.files import write_file
from firmware.field.frame import Screen, Trouble, run
from firmware.field.label_image import WRITERS, Label
from firmware.field.node_client import NodeClient
from firmware.field.session import open_client
from firmware.field.text import Text, words
from hardware.registers import DOCUMENT_SETTINGS, ROLE_PANEL

PAGE = "http://pondkeeper.local:8080"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("label.help"))
    def label(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("label.unit"))],
        out: Annotated[list[Path], typer.Argument(help=words("label.out"))],
        pond: Annotated[str, typer.Option(help=words("label.pond"))] = "",
        page: Annotated[str, typer.Option(help=words("label.page"))] = PAGE,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            for path in out:
                if path.suffix.lower() not in WRITERS:
                    raise Trouble("E-USAGE-45", file=path, kinds=", ".join(WRITERS))
            with open_client(port, baud, unit) as client:
                made = label_of(client.identity(), node_name(client), pond, page, screen.text, today())
            for path in out:
                write_file(path, WRITERS[path.suffix.lower()](made))
                screen.say("label.done", file=path)
            screen.result({"unit": unit, "address": made.address, "files": [str(path) for path in out]})

        run(work)


def label_of(identity: Identity, name: str, pond: str, page: str, text: Text, day: str) -> Label:
    """The label of a node. Its code holds the page and the number printed on the board, no secret."""
    role = text("label.panel" if identity.role == ROLE_PANEL else "label.node")
    return Label(
        title=pond or name or f"{role} {identity.unit_id}",
        lines=(
            f"{role} · {text('label.address')} {identity.unit_id}",
            name if pond and name else "",
            identity.hardware_id,
            f"fw {identity.firmware}",
            day,
        ),
        address=f"{page.rstrip('/')}/?node={identity.hardware_id}",
    )


def node_name(client: NodeClient) -> str:
    """The name in the node's settings, empty when it has none."""
    try:
        found = json.loads(client.read_document(DOCUMENT_SETTINGS) or b"{}")
    except ValueError:
        return ""
    return str(found.get("name", "")) if isinstance(found, dict) else ""


def today() -> str:
    """The day of the calendar where the technician stands."""
    return datetime.datetime.now(tz=datetime.UTC).astimezone().date().isoformat()
