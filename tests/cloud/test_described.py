"""The cloud's REST interface keeps what its OpenAPI says, whatever is asked and whoever asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, token

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
