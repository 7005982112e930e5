"""The real messages process beside a real link: killed and started again, stopped, and small."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from gateway.farm import SOCKET_NAME
from gateway.people.subscriptions import Subscriptions
from hardware.twin.modem import SimulatedModem
from tests.gateway.farms import FARM
from tests.gateway.test_deliveries import Control, entry, until
from tests.gateway.test_push import Browser, site

MOST_MB = 48  # of its own, pages shared with other processes counted by their share
PERSON = """
[[person]]
id = "an"
name = "An"
phone = "+84901234567"
"""


def describe(folder: Path, modem: SimulatedModem) -> Path:
    path = folder / "farm.toml"
    path.write_text(f'{FARM}\n{PERSON}\n[modem]\nport = "{modem.port}"\naudio = "{modem.audio}"\n', encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    return path


@contextlib.asynccontextmanager
async def messages(path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway", "messages", str(path))
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def publish_for_ever(control: Control) -> None:
    while True:
        control.publish()
        await asyncio.sleep(0.05)


def test_killed_in_a_call_it_calls_again_and_sends_no_sms_twice(tmp_path: Path) -> None:
    async def scenario() -> None:
        with SimulatedModem(tmp_path / "tty", tmp_path / "audio") as modem:
            path = describe(tmp_path, modem)
            control = Control(tmp_path / "data" / SOCKET_NAME)
            await control.server.start()
            publishing = asyncio.create_task(publish_for_ever(control))
            async with messages(path) as process:
                control.publish(entry(1), entry(2, "call"))
                await until(lambda: modem.calls and modem.calls[0].connected, 15)
                assert control.sent == [(1, "delivered", "the network took 1 SMS")]
                assert psutil.Process(process.pid).memory_full_info().pss < MOST_MB * 1e6
            async with messages(path) as process:
                await until(lambda: len(modem.calls) == 2 and modem.calls[1].heard, 15)
                modem.press("1")
                await until(lambda: len(control.sent) == 2, 5)
                assert control.sent[1] == (2, "acknowledged", "pressed 1")
                assert {"do": "acknowledge", "alarm": 1, "who": "an", "by": "call"} in control.heard
                assert len(modem.messages) == 1
                assert modem.calls[0].over
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(3):
                    assert await process.wait() == 0
            publishing.cancel()
            await control.server.stop()

    asyncio.run(scenario())


def test_a_changed_farm_toml_is_taken_when_nothing_is_under_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        with SimulatedModem(tmp_path / "tty", tmp_path / "audio") as modem, site() as service:
            path = describe(tmp_path, modem)
            Subscriptions(tmp_path / "data").add("an", Browser(service.url).subscription)
            control = Control(tmp_path / "data" / SOCKET_NAME)
            await control.server.start()
            async with messages(path) as process:
                control.publish(entry(1, "push"))
                await until(lambda: control.sent, 10)
                assert len(service.got) == 1
                await asyncio.to_thread(path.write_text, "rubbish")
                await asyncio.sleep(0.1)
                assert process.returncode is None
                describe(tmp_path, modem)
                os.utime(path, (1, 1))
                async with asyncio.timeout(8):
                    assert await process.wait() == 0
            await control.server.stop()

    asyncio.run(scenario())
