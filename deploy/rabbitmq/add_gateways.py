"""Lets gateways in at the RabbitMQ cluster; a second time gives them other passwords.

echo "hon-dat-1 $PASSWORD" | python3 deploy/rabbitmq/add_gateways.py | rabbitmqctl import_definitions
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

GATEWAY_ID = r"[a-z0-9][a-z0-9-]{0,39}"
OTHERS = {"cloud", "guest"}


def definitions(lines: Iterable[str]) -> dict[str, Any]:
    """What RabbitMQ imports for lines of id and password; ValueError names the line that is neither."""
    found: dict[str, Any] = {"users": [], "permissions": [], "topic_permissions": []}
    for line in filter(str.strip, lines):
        gateway, _, password = line.strip().partition(" ")
        if not re.fullmatch(GATEWAY_ID, gateway) or gateway in OTHERS or not password:
            raise ValueError(f"{gateway!r}: a line is a gateway's id (small letters, digits, '-'), a space, a password")
        found["users"].append({"name": gateway, "password": password, "tags": ""})
        found["permissions"].append({"user": gateway, "vhost": "/", **_own_queue(gateway)})
        topics = {"write": rf"^farm\.{gateway}\.up\.", "read": rf"^farm\.{gateway}\.down\."}
        found["topic_permissions"].append({"user": gateway, "vhost": "/", "exchange": "amq.topic", **topics})
    return found


def _own_queue(gateway: str) -> dict[str, str]:
    """The MQTT plugin makes a queue for each client id, and gateways' client ids begin with their id."""
    queue = rf"^mqtt-subscription-{gateway}-[0-9a-zA-Z]+qos[01]$"
    return {"configure": queue, "write": rf"{queue}|^amq\.topic$", "read": rf"{queue}|^amq\.topic$"}


if __name__ == "__main__":
    try:
        json.dump(definitions(sys.stdin), sys.stdout)
    except ValueError as error:
        sys.exit(f"{error}. Nobody was let in.")
