"""pondkeeper-cloud stations: add a station, take a folder of files once."""

import time
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Public stations and their files.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="The folder of the cloud's data.")]


@app.command("add")
def add(
    code: Annotated[str, typer.Argument(help="The station's name in file names.")],
    name: Annotated[str, typer.Argument(help="As people call it.")],
    kind: Annotated[str, typer.Option(help="river, sea_cage, aquaculture, air or operations.")] = "river",
    commune: Annotated[str, typer.Option(help="Code of its commune.")] = "",
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How often it has to report.")] = 5,
    preset: Annotated[str, typer.Option(help="Its limits: a file of cloud/stations/presets without .toml.")] = "",
    gateway: Annotated[str, typer.Option(help="Where a Pondkeeper gateway measures for it.")] = "",
    node: Annotated[str, typer.Option(help="That gateway's node.")] = "",
    data: Data = Path("cloud-data"),
) -> None:
    """Add a station."""
    from pydantic import ValidationError

    from cloud.database import Database, migrate
    from cloud.farms import repository as farms
    from cloud.settings import read_settings
    from cloud.stations import repository
    from cloud.stations.schemas import StationIn

    wish = {
        "code": code,
        "name": name,
        "kind": kind,
        "commune": commune or None,
        "interval_s": 60 * minutes,
        "preset": preset,
        "through": {"gateway": gateway, "node": node} if gateway or node else None,
    }
    settings = read_settings(data)
    migrate(settings.database_url)
    try:
        station = StationIn.model_validate(wish)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise typer.BadParameter(f"{place}: {problem['msg']}".removeprefix(": ")) from error
    with Database(settings.database_url).write() as session:
        if repository.by_code(session, code) is not None:
            raise typer.BadParameter(f"there is a station {code} already")
        if gateway and not farms.knows(session, gateway):
            raise typer.BadParameter(f"there is no gateway {gateway}: add it with pondkeeper-cloud add-gateway")
        repository.add(session, station.row(), time.time())


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(help="The folder with station files.", exists=True, file_okay=False)],
    names: Annotated[str, typer.Option(help="How files are named.")] = "{station}_{time}.txt",
    data: Data = Path("cloud-data"),
) -> None:
    """Take the files of a folder once. Exit code 1 when something was refused; it lies in rejected/ with its reason."""
    from cloud.database import Database, migrate
    from cloud.settings import read_settings
    from cloud.stations.file_name import FileName
    from cloud.stations.importing import take_once, worded

    settings = read_settings(data)
    migrate(settings.database_url)
    try:
        template = FileName(names)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--names") from error
    done = take_once(Database(settings.database_url), folder, template)
    for file in done:
        typer.echo(worded(file) if file.faults else f"{file.name}: {file.taken}")
    if any(file.faults for file in done):
        raise typer.Exit(1)
