"""The way to the broker is locked: a certificate that is not good stops the sending, is named, and loses nothing."""

import asyncio
import contextlib
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
from tests.mosquitto import make_authority, make_certificate, mosquitto


@contextlib.asynccontextmanager
async def uplink_to(folder: Path, port: int, ca: str = 'ca_file = "ca.pem"') -> AsyncIterator[tuple[Uplink, Journal]]:
    (folder / "secret").write_text("x")
    text = FARM + f'\n[uplink]\nurl = "mqtts://127.0.0.1:{port}"\npassword_file = "secret"\n{ca}\n'
    farm = small_farm(folder, text)
    assert farm.uplink is not None
    clock = Clock()
    journal = Journal(farm.data / "journal.sqlite", clock, "boot", settings=StorageSettings(), cloud=True)
    journal.open()
    journal.put(sample(1, clock.monotonic()))
    uplink = Uplink(farm, farm.uplink, journal, clock, "boot")
    task = asyncio.create_task(uplink.run())
    try:
        async with asyncio.timeout(10):
            while not (uplink.connected or uplink.last_error):  # noqa: ASYNC110 - the uplink has no event for it
                await asyncio.sleep(0.02)
        yield uplink, journal
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        journal.close()


def told(journal: Journal) -> list[dict[str, str]]:
    journal.flush()
    with contextlib.closing(JournalReader(journal.path)) as reader:
        return [{"kind": row["kind"], **row["detail"]} for row in reader.events()]


@pytest.mark.fault("32", "the broker's certificate has expired")
async def test_an_expired_certificate_is_named_and_the_rows_stay(tmp_path: Path, fault: Fault) -> None:
    lines = make_certificate(tmp_path, make_authority(tmp_path), days=-1)
    with mosquitto(tmp_path, *lines) as port:
        async with uplink_to(tmp_path, port) as (uplink, journal):
            assert not uplink.connected
            assert uplink.last_error.startswith("certificate expired")
            events = told(journal)
            with contextlib.closing(JournalReader(journal.path)) as reader:
                assert reader.newest("sample") == 1
    assert [event["problem"] for event in events if event["kind"] == "cloud_certificate"] == ["expired"]
    fault.measured(
        aerators="not concerned", lost="nothing: rows wait in the journal", told="an event on the farm's page, once"
    )


async def test_a_good_certificate_of_the_pinned_authority_lets_in(tmp_path: Path) -> None:
    lines = make_certificate(tmp_path, make_authority(tmp_path), days=300)
    with mosquitto(tmp_path, *lines) as port:
        async with uplink_to(tmp_path, port) as (uplink, _):
            assert uplink.connected


async def test_a_certificate_that_ends_soon_is_told_in_time(tmp_path: Path) -> None:
    lines = make_certificate(tmp_path, make_authority(tmp_path), days=12)
    with mosquitto(tmp_path, *lines) as port:
        async with uplink_to(tmp_path, port) as (uplink, journal):
            assert uplink.connected
            assert {"kind": "cloud_certificate_soon", "days": 12} in told(journal)


async def test_a_stranger_in_the_brokers_place_hears_nothing(tmp_path: Path) -> None:
    lines = make_certificate(tmp_path, make_authority(tmp_path), days=300)
    make_authority(tmp_path)
    with mosquitto(tmp_path, *lines) as port:
        for ca in ('ca_file = "ca.pem"', ""):
            async with uplink_to(tmp_path, port, ca) as (uplink, _):
                assert uplink.last_error.startswith("certificate not trusted")
