"""Ports for tests that run side by side."""

import contextlib
import itertools
import os
import socket

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FIRST_PORT = 20_000 + 1000 * WORKER
PORTS = itertools.cycle(range(FIRST_PORT, FIRST_PORT + 1000))


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that outgoing connections take, each worker's from a range of its own."""
    found = []
    while len(found) < count:
        port = next(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found
