"""Takes each sending of the snapshot once, hands it to its lane and reports what became of it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.messages.lane import PAUSES_S, Lane
from gateway.messages.sending import Channel, NotDelivered, Outcome, Sending, sending_of
from gateway.people.settings import PersonSettings

log = logging.getLogger(__name__)

LANE_OF = {"sms": "modem", "call": "modem"}
WORKERS = {"modem": 1, "push": 4, "url": 4}

Key = tuple[object, ...]
Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Deliveries:
    """`order` asks the control process; it may raise ConnectionError or TimeoutError, and the report is made again."""

    def __init__(
        self,
        people: list[PersonSettings],
        channels: dict[str, Channel],
        order: Ask,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        self._people = {person.id: person for person in people}
        self._channels = channels
        self._order = order
        self._seen: set[Key] = set()
        self._unreported: dict[Key, tuple[Sending, Outcome]] = {}
        self._to_report = asyncio.Event()
        self._lanes = {name: Lane(self._deliver, self._finish, workers, pauses_s) for name, workers in WORKERS.items()}

    @property
    def idle(self) -> bool:
        """True when nothing waits, is under way or is to be reported."""
        return not self._unreported and all(lane.idle for lane in self._lanes.values())

    def take(self, due: list[dict[str, Any]]) -> None:
        """What is due now; what is due no longer is forgotten, also when it waits."""
        sendings = {sending.key: sending for sending in map(_read, due) if sending is not None}
        for key, sending in sendings.items():
            if key not in self._seen:
                self._begin(sending)
        for lane in self._lanes.values():
            lane.keep(set(sendings))
        self._seen = set(sendings)

    async def run(self) -> None:
        """Deliver and report until cancelled."""
        await asyncio.gather(self._report_for_ever(), *(lane.run() for lane in self._lanes.values()))

    def _begin(self, sending: Sending) -> None:
        lane = self._lanes.get(LANE_OF.get(sending.channel, sending.channel))
        if lane is None:
            self._finish(sending, Outcome("failed", f"no such channel: {sending.channel}"))
        elif sending.person not in self._people:
            self._finish(sending, Outcome("failed", f"no such person in farm.toml: {sending.person}"))
        else:
            lane.add(sending)

    async def _deliver(self, sending: Sending) -> Outcome:
        channel = self._channels.get(sending.channel)
        if channel is None:
            raise NotDelivered(f"no {sending.channel} on this gateway: farm.toml has no [modem]", final=True)
        return await channel.deliver(sending, self._people[sending.person])

    def _finish(self, sending: Sending, outcome: Outcome) -> None:
        log.info("%s to %s: %s %s", sending.channel, sending.person, outcome.result, outcome.detail)
        self._unreported[sending.key] = (sending, outcome)
        self._to_report.set()

    async def _report_for_ever(self) -> None:
        while True:
            await self._to_report.wait()
            self._to_report.clear()
            for key, (sending, outcome) in list(self._unreported.items()):
                with contextlib.suppress(ConnectionError, TimeoutError):
                    await self._order(
                        {"do": "sent", "id": sending.id, "outcome": outcome.result, "detail": outcome.detail}
                    )
                    del self._unreported[key]
            if self._unreported:
                await asyncio.sleep(1.0)
                self._to_report.set()


def _read(entry: dict[str, Any]) -> Sending | None:
    try:
        return sending_of(entry)
    except (KeyError, TypeError, ValueError) as error:
        log.error("a sending that is not understood: %r in %r", error, entry)
        return None
