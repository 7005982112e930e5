"""What all tests share: the repository's root and the firmware as it ships."""

from pathlib import Path

import pytest

from firmware.build import build

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The node's application as bytecode."""
    folder = tmp_path_factory.mktemp("firmware")
    build(folder)
    return folder


CHAIN = ("test_oxygen", "test_ledger", "test_pages")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers share the suite: a file stays with one of them, and so do those that share the living chain."""
    for item in items:
        name = item.path.stem
        item.add_marker(pytest.mark.xdist_group("chain" if name in CHAIN else str(item.path)))
