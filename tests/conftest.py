"""What all tests share: the repository's root and the firmware as it ships."""

import os
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


LONGEST = ("test_cluster", "test_oxygen", "test_ledger", "test_update", "test_pages", "test_faults")
ON_THE_CLOCK = {"system", "field", "servers", "twin"}
YIELDS = 10


class ByFile(LoadScopeScheduling):
    """Hands whole files to the workers, in the order collected."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Our own scheduler, whatever --dist says."""
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, then what lives by the clock."""
    items.sort(key=lambda item: (item.path.stem not in LONGEST, not on_the_clock(item)))


def on_the_clock(item: pytest.Item) -> bool:
    """True for tests of processes that must keep time."""
    return item.path.stem in LONGEST or not ON_THE_CLOCK.isdisjoint(item.path.parts)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What only reckons gives way to what must keep time; it comes later, so that no worker has to come back from it."""
    if not on_the_clock(item) and os.getpriority(os.PRIO_PROCESS, 0) < YIELDS:
        os.setpriority(os.PRIO_PROCESS, 0, YIELDS)
