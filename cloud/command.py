"""pondkeeper-cloud: the service for many farms."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
from pathlib import Path
from typing import Annotated

import typer

from cloud.settings import CloudSettings, read_settings
from gateway.children import Child, run_children, this_command

app = typer.Typer(help="The cloud of many farms.", no_args_is_help=True, pretty_exceptions_enable=False)

Data = Annotated[Path, typer.Option(help="The folder of the cloud's data.")]

DEFAULT_DATA = Path("cloud-data")
GATEWAY_ID = r"[a-z0-9][a-z0-9-]{0,39}"


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _prepare(settings: CloudSettings) -> None:
    """Tables at their newest version, and a password for the cloud's own access to the broker."""
    from cloud.broker import CLOUD_USER, set_password
    from cloud.database import migrate

    settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.database_url)
    if not settings.own_password_file.exists():
        password = secrets.token_urlsafe(24)
        settings.own_password_file.touch(mode=0o600)
        settings.own_password_file.write_text(password)
        set_password(settings.users_file, CLOUD_USER, password)


@app.command("add-gateway")
def add_gateway(
    gateway_id: Annotated[str, typer.Argument(help="The id in the gateway's farm.toml.")], data: Data = DEFAULT_DATA
) -> None:
    """Let a gateway send; prints the password for its password file. A second time gives a new password."""

    from cloud.broker import CLOUD_USER, set_password
    from cloud.database import Database
    from cloud.farms import repository

    if not re.fullmatch(GATEWAY_ID, gateway_id) or gateway_id == CLOUD_USER:
        typer.echo(f"{gateway_id!r} cannot be a gateway's id: small letters, digits and '-', 40 at most.", err=True)
        raise typer.Exit(2)
    settings = read_settings(data)
    _prepare(settings)
    with Database(settings.database_url).write() as session:
        repository.add_gateway(session, gateway_id, time.time())
    password = secrets.token_urlsafe(24)
    set_password(settings.users_file, gateway_id, password)
    typer.echo(password)


@app.command()
def run(data: Data = DEFAULT_DATA) -> None:
    """Run broker, ingest and web, each started again when it dies."""
    _log()
    settings = read_settings(data)
    _prepare(settings)
    words = ("--data", str(data))
    run_children([Child(name, this_command("cloud", name, *words)) for name in ("broker", "ingest", "web")])


@app.command()
def broker(data: Data = DEFAULT_DATA) -> None:
    """Run the built-in MQTT broker alone."""
    from cloud.broker import run_broker

    _log()
    settings = read_settings(data)
    _prepare(settings)
    run_broker(settings.mqtt_url, settings.users_file)


@app.command()
def ingest(data: Data = DEFAULT_DATA) -> None:
    """Run the ingest alone: from the broker to the database."""
    from cloud.broker import CLOUD_USER
    from cloud.database import Database
    from cloud.telemetry.ingest import Ingest
    from cloud.telemetry.source import MqttSource

    _log()
    settings = read_settings(data)
    _prepare(settings)
    source = MqttSource(settings.mqtt_url, CLOUD_USER, settings.own_password_file.read_text().strip())
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Ingest(Database(settings.database_url), source).run())


@app.command()
def web(data: Data = DEFAULT_DATA) -> None:
    """Run the web pages and the REST interface alone."""
    from cloud.web.server import run_web

    _log()
    settings = read_settings(data)
    _prepare(settings)
    run_web(settings)
