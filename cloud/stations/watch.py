"""The tasks beside the ingest that watch folders, read gateways' stations and export; none waits for another."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from cloud.database import Database
from cloud.settings import CloudSettings
from cloud.stations.cycles import of_code, of_pond
from cloud.stations.exporting import Export, Exporter
from cloud.stations.file_name import FileName
from cloud.stations.importing import FolderImport
from cloud.stations.settings import ExportSettings, SettingsError, read_station_settings
from cloud.stations.targets import target_of
from cloud.stations.through_gateway import GatewayStations

log = logging.getLogger(__name__)

LOOK_S = 5.0
THREADS = 4

Clock = Callable[[], float]


class Stepping(Protocol):
    """Does a little whenever it is asked to."""

    def step(self) -> object: ...


def workers_of(database: Database, settings: CloudSettings, monotonic: Clock, wall: Clock) -> dict[str, Stepping]:
    """Everything that stations.toml asks for, by name, with paths relative to the data folder.

    A file that cannot be used is logged and stops nothing else.
    """
    made: dict[str, Stepping] = {"stations at gateways": GatewayStations(database, monotonic, wall)}
    data = settings.data
    try:
        asked = read_station_settings(settings.stations_file)
        for watched in asked.import_:
            folder = data / watched.folder
            made[f"import from {folder}"] = FolderImport(database, folder, FileName(watched.names), monotonic, wall)
        for export in asked.export:
            spool = data / "spool" / export.id
            made[f"export {export.id}"] = Exporter(database, _export(export, data), spool, monotonic, wall)
    except (SettingsError, OSError) as error:
        log.error("%s", error)
    return made


async def watch_stations(made: dict[str, Stepping]) -> None:
    """Step all of them for ever, in threads of their own: a server that hangs must not hold up the ingest."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stations")
    async with asyncio.TaskGroup() as group:
        for name, worker in made.items():
            group.create_task(_step_for_ever(name, worker, threads))


async def _step_for_ever(name: str, worker: Stepping, threads: ThreadPoolExecutor) -> None:
    said = ""
    while True:
        try:
            await asyncio.get_running_loop().run_in_executor(threads, worker.step)
            said = ""
        except (DBAPIError, OSError) as error:
            if (problem := str(error).splitlines()[0]) != said:
                log.error("%s: %s; trying again every %g s", name, problem, LOOK_S)
                said = problem
        except Exception:
            log.exception("%s failed; it goes on, and so does what it runs beside", name)
        await asyncio.sleep(LOOK_S)


def _export(settings: ExportSettings, data: Path) -> Export:
    source = of_code(settings.station) if settings.station else of_pond(settings.farm or "", settings.pond or "")
    password_file = data / settings.password_file if settings.password_file else None
    ca_file = data / settings.ca_file if settings.ca_file else None
    is_folder = "://" not in settings.target
    return Export(
        id=settings.id,
        source=source,
        code=settings.code,
        names=settings.file_name(),
        every_s=60 * settings.every_minutes,
        target=target_of(str(data / settings.target) if is_folder else settings.target, password_file, ca_file),
        symbols=settings.symbols,
    )
