"""What an operator gets in deploy/ is whole, safe, and what the tests run on."""

import re
import sqlite3
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cloud.database import Database, migrate
from deploy.backup import BackupError, copies, drill, make
from deploy.rabbitmq.add_gateways import definitions
from deploy.render import render
from tests.cloud.servers import postgresql
from tests.cloud.test_migrations import take_in

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVERS = Path(__file__).parent / "servers"
UNITS = sorted(str(path) for path in (DEPLOY / "systemd").glob("*.service"))
EXAMPLE = DEPLOY / "values.example.toml"


def templates() -> list[Path]:
    files = (path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"})
    return sorted(path for path in files if "${" in path.read_text(encoding="utf-8"))


def test_every_template_is_filled_by_the_example_and_run_by_the_tests() -> None:
    values = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    used = "".join(path.read_text(encoding="utf-8") for path in SERVERS.glob("*.py"))
    assert len(templates()) >= 8
    for template in templates():
        assert "${" not in render(template, values)
        assert f'"{template.relative_to(DEPLOY)}"' in used, template


def test_a_value_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "values.toml").write_text('address = "10.0.0.1"\n')
    words = [sys.executable, str(DEPLOY / "render.py"), str(tmp_path / "values.toml"), str(DEPLOY / "cloud.env")]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "database_password" in said.stderr


def test_one_server_and_three_keep_what_is_confirmed_alike() -> None:
    values = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    alone = dict(re.findall(r"^(\w+) = '?([^'\n]*)'?$", render(DEPLOY / "postgresql/postgresql.conf", values), re.M))
    patroni = yaml.safe_load(render(DEPLOY / "patroni/patroni.yml", values))
    dcs = patroni["bootstrap"]["dcs"]
    together = {**patroni["postgresql"]["parameters"], **dcs["postgresql"]["parameters"]}
    assert dcs["synchronous_mode"] is True
    assert dcs["ttl"] >= dcs["loop_wait"] + 2 * dcs["retry_timeout"]
    places = {"listen_addresses", "port"}
    assert {name: text for name, text in alone.items() if name not in places} == {
        name: str(value) for name, value in together.items()
    }


def test_the_services_have_next_to_no_rights(tmp_path: Path) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", *UNITS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    for path in (DEPLOY / "systemd").iterdir():
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.M)
        (tmp_path / path.name).write_text(text)
    understood = subprocess.run(
        ["systemd-analyze", "verify", *(str(path) for path in tmp_path.iterdir() if "@" not in path.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "pondkeeper" not in understood.stderr, understood.stderr


@pytest.mark.parametrize("line", ["Hon-Dat secret", "hon-dat-1", "cloud secret", "hon.dat secret", ".* secret"])
def test_a_gateways_name_opens_nothing_else(line: str) -> None:
    with pytest.raises(ValueError, match=r"a line is a gateway's id"):
        definitions([line])


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data/cloud.sqlite'}"
        return
    with postgresql() as server:
        yield server.url


def test_a_backup_comes_back_whole_and_a_damaged_one_is_noticed(url: str, tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "backups"
    data.mkdir()
    (data / "command-key.pem").write_text("key")
    migrate(url)
    database = Database(url)
    take_in(database)
    with pytest.raises(BackupError, match="holds no copy"):
        drill(url, folder)
    made = [make(url, folder, data, kept=2) for _ in range(3)]
    assert copies(folder) == made[1:]
    with tarfile.open(made[-1] / "data.tar") as archive:
        assert archive.getnames() == ["command-key.pem"]
    counts = drill(url, folder)
    assert (counts["events"], counts["gateways"], counts["stored"]) == (1, 1, 2)
    copied = next(path for path in copies(folder)[-1].iterdir() if path.name.startswith("cloud."))
    whole = copied.read_bytes()
    copied.write_bytes(whole[: len(whole) // 2])
    with pytest.raises((BackupError, sqlite3.DatabaseError)):
        drill(url, folder)
    copied.write_bytes(whole)
    assert drill(url, folder) == counts
    database.engine.dispose()
