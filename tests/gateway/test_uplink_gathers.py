"""Samples of a large province travel together, what happened does not wait for them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt

from gateway.journal.settings import StorageSettings
from gateway.journal.store import Journal
from gateway.uplink.messages import ack_topic, rows_topic
from gateway.uplink.uplink import TICK_S, Uplink
from tests.gateway.farms import FARM, Steps, sample, small_farm
from tests.mosquitto import mosquitto

GATHER_S = 60.0


class Sent:
    """What a cloud hears from the farm and confirms: of each message the sequences of samples and the kinds of events."""

    def __init__(self, client: aiomqtt.Client, farm: str) -> None:
        self._client = client
        self._farm = farm
        self._messages = aiter(client.messages)

    async def next(self) -> tuple[list[int], list[str]]:
        async with asyncio.timeout(10):
            body = json.loads((await anext(self._messages)).payload)
        await self._client.publish(ack_topic(self._farm), json.dumps({"batch": body["batch"], "status": "stored"}))
        numbers = [number for block in body["blocks"] for number in block["sequence"]]
        return sorted(numbers), [event["kind"] for event in body["events"]]

    async def nothing(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3 * TICK_S):
                await anext(self._messages)
                return False
        return True


async def test_samples_wait_for_each_other_and_an_event_takes_them_along(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with mosquitto(tmp_path) as port:
        lines = f'\n[uplink]\nurl = "mqtt://127.0.0.1:{port}"\npassword_file = "secret"\ngather_s = {GATHER_S}\n'
        async with sending(tmp_path, lines, port) as (steps, journal, sent):
            journal.put(sample(1, steps.now_s))
            assert await sent.next() == ([1], [])
            for sequence in (2, 3):
                steps.forward(10)
                journal.put(sample(sequence, steps.now_s))
            assert await sent.nothing()
            steps.forward(GATHER_S)
            assert await sent.next() == ([2, 3], [])
            journal.put(sample(4, steps.now_s))
            assert await sent.nothing()
            journal.event("power_lost")
            assert await sent.next() == ([4], ["power_lost"])


@contextlib.asynccontextmanager
async def sending(folder: Path, lines: str, port: int) -> AsyncIterator[tuple[Steps, Journal, Sent]]:
    """A gateway that is connected, its clock, and who listens at the broker."""
    steps = Steps()
    farm = small_farm(folder, FARM + lines)
    assert farm.uplink is not None
    journal = Journal(farm.data / "journal.sqlite", steps.clock(), "boot", settings=StorageSettings(), cloud=True)
    journal.open()
    uplink = Uplink(farm, farm.uplink, journal, steps.clock(), "boot")
    async with aiomqtt.Client("127.0.0.1", port) as listener:
        await listener.subscribe(rows_topic(farm.id))
        task = asyncio.create_task(uplink.run())
        try:
            async with asyncio.timeout(10):
                while not uplink.connected:  # noqa: ASYNC110 - the uplink has no event for it
                    await asyncio.sleep(0.01)
            yield steps, journal, Sent(listener, farm.id)
        finally:
            task.cancel()
            await asyncio.wait([task])
            journal.close()
