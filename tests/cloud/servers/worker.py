"""Ingest workers as systemd would run them; their data and their logs lie in a folder."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cloud.servers.process import Server


def _worker(folder: Path, number: int, database_url: str, broker_url: str, module: str) -> Server:
    environment = {
        "PONDKEEPER_DATABASE_URL": database_url,
        "PONDKEEPER_MQTT_URL": broker_url,
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    words = [sys.executable, "-m", module, "ingest", "--data", str(folder / f"data-{number}")]
    return Server(words, folder / f"worker-{number}.log", environment=environment)


@contextlib.contextmanager
def workers(folder: Path, database_url: str, broker_url: str, *modules: str) -> Iterator[list[Server]]:
    """Run a worker for each module."""
    made = [_worker(folder, number, database_url, broker_url, module) for number, module in enumerate(modules)]
    for one in made:
        one.start()
    try:
        yield made
    except BaseException:
        print(*(one.complaint() for one in made), sep="\n")  # noqa: T201
        raise
    finally:
        for one in made:
            one.kill()
