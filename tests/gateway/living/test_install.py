"""Installing into a folder, again, and taking everything out; what the services may do; certificates."""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gateway.children import this_command
from gateway.command import app
from gateway.living import units
from gateway.living.system_files import DATA, FARM
from gateway.living.tls import Certificates
from tests.gateway.farms import FARM as FARM_TEXT
from tests.gateway.farms import small_farm
from tests.ports import free_ports

USERS = {f"etc/{name}" for name in (".pwd.lock", "passwd-", "group-", "shadow", "shadow-", "gshadow", "gshadow-")}
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def gateway(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words, "--lang", "en"])
    return done.exit_code, done.output


def tree(root: Path) -> dict[str, str]:
    """Every path under a folder with what it holds."""
    found = {}
    for path in sorted(root.rglob("*")):
        held = str(path.readlink()) if path.is_symlink() else path.read_text("utf-8") if path.is_file() else ""
        found[str(path.relative_to(root))] = held
    return found


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """The root of a small system that has some of the folders already."""
    for folder in ("etc/systemd/system/multi-user.target.wants", "etc/udev/rules.d", "etc/avahi/services"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (tmp_path / "etc/group").write_text("root:x:0:\ndialout:x:20:\naudio:x:29:\n", encoding="utf-8")
    return tmp_path


def test_installed_twice_it_changes_nothing_the_second_time(system: Path) -> None:
    code, said = gateway("install", "--root", str(system))
    assert code == 0, said
    first = tree(system)
    assert "etc/systemd/system/pondkeeper-control.service" in first
    assert (system / DATA[1:]).stat().st_mode & 0o777 == 0o700
    code, said = gateway("install", "--root", str(system))
    assert code == 0
    assert "laid" not in said
    assert tree(system) == first


def test_uninstalled_it_leaves_nothing_but_the_data(system: Path) -> None:
    before = tree(system)
    gateway("install", "--root", str(system))
    (system / FARM[1:]).write_text("the farm", encoding="utf-8")
    (system / DATA[1:] / "journal.sqlite").write_text("history", encoding="utf-8")
    code, _ = gateway("uninstall", "--root", str(system))
    assert code == 0
    left = {path for path in tree(system).keys() - before.keys() if not path.startswith((DATA[1:], "var"))}
    assert left - USERS == {"etc/pondkeeper", FARM[1:]}
    assert {path: tree(system)[path] for path in before if path not in ("etc/passwd", "etc/group")} == {
        path: held for path, held in before.items() if path not in ("etc/passwd", "etc/group")
    }
    assert (system / DATA[1:] / "journal.sqlite").read_text("utf-8") == "history"


def test_a_dry_run_touches_nothing(system: Path) -> None:
    before = tree(system)
    code, said = gateway("install", "--root", str(system), "--dry-run")
    assert code == 0
    assert "would lay /etc/systemd/system/pondkeeper-web.service" in said
    assert tree(system) == before


def test_somebody_elses_file_is_not_overwritten(system: Path) -> None:
    (system / "etc/udev/rules.d/99-pondkeeper.rules").write_text("mine", encoding="utf-8")
    before = tree(system)
    code, said = gateway("install", "--root", str(system))
    assert code == 1
    assert "99-pondkeeper.rules" in said
    assert tree(system) == before


def test_the_services_have_next_to_no_rights(tmp_path: Path) -> None:
    files = []
    for name in units.SERVICES:
        file = tmp_path / units.unit(name)
        file.write_text(units.service(name, "/bin/true", FARM), encoding="utf-8")
        files.append(str(file))
    (tmp_path / "pondkeeper.target").write_text(units.target(), encoding="utf-8")
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    understood = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert "pondkeeper" not in understood.stderr, understood.stderr


def test_certificates_are_for_the_farms_names_and_renewed_in_time(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    assert certificates.ensure(["ao.local", "192.168.1.9"], NOW)
    assert not certificates.ensure(["ao.local", "192.168.1.9"], NOW + timedelta(days=334))
    authority = (tmp_path / "tls/authority.crt").read_bytes()
    assert certificates.ensure(["ao.local", "192.168.1.9"], NOW + timedelta(days=336))
    assert (tmp_path / "tls/authority.crt").read_bytes() == authority
    assert certificates.days_left(NOW + timedelta(days=336)) == pytest.approx(365)
    for key in (tmp_path / "tls").glob("*.key"):
        assert key.stat().st_mode & 0o777 == 0o600
    assert certificates.context().minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(("name", "trusted"), [("ao.local", True), ("192.168.1.9", True), ("other.local", False)])
def test_a_phone_that_knows_the_authority_trusts_the_pages(tmp_path: Path, name: str, trusted: bool) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.ensure(["ao.local", "192.168.1.9"], datetime.now(UTC))
    client = ssl.create_default_context(cafile=str(tmp_path / "tls/authority.crt"))
    ends = [ssl.MemoryBIO() for _ in range(2)]
    phone = client.wrap_bio(ends[0], ends[1], server_hostname=name)
    pages = certificates.context().wrap_bio(ends[1], ends[0], server_side=True)
    try:
        for _ in range(4):
            for end in (phone, pages):
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLCertVerificationError:
        assert not trusted
    else:
        assert trusted


def test_the_pages_are_served_by_tls_too(tmp_path: Path) -> None:
    port, tls_port = free_ports(2)
    small_farm(tmp_path, f"{FARM_TEXT}\n[web]\nport = {port}\ntls_port = {tls_port}\n")
    Certificates(tmp_path / "data/tls").ensure(["localhost", "127.0.0.1"], datetime.now(UTC))
    with subprocess.Popen(this_command("gateway", "web", str(tmp_path / "farm.toml"))) as web:
        try:
            trusting = ssl.create_default_context(cafile=str(tmp_path / "data/tls/authority.crt"))
            with httpx.Client(verify=trusting) as phone:
                until(lambda: answers(phone, f"https://127.0.0.1:{tls_port}/healthz"))
                told = phone.get(f"https://127.0.0.1:{tls_port}/healthz")
            assert told.status_code == 503
            assert told.json()["control"] is False
            plain = f"http://127.0.0.1:{port}"
            assert httpx.get(f"{plain}/pondkeeper-ca.crt").text.startswith("-----BEGIN CERTIFICATE")
        finally:
            web.terminate()


def answers(phone: httpx.Client, url: str) -> bool:
    try:
        phone.get(url)
    except httpx.HTTPError:
        return False
    return True


def until(holds: Callable[[], bool], within_s: float = 15.0) -> None:
    end_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.1)


def test_a_taken_tls_port_does_not_take_the_plain_pages_away(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        tls_port = other.getsockname()[1]
        small_farm(tmp_path, f"{FARM_TEXT}\n[web]\nport = {port}\ntls_port = {tls_port}\n")
        Certificates(tmp_path / "data/tls").ensure(["localhost"], datetime.now(UTC))
        with (
            subprocess.Popen(this_command("gateway", "web", str(tmp_path / "farm.toml"))) as web,
            httpx.Client() as phone,
        ):
            try:
                until(lambda: answers(phone, f"http://127.0.0.1:{port}/healthz"))
                time.sleep(0.3)
                assert phone.get(f"http://127.0.0.1:{port}/healthz").status_code == 503
            finally:
                web.terminate()


def test_a_folder_that_others_use_is_not_given_to_the_service(system: Path) -> None:
    before = tree(system)
    for farm in ("/etc/farm.toml", "farm.toml"):
        code, said = gateway("install", "--root", str(system), "--farm", farm)
        assert code == 1
        assert "folder named pondkeeper" in said
    assert tree(system) == before
