"""A cloud on many machines: three brokers, three databases with one etcd, and a proxy before them."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cloud.database import Database, migrate
from cloud.farms import repository as farms
from tests.cloud.gateways import Sending
from tests.cloud.servers.haproxy import Proxy, haproxy
from tests.cloud.servers.patroni import Patroni, patroni
from tests.cloud.servers.process import ADDRESS, PASSWORD
from tests.cloud.servers.rabbitmq import RabbitMQ, rabbitmq

NAMES = [f"trai-{number}" for number in range(1, 5)]


@dataclass(frozen=True)
class Cloud:
    """The servers, and where gateways connect."""

    databases: Patroni
    brokers: RabbitMQ
    proxy: Proxy

    def gateways(self, folder: Path) -> list[Sending]:
        """Four gateways that may send."""
        url = f"mqtts://{ADDRESS}:{self.proxy.mqtts_port}"
        return [Sending(folder / name, name, url, self.brokers.authority, PASSWORD) for name in NAMES]


@contextlib.contextmanager
def whole_cloud() -> Iterator[Cloud]:
    """Run all but the workers."""
    with contextlib.ExitStack() as running, ThreadPoolExecutor() as pool:
        later = pool.submit(running.enter_context, patroni())
        brokers = running.enter_context(rabbitmq())
        brokers.add_gateways(*NAMES)
        databases = later.result()
        proxy = running.enter_context(haproxy(databases, brokers))
        prepare(databases.url)
        yield Cloud(databases, brokers, proxy)


def prepare(url: str) -> None:
    """Tables, and the gateways let in."""
    migrate(url)
    database = Database(url)
    with database.write() as session:
        for name in NAMES:
            farms.add_gateway(session, name, 0.0)
    database.engine.dispose()
