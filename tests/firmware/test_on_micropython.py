"""The device's own suite once more, under the interpreter that the device has."""

import os
import subprocess
from pathlib import Path

import pytest

from hardware.twin.board.tools import find_micropython

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "device"
MODULES = sorted(path.stem for path in FOLDER.glob("test_*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_device_suite(module: str, tmp_path: Path) -> None:
    environment = {**os.environ, "MICROPYPATH": f"{ROOT}:{FOLDER}:.frozen"}
    command = [find_micropython(), str(FOLDER / "run.py"), module]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("passed") == (FOLDER / f"{module}.py").read_text().count("\ndef test_")
