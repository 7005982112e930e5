"""pondkeeper-gateway: run one farm, or check its description."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.children import Child, run_children, this_command
from gateway.living import commands

if TYPE_CHECKING:
    from gateway.farm import Farm

app = typer.Typer(help="The gateway of one farm.", no_args_is_help=True, pretty_exceptions_enable=False)

FarmFile = Annotated[Path, typer.Argument(help="The farm's description, farm.toml.")]

CANNOT_READ, USAGE_ERROR, TOO_LITTLE = 1, 2, 3


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
    """Run the farm: control, web and messages, each a process of its own that is started again when it dies.

    Where there is no farm.toml yet, the web pages ask for the farm and write one first.
    """
    if not farm_file.exists():
        _log()
        first = Child("first run", this_command("gateway", "web", str(farm_file)))
        if not run_children([first], until=farm_file.exists):
            return
    # Checked by a process of its own: this one stays small, for it lives as long as the farm.
    checked = subprocess.run(this_command("gateway", "check", str(farm_file)), stdout=subprocess.DEVNULL, check=False)
    if checked.returncode:
        raise typer.Exit(checked.returncode)
    _log()
    control = Child("control", this_command("gateway", "control", str(farm_file)))
    web = Child("web", this_command("gateway", "web", str(farm_file)), nice=5)
    messages = Child("messages", this_command("gateway", "messages", str(farm_file)), nice=5)
    run_children([control, web, messages])


@app.command()
def control(farm_file: FarmFile) -> None:
    """Run the control process alone."""
    from gateway.process import run_control

    farm = _read(farm_file)
    _log()
    run_control(farm)


@app.command()
def web(
    farm_file: FarmFile,
    host: Annotated[str, typer.Option(envvar="PONDKEEPER_WEB_HOST", help="Where the first run listens.")] = "0.0.0.0",
    port: Annotated[int, typer.Option(envvar="PONDKEEPER_WEB_PORT", help="Where the first run listens.")] = 8080,
) -> None:
    """Run the web process alone; without a farm.toml the pages of the first run, until they have written one."""
    if not farm_file.exists():
        from gateway.first_run.serve import serve_first_run

        _log()
        serve_first_run(farm_file, host, port)
        return
    from gateway.web.server import run_web

    farm = _read(farm_file)
    _log()
    run_web(farm, farm_file)


@app.command()
def messages(farm_file: FarmFile) -> None:
    """Run the process alone that sends SMS, calls and push messages."""
    from gateway.messages.process import run_messages

    farm = _read(farm_file)
    _log()
    run_messages(farm, farm_file)


@app.command()
def code(farm_file: FarmFile) -> None:
    """Show the code that the pages ask for when the first account is made."""
    from gateway.people.code import current_code

    data = _read(farm_file).data if farm_file.exists() else farm_file.parent / "data"
    typer.echo(current_code(data))


@app.command()
def password(
    farm_file: FarmFile,
    person: Annotated[str, typer.Argument(help="The person's id in farm.toml.")],
) -> None:
    """Set a person's password from here; it is read from the terminal, or from standard input. Exit code 2 when refused."""
    from gateway.clock import Clock
    from gateway.people.passwords import PasswordRefused
    from gateway.people.store import PeopleStore

    farm = _read(farm_file)
    if person not in {one.id for one in farm.person}:
        typer.echo(
            f"{farm_file}: there is no person {person!r}; there are {[one.id for one in farm.person]}.", err=True
        )
        raise typer.Exit(USAGE_ERROR)
    secret = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        PeopleStore(farm.data / "people.sqlite", Clock().wall).set_password(person, secret)
    except PasswordRefused as error:
        typer.echo(f"The password needs {error}.", err=True)
        raise typer.Exit(USAGE_ERROR) from error


@app.command()
def learn(
    farm_file: FarmFile,
    days: Annotated[int, typer.Option(min=1, max=60, help="How many days to look back.")] = 14,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    lang: Annotated[str, typer.Option(metavar="vi|en", help="Language of the tables.")] = "vi",
) -> None:
    """What the journal tells of each pond and each aerator: oxygen for each kWh, the worst first.

    Exit code 1 when the journal cannot be read, 2 when farm.toml cannot be used, 3 when it is too early to say anything.
    """
    from rich.console import Console

    from gateway.learned import NoHistory, enough, learn_farm, show, waters_of
    from gateway.learned import as_json as to_json
    from gateway.text import LANGUAGES, text

    if lang not in LANGUAGES:
        raise typer.BadParameter(", ".join(LANGUAGES), param_hint="--lang")
    farm, words = _read(farm_file), text(lang)
    try:
        learned = learn_farm(farm, waters_of(farm), days)
    except NoHistory as error:
        typer.echo(words(f"learn.{error.key}", detail=error.detail), err=True)
        raise typer.Exit(CANNOT_READ) from error
    if as_json:
        typer.echo(to_json(learned))
    else:
        show(learned, words, Console())
    if not enough(learned):
        raise typer.Exit(TOO_LITTLE)


@app.command()
def devices(
    name: Annotated[str | None, typer.Argument(help="A shipped template, or a file of your own (.toml).")] = None,
) -> None:
    """Devices that farm.toml can describe; with a name, its registers. Exit code 2 for a template that is wrong."""
    from gateway.bus.catalogue import list_templates, show_template
    from gateway.bus.template import TemplateError, read_template

    if name is None:
        list_templates()
        return
    try:
        template = read_template(name)
    except TemplateError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE_ERROR) from error
    show_template(template)


commands.register(app)
