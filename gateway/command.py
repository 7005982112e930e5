"""pondkeeper-gateway: run one farm, or check its description."""

import logging
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.children import Child, run_children, this_command

if TYPE_CHECKING:
    from gateway.farm import Farm

app = typer.Typer(help="The gateway of one farm.", no_args_is_help=True, pretty_exceptions_enable=False)

FarmFile = Annotated[Path, typer.Argument(help="The farm's description, farm.toml.")]

USAGE_ERROR = 2


def _read(path: Path) -> "Farm":
    from gateway.farm import FarmError, read_farm

    try:
        return read_farm(path)
    except FarmError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE_ERROR) from error


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@app.command()
def check(farm_file: FarmFile) -> None:
    """Read farm.toml and say what is wrong with it, without starting anything. Exit code 2 when it cannot be used."""
    farm = _read(farm_file)
    machines = sum(len(pond.aerators) for pond in farm.pond)
    typer.echo(
        f"{farm_file}: {farm.name}: {len(farm.pond)} ponds, {len(farm.node)} nodes, {len(farm.panel)} panels, "
        f"{machines} aerators on {len(farm.line)} lines. OK."
    )


@app.command()
def run(farm_file: FarmFile) -> None:
    """Run the farm: the control process and the web process, each started again when it dies."""
    # Checked by a process of its own: this one stays small, for it lives as long as the farm.
    checked = subprocess.run(this_command("gateway", "check", str(farm_file)), stdout=subprocess.DEVNULL, check=False)
    if checked.returncode:
        raise typer.Exit(checked.returncode)
    _log()
    control = Child("control", this_command("gateway", "control", str(farm_file)))
    web = Child("web", this_command("gateway", "web", str(farm_file)), nice=5)
    run_children([control, web])


@app.command()
def control(farm_file: FarmFile) -> None:
    """Run the control process alone."""
    from gateway.process import run_control

    farm = _read(farm_file)
    _log()
    run_control(farm)


@app.command()
def web(farm_file: FarmFile) -> None:
    """Run the web process alone."""
    from gateway.web.server import run_web

    farm = _read(farm_file)
    _log()
    run_web(farm)
