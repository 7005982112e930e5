"""Each fault that is made is found by name, and the command that mends it is said."""

import json
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command import app
from gateway.living.doctor import as_told, examine
from gateway.living.findings import Machine
from gateway.living.tls import Certificates
from gateway.text import LANGUAGES, text
from tests.gateway.farms import FARM, small_farm
from tests.ports import free_ports

NOW = datetime(2027, 11, 25, tzinfo=UTC)
UPLINK = '\n[uplink]\nurl = "mqtt://127.0.0.1:{port}"\npassword_file = "password"\n'


class Computer:
    """A computer in a folder, with nothing wrong until something is made so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: dict[str, str] = {}
        for name in ("proc", "sys/class/rtc/rtc0", "etc/systemd/system"):
            (folder / name).mkdir(parents=True)
        self.write("etc/passwd", "pondkeeper:x:999:999::/:/bin/false\n")
        self.write("etc/group", "dialout:x:20:pondkeeper\n")
        self.write("etc/systemd/system/pondkeeper-control.service", "")
        self.process(1, "avahi-daemon")
        (web_port,) = free_ports(1)
        self.farm = FARM.replace("/dev/null", "/dev/zero") + f"\n[web]\nport = {web_port}\n"

    def write(self, path: str, held: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(held, encoding="utf-8")

    def process(self, pid: int, name: str, *opened: str) -> None:
        self.write(f"proc/{pid}/comm", f"{name}\n")
        (self.folder / f"proc/{pid}/fd").mkdir(exist_ok=True)
        for at, path in enumerate(opened):
            (self.folder / f"proc/{pid}/fd/{at}").symlink_to(path)

    def findings(self, language: str = "en") -> dict[str, str]:
        """Code and what mends it."""
        (self.folder / "farm").mkdir(exist_ok=True)
        small_farm(self.folder / "farm", self.farm)
        return self.examined(language)

    def examined(self, language: str = "en") -> dict[str, str]:
        machine = Machine(self.folder, lambda *words: self.programs.get(words[0]), lambda: NOW)
        told = [as_told(finding, text(language)) for finding in examine(self.folder / "farm/farm.toml", machine)]
        assert all("doctor." not in f"{each['cause']}{each['mend']}" for each in told)
        return {each["code"]: each["mend"] for each in told if each["code"] not in ("control_silent", "disk_full")}


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_nothing_is_wrong_with_a_computer_that_is_well(computer: Computer) -> None:
    assert computer.findings() == {}


def test_no_farm_and_a_farm_that_cannot_be_used(computer: Computer) -> None:
    assert list(computer.examined()) == ["farm_missing"]
    computer.write("farm/farm.toml", "id = 1")
    assert "pondkeeper-gateway check" in computer.examined()["farm_invalid"]


def test_ports_missing_busy_and_slow(computer: Computer) -> None:
    computer.process(77, "screen", "/dev/zero")
    computer.write("sys/bus/usb-serial/devices/zero/latency_timer", "16\n")
    found = computer.findings()
    assert found["port_busy"] == "sudo kill 77"
    assert "latency_timer" in found["latency"]
    computer.farm = computer.farm.replace("/dev/zero", "/dev/ttyUSB-none")
    assert "port_missing" in computer.findings()


def test_who_takes_adapters_away(computer: Computer) -> None:
    computer.process(78, "ModemManager")
    computer.write("etc/group", "dialout:x:20:\n")
    found = computer.findings()
    assert found["grabber"] == "sudo systemctl disable --now ModemManager"
    assert "usermod -a -G dialout pondkeeper" in found["group"]


def test_clock_power_memory_and_name(computer: Computer) -> None:
    (computer.folder / "sys/class/rtc/rtc0").rmdir()
    (computer.folder / "proc/1/comm").unlink()
    computer.write("sys/block/mmcblk0/device/life_time", "0x0a 0x01\n")
    computer.programs["vcgencmd"] = "throttled=0x50005\n"
    assert set(computer.findings()) == {"clock", "undervoltage", "disk_worn", "mdns"}
    computer.programs["timedatectl"] = "yes\n"
    assert "clock" not in computer.findings()


def test_a_service_that_is_down_or_starts_again_and_again(computer: Computer) -> None:
    computer.programs["systemctl"] = "ActiveState=failed\nNRestarts=3\n"
    assert "service_off" in computer.findings()
    computer.programs["systemctl"] = "ActiveState=active\nNRestarts=3\n"
    assert "service_restarts" in computer.findings()
    (computer.folder / "etc/systemd/system/pondkeeper-control.service").unlink()
    assert computer.findings()["not_installed"] == "sudo pondkeeper-gateway install"


def test_open_secrets_and_a_certificate_that_ends(computer: Computer) -> None:
    computer.farm += UPLINK.format(port=1)
    computer.write("farm/password", "secret")
    Certificates(computer.folder / "farm/data/tls").ensure(["ao.local"], NOW - timedelta(days=340))
    found = computer.findings()
    assert "chmod 600" in found["secret_open"]
    assert "certificate_ends" in found
    assert "broker" in found
    computer.write("farm/data/tls/server.crt", "rubbish")
    assert "certificate_bad" in computer.findings()


class Elsewhere(BaseHTTPRequestHandler):
    """Another program on the pages' port; `held` is what it answers."""

    held = b"hello"

    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()
        self.wfile.write(self.held)

    def log_message(self, *words: object) -> None:
        pass


def test_the_pages_port_is_taken_or_serves_an_old_version(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        computer.farm = f"{FARM.replace('/dev/null', '/dev/zero')}\n[web]\nport = {other.server_port}\n"
        assert str(other.server_port) in computer.findings()["web_port"]
        monkeypatch.setattr(Elsewhere, "held", b'{"version": "0.0.1", "control": false}')
        assert "restart" in computer.findings()["old_version"]
        other.shutdown()


def test_what_control_knows_is_said(computer: Computer) -> None:
    computer.findings()
    data = computer.folder / "farm/data"
    data.mkdir(exist_ok=True)
    known = {
        "journal": {"failing": "disk I/O error", "unconfirmed": 100_000},
        "channels": {"modem": {"ok": False, "problem": "silent", "detail": "no answer"}},
        "cloud": {"used": True, "connected": False, "shared": True},
    }
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(data / "control.sock"))
        control.listen(1)
        child = os.fork()
        if child == 0:
            peer, _ = control.accept()
            peer.sendall(json.dumps({"snapshot": known}).encode() + b"\n")
            os._exit(0)
        found = computer.examined()
        os.waitpid(child, 0)
    assert set(found) == {"journal_failing", "backlog", "channel", "cloud_off", "identity_shared"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_get_json_and_an_exit_code(tmp_path: Path, language: str) -> None:
    done = CliRunner().invoke(app, ["doctor", str(tmp_path / "none.toml"), "--json", "--lang", language])
    assert done.exit_code == 1
    (finding,) = json.loads(done.output)["findings"]
    assert finding["code"] == "farm_missing"
