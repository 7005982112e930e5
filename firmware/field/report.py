"""`pondkeeper-node report`: what was handed over, on paper and signed."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from firmware.field.files import write_file
from firmware.field.frame import Screen, Trouble, run
from firmware.field.handover import gather
from firmware.field.handover_pdf import page
from firmware.field.label import today
from firmware.field.session import open_client
from firmware.field.text import words

ALARMS = ("none", "passed", "failed")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("report.help"))
    def report(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("report.unit"))],
        out: Annotated[Path, typer.Argument(help=words("report.out"))],
        farm: Annotated[str, typer.Option(help=words("report.farm_option"))] = "",
        pond: Annotated[str, typer.Option(help=words("report.pond_option"))] = "",
        who: Annotated[str, typer.Option(help=words("calibrate.who"))] = "",
        check: Annotated[Path | None, typer.Option(help=words("report.check_option"))] = None,
        alarm: Annotated[str, typer.Option(help=words("report.alarm_option"))] = "none",
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            if alarm not in ALARMS:
                raise Trouble("E-USAGE-46", alarm=alarm, known=", ".join(ALARMS))
            screen.say("report.gathering")
            with open_client(port, baud, unit) as client:
                found = gather(client, check=check, alarm=alarm)
            write_file(out, page(found, screen.text, farm=farm, pond=pond, who=who or getpass.getuser(), day=today()))
            screen.result({**asdict(found), "ready": found.ready, "file": str(out)})
            if found.ready:
                screen.passed("report.done", file=out)
            else:
                screen.failed("report.done_not_ready", file=out)

        run(work)
