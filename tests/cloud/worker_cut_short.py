"""An ingest whose power goes between the database's commit and the acknowledgement, the first time there are rows."""

import os
import signal
import sys
from unittest.mock import patch

from cloud.command import app
from cloud.telemetry.amqp import AmqpSource
from cloud.telemetry.source import Message


async def _power_goes(self: AmqpSource, messages: list[Message]) -> None:
    if any(message.topic.endswith("/rows") for message in messages):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    with patch.object(AmqpSource, "acknowledge", _power_goes):
        app(sys.argv[1:])
