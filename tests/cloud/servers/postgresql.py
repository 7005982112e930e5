"""One PostgreSQL server, configured by deploy/postgresql."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from deploy.render import render
from tests.cloud.servers.process import ADDRESS, PASSWORD, Server, as_user, folder, give, program, wait_until
from tests.ports import free_ports

DEPLOY = Path(__file__).parents[3] / "deploy"
BINARIES = "/usr/lib/postgresql/15/bin"
USER = "postgres"


def cloud_environment(databases: list[str], brokers: list[str], tls: Path) -> dict[str, str]:
    """The settings of deploy/cloud.env for servers at these addresses (host:port), three of each."""
    values: dict[str, object] = {"database_password": PASSWORD, "cloud_password": PASSWORD, "tls": tls}
    values.update(public_name="localhost", mqtts_port=8883, address=ADDRESS, proxies=ADDRESS)
    for number in range(3):
        values[f"database_{number + 1}"] = databases[number % len(databases)]
        values[f"amqps_{number + 1}"] = brokers[number % len(brokers)]
    lines = render(DEPLOY / "cloud.env", values).splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def database_url(ports: list[int], tls: Path) -> str:
    """PONDKEEPER_DATABASE_URL for servers on these ports: whichever takes writes, its certificate checked."""
    addresses = [f"{ADDRESS}:{port}" for port in ports]
    return cloud_environment(addresses, [""], tls)["PONDKEEPER_DATABASE_URL"]


class PostgreSQL:
    """A running server; `url` is what PONDKEEPER_DATABASE_URL takes."""

    def __init__(self, made: Path, port: int, server: Server) -> None:
        self.folder = made
        self.url = database_url([port], made / "tls")
        self._port = port
        self._server = server

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._server.start()
        wait_until(self._ready, "PostgreSQL", 20, [self._server])

    def _ready(self) -> bool:
        engine = create_engine(self.url, poolclass=NullPool)
        with contextlib.suppress(OperationalError), engine.connect():
            return True
        return False

    @property
    def running(self) -> bool:
        """True while it lives."""
        return self._server.running

    def kill(self) -> None:
        """End it at once."""
        self._server.kill()

    def stop(self) -> None:
        """End it in order; whoever is connected is sent away."""
        self._server.stop(signal.SIGINT)


@contextlib.contextmanager
def postgresql(data: Path | None = None) -> Iterator[PostgreSQL]:
    """Run a server with an empty database `pondkeeper`; `data` puts its files elsewhere than on the temporary disk."""
    (port,) = free_ports(1)
    with folder(USER) as made:
        data = data or made / "data"
        values = {
            "address": ADDRESS,
            "postgresql_port": port,
            "sockets": made,
            "tls": made / "tls",
            "network": f"{ADDRESS}/32",
            "shared_buffers": "64MB",
            "database_password": PASSWORD,
        }
        _make(data, values)
        server = Server([program("postgres", BINARIES), "-D", str(data)], made / "log", user=USER)
        running = PostgreSQL(made, port, server)
        try:
            running.start()
            yield running
        finally:
            running.stop()


def _make(data: Path, values: dict[str, object]) -> None:
    make = [program("initdb", BINARIES), "-D", str(data), "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    data.mkdir(mode=0o700)
    give(data, USER)
    subprocess.run([*as_user(USER), *make], check=True, capture_output=True, cwd="/")
    alone = [program("postgres", BINARIES), "--single", "-D", str(data), "template1"]
    sql = render(DEPLOY / "postgresql/database.sql", values)
    subprocess.run([*as_user(USER), *alone], input=sql.encode(), check=True, capture_output=True, cwd="/")
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(render(DEPLOY / "postgresql/postgresql.conf", values))
    (data / "pg_hba.conf").write_text(render(DEPLOY / "postgresql/pg_hba.conf", values))
    give(data, USER)
