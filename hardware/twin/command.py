"""pondkeeper-twin: the simulated farm."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from hardware.twin.demo import DemoPlan, PortTaken, run_demo
from hardware.twin.farm import FarmPlan

app = typer.Typer(help="The simulated farm.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """The simulated farm."""


@app.command()
def demo(
    firmware: Annotated[Path, typer.Option(help="The node's application, made by `python -m firmware.build`.")],
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data from one run to the next.")] = Path(
        ".demo"
    ),
    speed: Annotated[float, typer.Option(help="How much faster than the clock the ponds live.", min=1, max=600)] = 60.0,
    gateway_port: Annotated[int, typer.Option(help="Port of the farmer's page.")] = 8080,
    cloud_port: Annotated[int, typer.Option(help="Port of the cloud's page.")] = 8090,
    console_port: Annotated[int, typer.Option(help="Port of the twin's console.")] = 8070,
    broker_port: Annotated[int, typer.Option(help="Port of the built-in broker.")] = 18830,
) -> None:
    """Run the demo farm with its gateway and cloud until Ctrl-C."""
    if not (firmware / "main.py").exists():
        typer.echo(f"{firmware}: no firmware there. Make it with: python -m firmware.build {firmware}", err=True)
        raise typer.Exit(2)
    folder = folder.resolve()
    plan = DemoPlan(
        folder=folder,
        farm=FarmPlan(folder=folder / "twin", firmware=firmware, speed=speed),
        gateway_port=gateway_port,
        cloud_port=cloud_port,
        console_port=console_port,
        broker_port=broker_port,
    )
    try:
        run_demo(plan, typer.echo)
    except (PortTaken, TimeoutError, FileNotFoundError) as error:
        typer.echo(f"demo: {error}", err=True)
        raise typer.Exit(1) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr if isinstance(error.stderr, str) else (error.stderr or b"").decode(errors="replace")
        typer.echo(f"demo: {' '.join(map(str, error.cmd))} failed:\n{said}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    sys.exit(app())
