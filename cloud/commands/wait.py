"""Issue a command and wait for what the gateway says of it."""

import time
from typing import Any

from cloud.commands import repository
from cloud.database import Database
from cloud.farms import repository as farms
from cloud.settings import CloudSettings

LOOK_S = 0.25
WAIT_S = repository.LIFE_S + 15.0


def issue_and_wait(
    settings: CloudSettings, gateway_id: str, do: str, args: dict[str, Any], who: str
) -> tuple[str, str]:
    """Fate and reason; ("unknown", reason) for a gateway nobody knows, or when no word of it came back."""
    database = Database(settings.database_url)
    with database.write() as session:
        if not farms.knows(session, gateway_id):
            return "unknown", f"there is no gateway {gateway_id}"
        command_id = repository.issue(session, gateway_id, do, args, who, time.time()).id
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        with database.read() as session:
            found = repository.one(session, command_id)
        if found is not None and found.fate is not None:
            return found.fate, found.reason
        time.sleep(LOOK_S)
    return "unknown", "the gateway has not reported yet"
