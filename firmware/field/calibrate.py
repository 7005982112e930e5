"""`pondkeeper-node calibrate`: guided, believes only what stands still, keeps control in its safe state meanwhile."""

import datetime
import getpass
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from firmware.field.calibration import Calibration, Clocks, Job
from firmware.field.curves import KINDS
from firmware.field.frame import Screen, Trouble, run
from firmware.field.node_client import NodeClient
from firmware.field.passport import Entry, Passport, read_passport
from firmware.field.session import open_client
from firmware.field.text import words
from hardware.registers import CALIBRATE_UNDO, DOCUMENT_CALIBRATION


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("calibrate.help", kinds=", ".join(KINDS)))
    def calibrate(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("calibrate.unit"))],
        kind: Annotated[str, typer.Argument(help=words("calibrate.kind", kinds=", ".join(KINDS)))] = "",
        channel: Annotated[int | None, typer.Option(min=0, help=words("calibrate.channel"))] = None,
        standard: Annotated[list[str] | None, typer.Option(help=words("calibrate.standard"))] = None,
        true: Annotated[float | None, typer.Option("--true", help=words("calibrate.true"))] = None,
        temperature: Annotated[float | None, typer.Option(min=0, max=45, help=words("calibrate.temperature"))] = None,
        who: Annotated[str, typer.Option(help=words("calibrate.who"))] = "",
        show: Annotated[bool, typer.Option("--show", help=words("calibrate.show"))] = False,
        undo: Annotated[bool, typer.Option("--undo", help=words("calibrate.undo"))] = False,
        yes: Annotated[bool, typer.Option("--yes", help=words("calibrate.yes"))] = False,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            with open_client(port, baud, unit) as client:
                if show or undo:
                    _look(client, screen, channel, undo=undo, yes=yes)
                    return
                if kind not in KINDS:
                    raise Trouble("E-USAGE-40", kind=kind or "–", kinds=", ".join(KINDS))
                job = Job(
                    kind=kind,
                    channel=channel,
                    standards=tuple(standard or ()),
                    who=who or getpass.getuser(),
                    temperature_c=temperature,
                    true_value=true,
                )
                guide(client, screen, job, yes=yes)

        run(work)


def guide(client: NodeClient, screen: Screen, job: Job, *, yes: bool, clocks: Clocks | None = None) -> None:
    """Run the job with a person, or without one when `yes`."""

    def ready(_: str) -> None:
        if not yes:
            screen.ask("calibrate.ready", default="")

    def agree(entry: Entry) -> bool:
        screen.say("calibrate.change", before=round(entry.before, 3), after=round(entry.after, 3))
        return yes or screen.confirm("calibrate.agree")

    clocks = clocks or Clocks(monotonic=time.monotonic, sleep=time.sleep, wall_s=wall_s)
    screen.say("calibrate.safe")
    entry = Calibration(client, screen, clocks, job, ready).run(agree)
    if entry is None:
        screen.failed("calibrate.dropped")
        return
    screen.result({"unit": client.unit_id, "entry": asdict(entry)})
    screen.passed("calibrate.done", standard=entry.standard, due=day_of(entry.due))


def wall_s() -> int:
    """The label of an entry."""
    return int(datetime.datetime.now(tz=datetime.UTC).timestamp())


def day_of(seconds: int) -> str:
    """A time as a day of the calendar where the technician stands."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).astimezone().date().isoformat()


def _look(client: NodeClient, screen: Screen, channel: int | None, *, undo: bool, yes: bool) -> None:
    if channel is None:
        raise Trouble("E-USAGE-44")
    passport = _read(client, channel)
    if undo:
        if not passport.entries:
            raise Trouble("E-NODE-46", channel=channel)
        if not (yes or screen.confirm("calibrate.undo_agree", day=day_of(int(passport.entries[0]["when"])))):
            return
        client.calibrate(CALIBRATE_UNDO, channel)
        passport = _read(client, channel)
    screen.table("calibrate.table", _COLUMNS, [_row(entry) for entry in passport.entries])
    screen.result({"unit": client.unit_id, "channel": channel, "entries": list(passport.entries)})


_COLUMNS = tuple(
    f"calibrate.column.{name}" for name in ("when", "who", "kind", "standard", "before", "after", "temperature", "due")
)


def _read(client: NodeClient, channel: int) -> Passport:
    return read_passport(client.read_document(DOCUMENT_CALIBRATION, channel), channel)


def _row(entry: dict[str, Any]) -> list[str]:
    return [
        day_of(int(entry["when"])),
        str(entry["who"]),
        str(entry["kind"]),
        str(entry["standard"]),
        f"{entry['before']:.3f}",
        f"{entry['after']:.3f}",
        "–" if entry["temperature_c"] is None else f"{entry['temperature_c']:.1f}",
        day_of(int(entry["due"])),
    ]
