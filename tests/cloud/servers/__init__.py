"""The servers of a cloud on many machines, started on loopback from the files in deploy/, and stopped without a trace."""

from tests.cloud.servers.haproxy import Proxy, haproxy
from tests.cloud.servers.patroni import Patroni, patroni
from tests.cloud.servers.postgresql import PostgreSQL, postgresql
from tests.cloud.servers.rabbitmq import RabbitMQ, rabbitmq

__all__ = ["Patroni", "PostgreSQL", "Proxy", "RabbitMQ", "haproxy", "patroni", "postgresql", "rabbitmq"]
