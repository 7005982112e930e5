"""What each fault does to a farm, as measured by the test that makes it: the rows of docs/faults.md."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "build/faults"


@dataclass
class Fault:
    """One row: `aerators` is what they did, `lost` which data, `told` who heard of it and when."""

    number: str
    name: str
    test: str
    aerators: str = ""
    lost: str = ""
    told: str = ""

    def measured(self, *, aerators: str, lost: str, told: str) -> None:
        """To be said at the end of the test, when all of it was seen to be so."""
        self.aerators, self.lost, self.told = aerators, lost, told


@pytest.fixture
def fault(request: pytest.FixtureRequest) -> Iterator[Fault]:
    """The fault that the test's mark names: `@pytest.mark.fault("1", "a node stops answering")`."""
    marker = request.node.get_closest_marker("fault")
    assert marker is not None, "a test that measures a fault is marked with its number and name"
    found = Fault(*marker.args, test=request.node.nodeid)
    yield found
    if found.aerators:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{found.number}.json").write_text(json.dumps(asdict(found), ensure_ascii=False), encoding="utf-8")
