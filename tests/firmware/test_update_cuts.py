"""The power fails in every single flash operation of an update, in both ways in which it can leave one."""

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware import build, release
from hardware.twin.board.tools import find_micropython
from tests.faults import Fault

ROOT = Path(__file__).parents[2]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def application(folder: Path, version: build.Version) -> None:
    """Three real modules, of which one differs from version to version."""
    text = f"VERSION = {version!r}\nTEXT = {'x' * 600!r}"
    names = ["firmware/node/crc.py", build.VERSION_FILE, build.REGISTERS]
    build.build_modules(folder, names, {build.VERSION_FILE: text})


@pytest.mark.fault("21", "the power is cut in any flash operation of an update")
def test_a_power_cut_in_any_flash_operation_boots_old_or_new_whole(tmp_path: Path, fault: Fault) -> None:
    application(tmp_path / "old", (1, 0, 0))
    build.write_manifest(tmp_path / "old", (1, 0, 0))
    application(tmp_path / "new", (1, 0, 1))
    release.sign(tmp_path / "new", (1, 0, 1), KEY)
    environment = {**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"}
    script = str(Path(__file__).parent / "update_cuts.py")
    command = [find_micropython(), script, str(tmp_path), release.public_text(KEY)]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150)
    assert result.returncode == 0, result.stdout + result.stderr
    # The collector closes files that the cut left open and prints what they say.
    lines = [line for line in result.stdout.splitlines() if line[:1].isdigit()]
    assert [line.split(" ", 1)[1] for line in lines] == ["[(1, 0, 0)]", "[(1, 0, 0), (1, 0, 1)]"]
    assert all(int(line.split()[0]) > 30 for line in lines)
    fault.measured(
        aerators="latched pins hold through a reset (test_board)",
        lost="nothing: old or new version, whole",
        told="the technician's tool, which goes on where it stopped",
    )
