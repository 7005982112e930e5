"""`/api/v1` keeps what its OpenAPI says, whatever is asked."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.gateway.next_door import farmhouse

HOUSE: dict[str, str] = {}
KNOWN: dict[str, Any] = {"pond_id": "ao-1", "aerator": 2}


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
    assert len(operations) == 13

    for operation in operations:
        for mode in GenerationMode:
            ask(operation, mode)


def ask(operation: Any, mode: GenerationMode) -> None:
    """Requests as the description allows them, or as it does not; half of the right ones about what is there.

    A parameter that nobody described is let pass, as everywhere on the web.
    """

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def once(case: schemathesis.Case, known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE:
            case.path_parameters |= {name: value for name, value in KNOWN.items() if name in case.path_parameters}
        case.call_and_validate(headers=dict(HOUSE), excluded_checks=[negative_data_rejection])

    once()
