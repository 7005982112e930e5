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
