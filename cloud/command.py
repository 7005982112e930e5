"""pondkeeper-cloud: the service for many farms."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloud.settings import CloudSettings, read_settings
from cloud.stations.command import app as stations_app
from gateway.children import Child, run_children, this_command

if TYPE_CHECKING:
    from cloud.telemetry.source import Source

app = typer.Typer(help="The cloud of many farms.", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(stations_app, name="stations")

Data = Annotated[Path, typer.Option(help="The folder of the cloud's data.")]

DEFAULT_DATA = Path("cloud-data")
GATEWAY_ID = r"[a-z0-9][a-z0-9-]{0,39}"


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _prepare(settings: CloudSettings) -> None:
    """Tables at their newest version, and a password for the cloud's own access to the broker."""
    from cloud.broker_users import CLOUD_USER, set_password
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

    from cloud.broker_users import CLOUD_USER, set_password
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


@app.command("revoke-gateway")
def revoke_gateway(
    gateway_id: Annotated[str, typer.Argument(help="The gateway's id.")], data: Data = DEFAULT_DATA
) -> None:
    """Let a gateway send no more; what it sent stays."""
    from cloud.accounts import audit
    from cloud.accounts.console import CONSOLE
    from cloud.database import Database
    from cloud.farms import enrolment, repository

    settings = read_settings(data)
    _prepare(settings)
    with Database(settings.database_url).write() as session:
        found = repository.one(session, gateway_id)
        if found is None:
            typer.echo(f"there is no gateway {gateway_id}", err=True)
            raise typer.Exit(1)
        enrolment.revoke(settings, found, time.time())
        audit.note(session, CONSOLE, "gateway_revoked", gateway_id, {}, time.time())


