"""`/api/v1` keeps what its OpenAPI says, whatever is asked."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from tests.gateway.next_door import farmhouse

HOUSE: dict[str, str] = {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application on a living control, in a loop of its own, asked through its ASGI door."""
    ready, done = threading.Event(), threading.Event()
    found: list[FastAPI] = []

    async def live(folder: Path) -> None:
        async with farmhouse(folder, "\n[neighbours.rest]\n") as house:
            await house.measure(5.0)
            HOUSE.update(house.key("owner"))
            found.append(house.app)
            ready.set()
            while not done.is_set():
                await house.measure(5.0)
                await asyncio.sleep(0.5)

    thread = threading.Thread(target=lambda: asyncio.run(live(tmp_path_factory.mktemp("rest"))))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    done.set()
    thread.join()


def test_what_is_asked_is_answered_as_described(served: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", served, headers=dict(HOUSE))
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 14

    for operation in operations:

        @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=dict(HOUSE))

        ask()
