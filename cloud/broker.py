"""The built-in MQTT broker (amqtt): a user for each gateway, and for each only its own topics."""

import asyncio
import contextlib
import logging
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqtt.broker
from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.errors import AMQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin

from cloud.broker_users import CLOUD_USER, matches, users_in

log = logging.getLogger(__name__)

FIRST_PACKET_S = 5.0
LOOK_S = 2.0


class FileAuth(BaseAuthPlugin):  # type: ignore[misc]
    """Users and password hashes from a file. A client id begins with its user, so that nobody takes another's session."""

    @dataclass
    class Config:
        """`file` is CloudSettings.users_file."""

        file: str = ""

    async def authenticate(self, *, session: Any) -> bool:
        """True for a known user with the right password."""
        user = session.username or ""
        if not user or not (session.client_id or "").startswith(f"{user}-"):
            return False
        try:
            stored = users_in(Path(self.config.file)).get(user)
        except (OSError, ValueError):
            log.exception("the broker's users cannot be read")
            return False
        let_in = stored is not None and await asyncio.to_thread(matches, session.password or "", stored)
        session.let_in_by = stored if let_in else None
        return let_in


class OwnTopics(BaseTopicPlugin):  # type: ignore[misc]
    """A gateway publishes under farm/<itself>/up/ and hears farm/<itself>/down/; the cloud does both for all."""

    @dataclass
    class Config:
        """`cloud_user` may do everything under farm/."""

        cloud_user: str = CLOUD_USER

    async def topic_filtering(self, *, session: Any = None, topic: str | None = None, action: Any = None) -> bool:
        """True when this user may do this with this topic."""
        user = session.username if session else None
        if not user or not topic or any(sign in user for sign in "/+#"):
            return False
        if user == self.config.cloud_user:
            return topic.startswith("farm/")
        direction = "up" if action == Action.PUBLISH else "down"
        return topic.startswith(f"farm/{user}/{direction}/")


class EarlyAuth(BrokerProtocolHandler):  # type: ignore[misc]
    """Asks for the password before it looks for the session, and for a first packet within a few seconds.

    amqtt 0.12.1 does it the other way round: a stranger who names another's client id ends that client's session. It also
    publishes wills without asking for topics, so nobody may leave one.
    """

    @classmethod
    async def init_from_connect(cls, reader: Any, writer: Any, plugins_manager: Any, loop: Any = None) -> Any:
        """The handler and session of a client that may come in; AMQTTError for any other."""
        first = super().init_from_connect(reader, writer, plugins_manager, loop)
        try:
            handler, session = await asyncio.wait_for(first, FIRST_PACKET_S)
        except TimeoutError as error:
            await writer.close()
            raise AMQTTError("no CONNECT packet") from error
        answers = await plugins_manager.map_plugin_auth(session=session)
        if not answers or not all(answers.values()) or session.will_flag:
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise AMQTTError("not authorized")
        return handler, session


amqtt.broker.BrokerProtocolHandler = EarlyAuth


def _configuration(url: str, users_file: Path) -> dict[str, Any]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": urlsplit(url).netloc}},
        "plugins": {
            "cloud.broker.FileAuth": {"file": str(users_file)},
            "cloud.broker.OwnTopics": {},
        },
    }


def run_broker(url: str, users_file: Path) -> None:
    """Run the broker until SIGTERM or SIGINT."""
    asyncio.run(_serve(url, users_file))


async def _serve(url: str, users_file: Path) -> None:
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.ERROR)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(_configuration(url, users_file))
    await broker.start()
    showing_out = asyncio.create_task(_show_out(broker, users_file))
    try:
        await stop.wait()
    finally:
        showing_out.cancel()
        await broker.shutdown()


async def _show_out(broker: Broker, users_file: Path) -> None:
    """End the connections of users who were removed, or whose password another gateway has now."""
    while True:
        await asyncio.sleep(LOOK_S)
        with contextlib.suppress(OSError, ValueError):
            users = users_in(users_file)
            for session, handler in list(broker.sessions.values()):
                if session.transitions.is_connected() and users.get(session.username or "") != session.let_in_by:
                    await handler.handle_connection_closed()