@app.command("add-administrator")
def add_administrator(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    address: Annotated[str, typer.Argument(help="Their phone number or e-mail address, with which they sign in.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a link with which an administrator sets a password; good once, for seven days. Again for a forgotten one."""
    from cloud.accounts.console import NotDone, invite_administrator
    from cloud.database import Database

    settings = read_settings(data)
    _prepare(settings)
    try:
        link = invite_administrator(Database(settings.database_url), name, address, settings.public_url, time.time())
    except NotDone as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(link)


@app.command("add-token")
def add_token(
    name: Annotated[str, typer.Argument(help="What the machine is called.")],
    address: Annotated[str, typer.Argument(help="Phone number or e-mail of the person whose eyes it has.")],
    role: Annotated[str, typer.Option(help="What it may do; the person's least where it is not given.")] = "",
    farm: Annotated[str, typer.Option(help="The only farm it sees; a farmer's needs one.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a token for a machine, shown this once."""
    from cloud.accounts.console import NotDone, make_token
    from cloud.database import Database

    settings = read_settings(data)
    _prepare(settings)
    try:
        secret = make_token(Database(settings.database_url), name, address, role, farm, time.time())
    except NotDone as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(secret)


@app.command("load-areas")
def load_areas(
    folder: Annotated[Path, typer.Argument(help="A folder with units.csv and successions.csv.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Load newer administrative units; those that came with this version are there already."""
    from cloud.accounts import audit
    from cloud.accounts.console import CONSOLE
    from cloud.areas.loading import AreasError, load
    from cloud.database import Database

    settings = read_settings(data)
    _prepare(settings)
    try:
        with Database(settings.database_url).write() as session:
            count = load(session, folder)
            audit.note(session, CONSOLE, "areas_loaded", None, {"units": count}, time.time())
    except AreasError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{count} units")


@app.command("seed-demo")
def seed_demo(
    ponds: Annotated[int, typer.Option(min=1, max=20_000)] = 2000,
    days: Annotated[int, typer.Option(min=1, max=400)] = 30,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="Between two samples of a pond.")] = 10,
    data: Data = DEFAULT_DATA,
) -> None:
    """Fill an empty database with a made-up province: farms, a month of samples, stations, and a person of each role."""
    from cloud.database import Database
    from cloud.seed import Plan, SeedError, seed
    from cloud.seed.people import links

    settings = read_settings(data)
    _prepare(settings)
    began_s = time.monotonic()
    database = Database(settings.database_url)
    try:
        samples = seed(database, Plan(ponds, days, minutes), time.time())
    except SeedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{ponds} ponds, {samples:,} samples in {time.monotonic() - began_s:.0f} s")
    typer.echo("`pondkeeper-cloud run` starts the pages; each link lets one person choose a password, once:")
    with database.write() as session:
        for role, phone, link in links(session, settings.public_url, time.time()):
            typer.echo(f"{role:<14} {phone}  {link}")


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
    _log()
    settings = read_settings(data)
    _prepare(settings)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_ingest(settings, _open_source(settings)))


def _open_source(settings: CloudSettings) -> "Source":
    """RabbitMQ's queue for an amqp:// or amqps:// URL, an MQTT session for any other."""
    from cloud.broker_users import CLOUD_USER
    from cloud.telemetry.amqp import AmqpSource
    from cloud.telemetry.source import MqttSource

    if settings.mqtt_url.startswith(("amqp://", "amqps://")):
        return AmqpSource(settings.mqtt_url)
    return MqttSource(settings.mqtt_url, CLOUD_USER, settings.own_password_file.read_text().strip())


async def _ingest(settings: CloudSettings, source: "Source") -> None:
    """The ingest, and in one worker of all what seals days, watches gateways and stations, and sends commands."""
    from cloud.advisories.channels import tellers_of
    from cloud.advisories.telling import tell_for_ever
    from cloud.alerts.messages import Teller
    from cloud.alerts.silence import Silence
    from cloud.alerts.watch import watch
    from cloud.commands.sender import Sender
    from cloud.database import Database
    from cloud.once import only_here
    from cloud.push.telling import tell_news_for_ever
    from cloud.reports.mail import sender
    from cloud.reports.post import Post
    from cloud.stations.watch import watch_stations, workers_of
    from cloud.telemetry.ingest import Ingest
    from cloud.telemetry.sealing import Sealer, seal_for_ever

    database = Database(settings.database_url)
    silence = Silence(database, time.monotonic, time.time, settings.silent_after_s)
    teller = Teller(database, settings.alert_urls_file, time.monotonic)

    async def beside() -> None:
        silence.deaf()
        async with asyncio.TaskGroup() as group:
            group.create_task(seal_for_ever(Sealer(database, time.time), settings.keep_days))
            group.create_task(watch(silence, teller, lambda: source.connected))
            group.create_task(Sender(database, settings.signing_key_file, source.reply, time.time).run())
            group.create_task(Post(database, sender(settings.mail_url), time.time).run())
            group.create_task(tell_for_ever(database, tellers_of(settings, database, time.time), time.time))
            group.create_task(tell_news_for_ever(database, time.time))
            group.create_task(watch_stations(workers_of(database, settings, time.monotonic, time.time)))

    async with asyncio.TaskGroup() as group:
        group.create_task(source.run())
        group.create_task(Ingest(database, source).run())
        group.create_task(only_here(database, beside))


@app.command()
def web(data: Data = DEFAULT_DATA) -> None:
    """Run the web pages and the REST interface alone."""
    from cloud.web.server import run_web

    _log()
    settings = read_settings(data)
    _prepare(settings)
    run_web(settings)


@app.command("command-key")
def command_key(data: Data = DEFAULT_DATA) -> None:
    """Print the public key for `command_key` under [uplink] in a gateway's farm.toml; the key is made at first use."""
    from cloud.commands.signing import public_text, signing_key

    settings = read_settings(data)
    _prepare(settings)
    typer.echo(public_text(signing_key(settings.signing_key_file)))


@app.command()
def command(
    gateway_id: Annotated[str, typer.Argument(help="The farm's gateway.")],
    do: Annotated[str, typer.Argument(help="override, release or acknowledge.")],
    who: Annotated[str, typer.Option(help="Who asks, for the farm's journal.")],
    pond: Annotated[str, typer.Option(help="The pond's id in farm.toml.")] = "",
    aerator: Annotated[int, typer.Option(min=1, max=8, help="Its number on the panel.")] = 1,
    run: Annotated[bool, typer.Option("--run/--stop")] = True,
    minutes: Annotated[float, typer.Option(min=1, max=60)] = 30.0,
    alarm: Annotated[int | None, typer.Option(help="An alarm's number; all where it is not given.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Ask a farm's gateway for something and say what came of it. Exit code 1 when it was not done."""
    from cloud.commands.wait import issue_and_wait

    args: dict[str, dict[str, Any]] = {
        "override": {"pond": pond, "aerator": aerator, "run": run, "minutes": minutes},
        "release": {"pond": pond, "aerator": aerator},
        "acknowledge": {"alarm": "all" if alarm is None else alarm},
    }
    if do not in args:
        raise typer.BadParameter(", ".join(args), param_hint="DO")
    settings = read_settings(data)
    _prepare(settings)
    fate, reason = issue_and_wait(settings, gateway_id, do, args[do], who)
    typer.echo(f"{fate}: {reason}" if reason else fate)
    if fate != "done":
        raise typer.Exit(1)
