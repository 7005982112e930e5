"""The messages process: listens to the control process and delivers what it wants people to be told."""

import asyncio
import contextlib
import logging
import signal
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.farm import Farm, FarmError, read_farm
from gateway.link import LinkClient
from gateway.living.feed import Feed
from gateway.messages.deliveries import Deliveries
from gateway.messages.modem import Modem
from gateway.messages.phone import CallChannel, SmsChannel, Told
from gateway.messages.push import PushChannel
from gateway.messages.sending import Channel
from gateway.messages.speech import Speech
from gateway.messages.states import States
from gateway.messages.urls import UrlChannel

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
ACKNOWLEDGE_TRIES = 5


class MessagesProcess:
    """Wires the channels of one farm together. Making it does no I/O; `run` does everything."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.link = LinkClient(farm.socket)
        self.states = States(self.link.order)
        self.modem: Modem | None = None
        self.deliveries = Deliveries(farm.person, self._channels(), self.link.order)

    def _channels(self) -> dict[str, Channel]:
        channels: dict[str, Channel] = {
            "push": PushChannel(self.farm.data, self.states, Clock()),
            "url": UrlChannel(self.states),
        }
        if self.farm.modem is not None:
            told = Told(self.farm.person, self.acknowledge)
            self.modem = Modem(self.farm.modem, self.states, told.came_in)
            speech = Speech(self.farm.data / "speech")
            channels["sms"] = SmsChannel(self.modem, told)
            channels["call"] = CallChannel(self.modem, told, speech, self.states, self.acknowledge)
        return channels

    async def run(self) -> None:
        """Deliver until cancelled; a part that ends by an error ends the process, which is started again."""
        work = [self.link.run(), self._listen(), self.deliveries.run()]
        if self.modem is not None:
            work.append(self.modem.run())
        await asyncio.gather(*work)

    async def acknowledge(self, alarm: int, person: str, by: str) -> None:
        """Tell control that this person knows; when it does not answer, the person is told again."""
        for _ in range(ACKNOWLEDGE_TRIES):
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self.link.order({"do": "acknowledge", "alarm": alarm, "who": person, "by": by})
                return
            await asyncio.sleep(1.0)
        log.error("control did not hear that %s acknowledged alarm %d", person, alarm)

    async def _listen(self) -> None:
        async for snapshot in self.link.snapshots():
            self._heard(snapshot)
            await self.states.tell(snapshot.get("channels", {}))

    def _heard(self, snapshot: dict[str, Any]) -> None:
        self.deliveries.take(list(snapshot.get("sendings", [])))


async def _until_changed(path: Path, process: MessagesProcess) -> None:
    """Ends when farm.toml was changed, can be read and nothing is under way."""
    begun = _written(path)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if _written(path) != begun and process.deliveries.idle and await asyncio.to_thread(_readable, path):
            log.info("%s has changed: starting again with it", path)
            return


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _readable(path: Path) -> bool:
    try:
        read_farm(path)
    except FarmError:
        return False
    return True


async def _run(farm: Farm, path: Path) -> None:
    process = MessagesProcess(farm)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [
        asyncio.create_task(process.run()),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(_until_changed(path, process)),
        asyncio.create_task(Feed({}).run()),
    ]
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        task.result()


def run_messages(farm: Farm, path: Path) -> None:
    """The messages process, from start to stop; it ends too when `path`, its farm.toml, has changed."""
    asyncio.run(_run(farm, path))
