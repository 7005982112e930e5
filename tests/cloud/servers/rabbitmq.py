"""Three RabbitMQ servers as one cluster, with MQTT and the quorum queue `ingest`, from deploy/rabbitmq."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho

from deploy.render import render
from tests.cloud.servers.postgresql import DEPLOY, cloud_environment
from tests.cloud.servers.process import ADDRESS, PASSWORD, Server, folder, listens, program, wait_until
from tests.ports import free_ports

BINARIES = "/usr/lib/rabbitmq/bin"
FEW_THREADS = "+S 1:1 +SDio 2 +sbwt none +sbwtdcpu none +sbwtdio none"


@dataclass
class Node:
    """One broker."""

    name: str
    amqps_port: int
    mqtts_port: int
    server: Server
    environment: dict[str, str]


class RabbitMQ:
    """The cluster; `url` is what PONDKEEPER_MQTT_URL takes for the cloud."""

    def __init__(self, made: Path, nodes: list[Node]) -> None:
        self.folder = made
        self.nodes = {node.name: node for node in nodes}
        self.authority = made / "tls/ca.pem"
        brokers = [f"{ADDRESS}:{node.amqps_port}" for node in nodes]
        self.url = cloud_environment([""], brokers, made / "tls")["PONDKEEPER_MQTT_URL"]

    def mqtt_url(self, name: str) -> str:
        """What a gateway's farm.toml takes to reach one of the brokers."""
        return f"mqtts://{ADDRESS}:{self.nodes[name].mqtts_port}"

    @property
    def leader(self) -> str:
        """The broker that leads the queue `ingest`."""
        said = self._ask("rabbitmqctl", "list_queues", "name", "leader", "--formatter", "json")
        return next(str(queue["leader"]) for queue in json.loads(said) if queue["name"] == "ingest")

    def waiting(self) -> int:
        """How many messages the queue holds, taken by a worker or not."""
        said = self._ask("rabbitmqctl", "list_queues", "name", "messages", "--formatter", "json")
        return next(int(queue["messages"]) for queue in json.loads(said) if queue["name"] == "ingest")

    def add_gateways(self, *gateway_ids: str) -> None:
        """Let gateways in, with the script that an operator uses."""
        lines = "".join(f"{name} {PASSWORD}\n" for name in gateway_ids)
        script = [sys.executable, str(DEPLOY / "rabbitmq/add_gateways.py")]
        made = subprocess.run(script, input=lines, capture_output=True, text=True, check=True)
        self._ask("rabbitmqctl", "import_definitions", said=made.stdout)

    def kill_leader(self) -> str:
        """The machine that leads the queue dies; returns its name, for `restart`."""
        name = self.leader
        self.nodes[name].server.kill()
        return name

    def restart(self, name: str) -> None:
        """A machine that died is back; `wait` says when its broker is of use."""
        self.nodes[name].server.start()

    def wait(self, seconds: float = 90.0) -> None:
        """Wait until every broker lets clients in."""
        for node in self.nodes.values():
            wait_until(lambda node=node: self._lets_in(node), node.name, seconds, [node.server])  # type: ignore[misc]

    def _lets_in(self, node: Node) -> bool:
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=f"cloud-{node.mqtts_port}")
        client.tls_set(str(self.authority))
        client.username_pw_set("cloud", PASSWORD)
        with contextlib.suppress(OSError):
            client.connect(ADDRESS, node.mqtts_port)
            ends = time.monotonic() + 5
            while not client.is_connected() and client.loop(0.1) == 0 and time.monotonic() < ends:
                pass
        let_in = client.is_connected()
        client.disconnect()
        return let_in

    def _ask(self, *words: str, said: str | None = None) -> str:
        asked = self._asked(*words, said=said)
        assert asked.returncode == 0, f"{words}: {asked.stdout} {asked.stderr} {self.complaint()}"
        return asked.stdout

    def _asked(self, *words: str, said: str | None = None) -> "subprocess.CompletedProcess[str]":
        node = next(node for node in self.nodes.values() if node.server.running)
        command = [program(words[0], BINARIES), *words[1:]]
        return subprocess.run(command, env=node.environment, input=said, capture_output=True, text=True, check=False)

    def define(self, definitions: Path) -> None:
        """Import definitions as soon as the brokers take them: one that saw too few others pauses for a while."""
        words = ("rabbitmqctl", "import_definitions", str(definitions))
        wait_until(lambda: self._asked(*words).returncode == 0, f"definitions {self.complaint()}", 60)

    def complaint(self) -> str:
        """What the brokers wrote last."""
        return "\n".join(path.read_text()[-2000:] for path in self.folder.glob("pk*/*@localhost.log"))


@contextlib.contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    """Run the cluster, with users as deploy/ makes them and nothing in the queue."""
    with folder() as made:
        (epmd_port,) = free_ports(1)
        epmd = Server([program("epmd"), "-port", str(epmd_port), "-address", ADDRESS], made / "epmd.log")
        names = [f"pk{number}-{epmd_port}@localhost" for number in (1, 2, 3)]
        nodes = [_node(made, name, names, epmd_port) for name in names]
        cluster = RabbitMQ(made, nodes)
        try:
            epmd.start()
            wait_until(lambda: listens(epmd_port), "epmd", 5, [epmd])
            _start(cluster, nodes)
            yield cluster
        finally:
            for server in (*(node.server for node in nodes), epmd):
                server.kill()


def _start(cluster: RabbitMQ, nodes: list[Node]) -> None:
    """The first one alone: when all start at once their lists of MQTT client ids may stay apart, and one lets nobody in."""
    for together in (nodes[:1], nodes[1:]):
        for node in together:
            node.server.start()
        servers = [node.server for node in together]
        wait_until(lambda found=together: all(listens(node.mqtts_port) for node in found), "brokers", 90, servers)  # type: ignore[misc]
    definitions = cluster.folder / "definitions.json"
    definitions.write_text(render(DEPLOY / "rabbitmq/definitions.json", {"cloud_password": PASSWORD}))
    cluster.define(definitions)
    cluster.wait()


def _node(made: Path, name: str, names: list[str], epmd_port: int) -> Node:
    amqps_port, mqtts_port, distribution_port = free_ports(3)
    home = made / name.split("@")[0]
    home.mkdir()
    cookie = made / ".erlang.cookie"
    cookie.write_text(PASSWORD)
    cookie.chmod(0o600)
    values = {
        **{f"rabbitmq_{number}": other for number, other in enumerate(names, 1)},
        "address": ADDRESS,
        "amqps_port": amqps_port,
        "mqtts_port": mqtts_port,
        "tls": made / "tls",
        "disk_free_limit": "50MB",
        "discovery_retries": 1,
    }
    (home / "rabbitmq.conf").write_text(render(DEPLOY / "rabbitmq/rabbitmq.conf", values))
    (home / "enabled_plugins").write_text((DEPLOY / "rabbitmq/enabled_plugins").read_text())
    environment = {
        "PATH": f"{BINARIES}:/usr/bin:/bin:/usr/sbin",
        "HOME": str(made),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": ADDRESS,
        "RABBITMQ_NODENAME": name,
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{FEW_THREADS} -kernel inet_dist_use_interface {{127,0,0,1}}",
    }
    server = Server([program("rabbitmq-server", BINARIES)], home / "out", environment=environment)
    return Node(name, amqps_port, mqtts_port, server, environment)
