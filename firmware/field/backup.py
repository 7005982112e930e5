"""`pondkeeper-node backup`: settings and calibrations of one node, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from firmware.field.calibrate import wall_s
from firmware.field.files import write_file
from firmware.field.frame import Screen, run
from firmware.field.node_copy import packed, take
from firmware.field.session import open_client
from firmware.field.text import words


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("backup.help"))
    def backup(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("backup.unit"))],
        out: Annotated[Path | None, typer.Argument(help=words("backup.out"))] = None,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            with open_client(port, baud, unit) as client:
                copy = take(client, wall_s())
            path = out or Path(f"node-{unit}-{copy['hardware_id']}.json")
            write_file(path, packed(copy))
            screen.say("backup.done", file=path, calibrations=len(copy["calibration"]))
            screen.result({"unit": unit, "file": str(path), "calibrations": len(copy["calibration"])})

        run(work)
