"""A farm comes back from one file, on a machine that never saw it; a bad file changes nothing."""

import contextlib
import io
import json
import subprocess
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest
from typer.testing import CliRunner

from gateway.children import this_command
from gateway.clock import Clock
from gateway.command import app
from gateway.farm import read_farm
from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from gateway.living.tls import Certificates
from tests.gateway.farms import FARM, Steps, sample, small_farm

UPLINK = '\n[uplink]\nurl = "mqtt://127.0.0.1:1"\npassword_file = "secrets/password"\n'


def gateway(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*map(str, words), "--lang", "en"])
    return done.exit_code, done.output


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """The farm.toml of a farm with a day behind it."""
    folder = tmp_path / "old"
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets/password").write_text("abc", encoding="utf-8")
    (folder / "secrets/password").chmod(0o600)
    described = small_farm(folder, FARM + UPLINK)
    journal = Journal(described.data / "journal.sqlite", Steps().clock(), "boot")
    journal.open()
    for sequence in range(200):
        journal.put(sample(sequence, sequence * 60.0))
    journal.flush()
    journal.close()
    (described.data / "learned.json").write_text("{}", encoding="utf-8")
    Certificates(described.data / "tls").ensure(["old.local"], datetime.now(UTC))
    return folder / "farm.toml"


def samples(path: Path) -> int:
    with contextlib.closing(apsw.Connection(str(path / "journal.sqlite"))) as connection:
        return int(next(connection.execute("SELECT COUNT(*) FROM samples"))[0])


def test_a_farm_comes_back_on_a_machine_that_never_saw_it(farm: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "backup.tar.gz", tmp_path / "new/etc/farm.toml"
    assert gateway("backup", file, "--farm", farm)[0] == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert gateway("restore", file, "--farm", new)[0] == 0
    restored = read_farm(new)
    assert samples(restored.data) == 200
    assert restored.uplink is not None
    assert restored.uplink.password_file.read_text("utf-8") == "abc"
    assert restored.uplink.password_file.stat().st_mode & 0o777 == 0o600
    assert (restored.data / "learned.json").read_text("utf-8") == "{}"
    authority = (farm.parent / "data/tls/authority.crt").read_bytes()
    assert (restored.data / "tls/authority.crt").read_bytes() == authority
    assert Certificates(restored.data / "tls").usable


def test_what_was_there_is_put_aside(farm: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    gateway("backup", file, "--farm", farm, "--no-history")
    (farm.parent / "data/learned.json").write_text("newer", encoding="utf-8")
    farm.write_text(farm.read_text("utf-8") + "# changed\n", encoding="utf-8")
    assert gateway("restore", file, "--farm", farm)[0] == 0
    assert "# changed" not in farm.read_text("utf-8")
    (old,) = farm.parent.glob("data.before-*")
    assert (old / "learned.json").read_text("utf-8") == "newer"
    assert samples(old) == 200
    assert not (farm.parent / "data/journal.sqlite").exists()
    assert len(list(farm.parent.glob("farm.toml.before-*"))) == 1


def test_the_journal_is_whole_though_the_farm_writes(farm: Path, tmp_path: Path) -> None:
    described = read_farm(farm)
    journal = Journal(described.data / "journal.sqlite", Clock(), "boot", commit_s=0.001)
    journal.open()
    for sequence in range(200, 400):
        journal.put(sample(sequence, sequence * 60.0))
    file, new = tmp_path / "backup.tar.gz", tmp_path / "new/farm.toml"
    assert gateway("backup", file, "--farm", farm)[0] == 0
    journal.close()
    assert gateway("restore", file, "--farm", new)[0] == 0
    assert samples(read_farm(new).data) >= 200
    with contextlib.closing(JournalReader(read_farm(new).data / "journal.sqlite")) as reader:
        assert reader.newest("sample") >= 200


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_damaged_file_changes_nothing(farm: Path, tmp_path: Path, at: float) -> None:
    file, new = tmp_path / "backup.tar.gz", tmp_path / "new/farm.toml"
    gateway("backup", file, "--farm", farm)
    whole = bytearray(file.read_bytes())
    for damaged in (whole[: int(len(whole) * at)], _flipped(whole, at), bytearray(b"no archive")):
        file.write_bytes(damaged)
        code, said = gateway("restore", file, "--farm", new)
        assert code == 1
        assert "Traceback" not in said
        assert list(new.parent.iterdir()) == []


def _flipped(whole: bytearray, at: float) -> bytearray:
    flipped = bytearray(whole)
    flipped[int(len(whole) * at)] ^= 0xFF
    return flipped


@pytest.mark.parametrize("change", [{"version": 99}, {"journal": 99}, {"files": {"data/../../evil": ["0", 420]}}])
def test_newer_and_hostile_files_are_refused(farm: Path, tmp_path: Path, change: dict[str, object]) -> None:
    file, new = tmp_path / "backup.tar.gz", tmp_path / "new/farm.toml"
    gateway("backup", file, "--farm", farm)
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(file) as old, tarfile.open(changed, "w:gz") as archive:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            held = stream.read()
            if member.name == "manifest.json":
                held = json.dumps({**json.loads(held), **change}).encode()
                member.size = len(held)
            archive.addfile(member, io.BytesIO(held))
    code, said = gateway("restore", changed, "--farm", new)
    assert code == 1
    assert ("damaged" if "files" in change else "newer") in said
    assert list(new.parent.iterdir()) == []


def test_a_running_gateway_is_not_overwritten(farm: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    gateway("backup", file, "--farm", farm)
    with subprocess.Popen(this_command("gateway", "control", str(farm))) as control:
        try:
            end_s = time.monotonic() + 15
            while not (farm.parent / "data/control.sock").exists() and time.monotonic() < end_s:
                time.sleep(0.1)
            time.sleep(0.5)
            code, said = gateway("restore", file, "--farm", farm)
        finally:
            control.terminate()
    assert code == 1
    assert "Stop it first" in said
