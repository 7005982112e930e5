"""The proxy in front of all, from deploy/haproxy: one address for gateways whichever broker lives."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.render import render
from tests.cloud.servers.patroni import Patroni
from tests.cloud.servers.postgresql import DEPLOY
from tests.cloud.servers.process import ADDRESS, Server, folder, listens, program, wait_until
from tests.cloud.servers.rabbitmq import RabbitMQ
from tests.ports import free_ports


@dataclass(frozen=True)
class Proxy:
    """Its process and ports."""

    server: Server

    mqtts_port: int
    postgresql_port: int
    https_port: int


@contextlib.contextmanager
def haproxy(databases: Patroni, brokers: RabbitMQ, web_port: int = 9) -> Iterator[Proxy]:
    """Run the proxy before these servers."""
    ports = dict(zip(("mqtts_port", "postgresql_port", "https_port"), free_ports(3), strict=True))
    with folder() as made:
        tls = made / "tls"
        (tls / "pages.pem").write_text((tls / "server.pem").read_text() + (tls / "server.key").read_text())
        (tls / "ca.pem").write_bytes((databases.folder / "tls/ca.pem").read_bytes())
        values: dict[str, object] = {"address": ADDRESS, "tls": tls, "most_connections": 2000, **ports}
        for number, member in enumerate(databases.members.values(), 1):
            values[f"database_{number}"] = f"{ADDRESS}:{member.port}"
            values[f"patroni_port_{number}"] = member.rest_port
        for number, node in enumerate(brokers.nodes.values(), 1):
            values[f"broker_{number}"] = f"{ADDRESS}:{node.mqtts_port}"
        values.update({f"web_{number}": f"{ADDRESS}:{web_port}" for number in (1, 2)})
        configuration = made / "haproxy.cfg"
        configuration.write_text(render(DEPLOY / "haproxy/haproxy.cfg", values))
        server = Server([program("haproxy"), "-f", str(configuration)], made / "log")
        server.start()
        try:
            wait_until(lambda: listens(ports["mqtts_port"]), "HAProxy", 10, [server])
            yield Proxy(server, **ports)
        finally:
            server.stop()
