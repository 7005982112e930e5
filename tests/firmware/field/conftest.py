"""Fixtures of the technician's tool: the command itself, and virtual boards."""

from pathlib import Path

import pytest

from tests.firmware.field.tool import Tool
from tests.hardware.twin.conftest import make_board, rack

__all__ = ["make_board", "rack"]


@pytest.fixture
def tool(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Tool:
    """The command pondkeeper-node."""
    return Tool(capfd, tmp_path)
