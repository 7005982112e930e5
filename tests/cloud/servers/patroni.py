"""Three PostgreSQL servers under Patroni in synchronous mode, with one etcd, from deploy/.

A province has three etcd members as well; here one is enough, for it is never what dies.
"""

import contextlib
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from deploy.render import render
from tests.cloud.servers.postgresql import DEPLOY, USER, database_url
from tests.cloud.servers.process import (
    ADDRESS,
    PASSWORD,
    Server,
    folder,
    give,
    kill_tree,
    listens,
    program,
    wait_until,
)
from tests.ports import free_ports

TTL_S, LOOP_WAIT_S, RETRY_S = 5, 1, 2
"""Shorter than Patroni advises for a network that stutters, so that a test sees a leader follow another soon."""


@dataclass
class Member:
    """One database server and the Patroni that minds it."""

    name: str
    port: int
    rest_port: int
    data: Path
    server: Server

    def kill(self) -> None:
        """Both end at once, as with their machine."""
        self.server.kill()
        with contextlib.suppress(OSError, ValueError, IndexError):
            kill_tree(int((self.data / "postmaster.pid").read_text().split()[0]))


class Patroni:
    """The cluster; `url` is what PONDKEEPER_DATABASE_URL takes and always leads to the server that takes writes."""

    def __init__(self, made: Path, members: list[Member], etcd: Server) -> None:
        self.folder = made
        self.etcd = etcd
        self.members = {member.name: member for member in members}
        self.url = database_url([member.port for member in members], made / "tls")
        self._tls = ssl.create_default_context(cafile=str(made / "tls/ca.pem"))

    def roles(self) -> dict[str, str]:
        """What each server that answers says of itself: leader, sync_standby, replica."""
        for member in self.members.values():
            with contextlib.suppress(OSError, urllib.error.URLError, ValueError):
                url = f"https://{ADDRESS}:{member.rest_port}/cluster"
                with urllib.request.urlopen(url, timeout=2, context=self._tls) as answer:
                    found: dict[str, Any] = json.load(answer)
                good = ("running", "streaming")
                return {one["name"]: one["role"] for one in found["members"] if one["state"] in good}
        return {}

    @property
    def leader(self) -> str:
        """The server that takes writes; empty while there is none."""
        return next((name for name, role in self.roles().items() if role == "leader"), "")

    def wait(self, seconds: float = 60.0, servers: int = 3) -> None:
        """Wait until so many servers run and one is the leader's synchronous standby."""
        alive = [member.server for member in self.members.values() if member.server.running]

        def whole() -> bool:
            roles = self.roles()
            return len(roles) >= servers and {"leader", "sync_standby"} <= set(roles.values())

        wait_until(whole, f"{servers} servers under Patroni", seconds, alive)

    def kill_leader(self) -> str:
        """The leader's machine dies; returns its name, for `restart`."""
        name = self.leader
        assert name, "Patroni has no leader to kill"
        self.members[name].kill()
        return name

    def restart(self, name: str) -> None:
        """A machine that died is back; `wait` says when its server is of use."""
        self.members[name].server.start()


@contextlib.contextmanager
def patroni() -> Iterator[Patroni]:
    """Run the cluster with an empty database `pondkeeper`."""
    with folder(USER) as made:
        etcd, port = _etcd(made)
        members = [_member(made, f"pg{number}", port) for number in (1, 2, 3)]
        cluster = Patroni(made, members, etcd)
        try:
            etcd.start()
            wait_until(lambda: listens(port), "etcd", 20, [etcd])
            _start(cluster, members)
            yield cluster
        finally:
            with ThreadPoolExecutor() as pool:
                list(pool.map(Member.kill, members))
            etcd.kill()


def _start(cluster: Patroni, members: list[Member]) -> None:
    for member in members:
        member.server.start()
    cluster.wait()
    port = cluster.members[cluster.leader].port
    superuser = f"host={ADDRESS} port={port} dbname=postgres user=postgres password={PASSWORD} sslmode=require"
    with psycopg.connect(superuser, autocommit=True) as connection:
        for line in render(DEPLOY / "postgresql/database.sql", {"database_password": PASSWORD}).splitlines():
            if not line.startswith("--"):
                connection.execute(line.encode())


def _etcd(made: Path) -> tuple[Server, int]:
    port, peer_port = free_ports(2)
    values = {
        "name": "etcd1",
        "address": ADDRESS,
        "data": made / "etcd",
        "etcd_port": port,
        "etcd_peer_port": peer_port,
        "etcd_members": f"etcd1=https://{ADDRESS}:{peer_port}",
        "tls": made / "tls",
    }
    configuration = made / "etcd.yml"
    configuration.write_text(render(DEPLOY / "etcd/etcd.conf.yml", values))
    give(made, USER)
    return Server([program("etcd"), "--config-file", str(configuration)], made / "etcd.log", user=USER), port


def _member(made: Path, name: str, etcd_port: int) -> Member:
    port, rest_port = free_ports(2)
    values = {
        "name": name,
        "address": ADDRESS,
        "network": f"{ADDRESS}/32",
        "postgresql_port": port,
        "patroni_port": rest_port,
        "etcd_hosts": f"{ADDRESS}:{etcd_port}",
        "data": made / name,
        "sockets": made,
        "tls": made / "tls",
        "shared_buffers": "64MB",
        "ttl_s": TTL_S,
        "loop_wait_s": LOOP_WAIT_S,
        "retry_timeout_s": RETRY_S,
        **{f"{user}_password": PASSWORD for user in ("superuser", "replication", "rewind")},
    }
    configuration = made / f"{name}.yml"
    configuration.write_text(render(DEPLOY / "patroni/patroni.yml", values))
    give(configuration, USER)
    server = Server([program("patroni"), str(configuration)], made / f"{name}.log", user=USER)
    return Member(name, port, rest_port, made / name, server)
