"""A connection that nobody closes and that carries nothing any more: half-open TCP, a captive portal, dead radio."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.journal.reader import JournalReader
from gateway.journal.settings import StorageSettings
from gateway.journal.store import Journal
from gateway.uplink.uplink import Uplink
from tests.faults import Fault
from tests.gateway.farms import FARM, sample, small_farm
from tests.mosquitto import mosquitto
from tests.ports import free_ports

FOUND_WITHIN_S = 90.0


class Hole:
    """A proxy before a port that can stop to carry without closing anything."""

    def __init__(self, to: int) -> None:
        self.port = free_ports(1)[0]
        self.open = True
        self._to = to

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer), return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            if self.open:
                writer.write(data)
        if self.open:
            writer.close()


async def until(uplink: Uplink, connected: bool, seconds: float) -> float:
    began_s = time.monotonic()
    async with asyncio.timeout(seconds):
        while uplink.connected is not connected:  # noqa: ASYNC110 - the uplink has no event for it
            await asyncio.sleep(0.05)
    return time.monotonic() - began_s


@pytest.mark.fault("23", "the connection to the cloud is half open: it carries nothing and nobody closes it")
async def test_a_connection_that_carries_nothing_is_found_and_made_anew(tmp_path: Path, fault: Fault) -> None:
    (tmp_path / "secret").write_text("x")
    with mosquitto(tmp_path) as port:
        hole = Hole(port)
        url = f'\n[uplink]\nurl = "mqtt://127.0.0.1:{hole.port}"\npassword_file = "secret"\n'
        farm = small_farm(tmp_path, FARM + url)
        assert farm.uplink is not None
        clock = Clock()
        journal = Journal(farm.data / "journal.sqlite", clock, "boot", settings=StorageSettings(), cloud=True)
        journal.open()
        uplink = Uplink(farm, farm.uplink, journal, clock, "boot")
        async with hole.serving():
            task = asyncio.create_task(uplink.run())
            await until(uplink, True, 10)
            hole.open = False
            journal.put(sample(1, clock.monotonic()))
            found_s = await until(uplink, False, FOUND_WITHIN_S)
            hole.open = True
            back_s = await until(uplink, True, 30)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        journal.flush()
        with contextlib.closing(JournalReader(journal.path)) as reader:
            assert reader.unsent_count() >= 1
        journal.close()
    fault.measured(
        aerators="as before: control needs no cloud (the uplink alone, with a real broker)",
        lost="nothing; rows wait in the journal",
        told=f"found after {found_s:.0f} s (90 s asked), connected again {back_s:.0f} s after it carried; the page says it",
    )
