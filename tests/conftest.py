"""What all tests share: the repository's root and the firmware as it ships."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from firmware.build import build
from tests.faults import fault

__all__ = ["fault"]

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The node's application as bytecode."""
    folder = tmp_path_factory.mktemp("firmware")
    build(folder)
    return folder


CHAIN = ("test_oxygen", "test_ledger", "test_pages", "test_faults")


def share_of(nodeid: str) -> str:
    """What must stay with one worker: a file, or all that share the living chain."""
    file = nodeid.split("::")[0]
    return "chain" if Path(file).stem in CHAIN else file


class ByFile(LoadScopeScheduling):
    """Hands whole files to the workers, in the order collected."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Our own scheduler, whatever --dist says."""
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the chain, then the other system tests."""
    items.sort(key=lambda item: (share_of(item.nodeid) != "chain", "system" not in item.path.parts))
