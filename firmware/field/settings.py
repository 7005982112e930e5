"""`pondkeeper-node settings`: what a node is told to be: its probes, its relays, its place in the pond."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware.field.files import read_file
from firmware.field.frame import Screen, Trouble, run
from firmware.field.node_client import NodeClient
from firmware.field.session import open_client, wait_for_boot
from firmware.field.text import words
from firmware.node.settings import DEFAULTS, problems
from hardware.registers import ACTION_RESET, DOCUMENT_SETTINGS

OF_THE_BOARD = ("generation", "unit_id", "baud")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("settings.help"))
    def settings(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("settings.unit"))],
        change: Annotated[
            list[str] | None, typer.Option("--set", metavar="NAME=JSON", help=words("settings.set"))
        ] = None,
        template: Annotated[Path | None, typer.Option("--from", help=words("settings.from"))] = None,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            changes = {**(from_template(template) if template else {}), **dict(parse(text) for text in change or ())}
            with open_client(port, baud, unit) as client:
                found = show(client) if not changes else put(client, changes)
            screen.table(
                "settings.table",
                ("settings.name", "settings.value"),
                [(name, json.dumps(v)) for name, v in found.items()],
            )
            screen.result({"unit": unit, "settings": found})
            if changes:
                screen.passed("settings.done", unit=unit)

        run(work)


def parse(text: str) -> tuple[str, Any]:
    """`name=value` with a value in JSON, or bare text; Trouble for a name that no node knows."""
    name, equals, value = text.partition("=")
    if not equals or name not in DEFAULTS or name in OF_THE_BOARD:
        raise Trouble("E-USAGE-70", name=name, known=", ".join(sorted(DEFAULTS.keys() - set(OF_THE_BOARD))))
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def from_template(path: Path) -> dict[str, Any]:
    """Settings out of a JSON file, all but those that belong to one board alone."""
    try:
        found = json.loads(read_file(path))
        pairs = [(name, value) for name, value in found.items() if name not in OF_THE_BOARD]
    except (ValueError, AttributeError) as error:
        raise Trouble("E-FILE-06", file=path) from error
    return dict(pairs)


def show(client: NodeClient) -> dict[str, Any]:
    """The settings as the node holds them; Trouble when what it sends is none."""
    try:
        return dict(json.loads(client.read_document(DOCUMENT_SETTINGS)))
    except (ValueError, TypeError) as error:
        raise Trouble("E-NODE-70", unit=client.unit_id) from error


def put(client: NodeClient, changes: dict[str, Any]) -> dict[str, Any]:
    """Change them, restart the node, read them back; Trouble when they make no sense, before anything is sent."""
    wanted = {**show(client), **changes}
    if problem := problems(wanted):
        raise Trouble("E-USAGE-71", problem=problem)
    boot_before = client.identity().boot_id
    client.send_document(DOCUMENT_SETTINGS, json.dumps(wanted).encode())
    client.action(ACTION_RESET)
    wait_for_boot(client, boot_before)
    found = show(client)
    differ = sorted(name for name in changes if found.get(name) != wanted[name])
    if differ:
        raise Trouble("E-NODE-47", unit=client.unit_id, names=", ".join(differ))
    return found
