"""The cloud's REST interface keeps what its OpenAPI says, whatever is asked and whoever asks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from cloud.web.rooms import routers
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser, token

PARAMETER = re.compile(r"\{\w+\}")
STRICTER = {
    "/api/ponds/{pond_id}/series",
    "/api/farms/{farm_id}",
    "/api/ponds/{pond_id}",
    "/api/ponds/{pond_id}/commands",
}
KNOWN: dict[str, Any] = {"farm_id": "g1", "pond_id": 1, "command_id": 1}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path, "g1") as made:
        yield made


@pytest.mark.parametrize(("role", "of"), [("administrator", "/api"), ("technician", "commands")])
def test_what_is_asked_is_answered_as_described(cloud: Cloud, role: Any, of: str) -> None:
    person = add_person(cloud.database, role, "0901234567", farms=["g1"] if role == "technician" else [])
    headers = token(cloud.database, person, role)
    schema = schemathesis.openapi.from_asgi("/openapi.json", cloud.app, headers=dict(headers))
    for operation in [found.ok() for found in schema.get_all_operations() if of in found.ok().path]:
        takes_something = operation.body or list(operation.iter_parameters())
        for mode in GenerationMode if takes_something else [GenerationMode.POSITIVE]:
            ask(operation, mode, headers)


def ask(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    """Requests as the description allows them, or as it does not; half of the right ones about what is there.

    A parameter that nobody described is let pass, as everywhere on the web. What a description cannot say may still
    be refused: a time before another, a commune that there is not, an aerator 6.0.
    """
    unchecked = [negative_data_rejection]
    if operation.path in STRICTER:
        unchecked.append(positive_data_acceptance)

    @settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def once(case: Any, known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE:
            case.path_parameters |= {name: value for name, value in KNOWN.items() if name in case.path_parameters}
        case.call_and_validate(headers=dict(headers), excluded_checks=unchecked)

    once()


@pytest.mark.parametrize("role", ["administrator", "officer", "farmer"])
def test_what_one_answer_names_the_next_request_finds(cloud: Cloud, role: Any) -> None:
    person = add_person(
        cloud.database, role, "0901234567", farms=["g1"] if role == "farmer" else [], scope=[("province", "91")]
    )
    headers = token(cloud.database, person, role, "g1" if role == "farmer" else None)
    schema = schemathesis.openapi.from_asgi("/openapi.json", cloud.app, headers=dict(headers))

    as_it_was = kept(cloud)

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            put_back(cloud, as_it_was)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": dict(headers)}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            unchecked = [negative_data_rejection, positive_data_acceptance]
            case.validate_response(response, excluded_checks=unchecked, transport_kwargs=more)

    Walk.run(
        settings=settings(
            max_examples=15,
            stateful_step_count=10,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
    )


def kept(cloud: Cloud) -> bytes:
    """The database as it is now."""
    with cloud.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return (cloud.folder / "cloud.sqlite").read_bytes()


def put_back(cloud: Cloud, as_it_was: bytes) -> None:
    """What one walk has left must not lead the next."""
    for database in (cloud.database, cloud.app.state.database):
        database.engine.dispose()
    for file in cloud.folder.glob("cloud.sqlite-*"):
        file.unlink()
    (cloud.folder / "cloud.sqlite").write_bytes(as_it_was)


@pytest.mark.parametrize("number", [-1, 2**31, 2**63, 10**30])
def test_no_number_is_too_large_to_be_answered(cloud: Cloud, number: int) -> None:
    """Pages and API alike; a column of 32 bits would refuse the larger ones by an error."""
    person = add_person(cloud.database, "administrator", "0901234567")
    asked = browser(cloud.app, person)
    answers = {
        (method, route.path): asked.request(method, PARAMETER.sub(str(number), route.path), json={}).status_code
        for router in routers()
        for route in router.routes
        if isinstance(route, APIRoute) and "_id}" in route.path
        for method in sorted(route.methods)
    }
    assert len(answers) > 40
    assert {place: status for place, status in answers.items() if status >= 500 or status == 200} == {}
