"""A technician's talk with one node: the line opened, the node found, the line let go."""

import contextlib
import time
from collections.abc import Callable, Iterator

from firmware.field.doors import pause
from firmware.field.frame import Trouble
from firmware.field.node_client import NodeClient
from firmware.field.rtu import NoAnswer
from firmware.field.scan import open_line

BOOT_WAIT_S = 30.0
BOOT_POLL_S = 0.5


@contextlib.contextmanager
def open_client(port: str, baud: int, unit_id: int) -> Iterator[NodeClient]:
    """The node at a unit id; without `port` at the one adapter that is plugged in. Trouble when the door is shut."""
    with open_line(port, baud) as rtu:
        yield NodeClient(rtu, unit_id)


def wait_for_boot(client: NodeClient, boot_before: int, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Return when the node has booted anew; Trouble E-NODE-48 when it has not within half a minute."""
    ends_s = monotonic() + BOOT_WAIT_S
    while monotonic() < ends_s:
        pause(BOOT_POLL_S)
        with contextlib.suppress(NoAnswer):
            if client.identity().boot_id != boot_before:
                return
    raise Trouble("E-NODE-48", unit=client.unit_id)
