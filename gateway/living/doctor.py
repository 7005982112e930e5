"""`doctor`: what is wrong with this gateway, and the command that mends it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.farm import FarmError, read_farm
from gateway.living.farm_checks import check_gateway
from gateway.living.findings import Finding, Machine
from gateway.living.machine_checks import check_machine
from gateway.living.speaking import Lang, words_of
from gateway.living.system_files import FARM
from gateway.text import Text

WRONG = 1


def register(app: typer.Typer) -> None:
    """Add `doctor`."""

    @app.command("doctor")
    def doctor(
        farm: Annotated[Path, typer.Argument(help="The farm's description.")] = Path(FARM),
        as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
        root: Annotated[Path, typer.Option("--root", hidden=True)] = Path("/"),
        lang: Lang = "vi",
    ) -> None:
        """Find what is wrong and say the command that mends it; as root it sees most. Exit code 1 when there is anything."""
        words = words_of(lang)
        found = list(examine(farm, Machine(root)))
        if as_json:
            typer.echo(json.dumps({"findings": [as_told(finding, words) for finding in found]}, ensure_ascii=False))
        for finding in () if as_json else found:
            told = as_told(finding, words)
            typer.echo(f"✗ {told['cause']}\n  → {told['mend']}")
        if found:
            raise typer.Exit(WRONG)
        if not as_json:
            typer.echo(words("doctor.fine"))


def examine(path: Path, machine: Machine) -> Iterator[Finding]:
    """Everything that is wrong; without a farm.toml that can be read nothing else can be looked at."""
    if not path.exists():
        yield Finding("farm_missing", {"path": str(path)})
        return
    try:
        farm = read_farm(path)
    except FarmError as error:
        yield Finding("farm_invalid", {"path": str(path), "detail": str(error)})
        return
    yield from check_machine(machine, farm)
    yield from check_gateway(machine, farm)


def as_told(finding: Finding, words: Text) -> dict[str, Any]:
    """A finding in words: {"code", "cause", "mend"}."""
    return {
        "code": finding.code,
        "cause": words(f"doctor.{finding.code}", **finding.values),
        "mend": words(f"doctor.{finding.code}_mend", **finding.values),
    }
