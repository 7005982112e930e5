"""An uplink that is told to end ends, at whatever moment it is told."""

import asyncio
from pathlib import Path

from gateway.clock import Clock
from gateway.journal.settings import StorageSettings
from gateway.journal.store import Journal
from gateway.uplink.uplink import Uplink
from tests.gateway.farms import FARM, small_farm
from tests.mosquitto import mosquitto

MOMENTS = 60


async def test_it_ends_whatever_answer_of_the_broker_comes_in_at_that_moment(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with mosquitto(tmp_path) as port:
        lines = f'\n[uplink]\nurl = "mqtt://127.0.0.1:{port}"\npassword_file = "secret"\n'
        farm = small_farm(tmp_path, FARM + lines)
        assert farm.uplink is not None
        journal = Journal(farm.data / "journal.sqlite", Clock(), "boot", settings=StorageSettings(), cloud=True)
        journal.open()
        try:
            for turns in range(MOMENTS):
                uplink = Uplink(farm, farm.uplink, journal, Clock(), "boot")
                task = asyncio.create_task(uplink.run())
                async with asyncio.timeout(10):
                    while not uplink.connected:  # noqa: ASYNC110 - the uplink has no event for it
                        await asyncio.sleep(0)
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                ended, _ = await asyncio.wait([task], timeout=5)
                assert ended, f"it went on when cancelled {turns} turns after it came in"
        finally:
            journal.close()
