"""The demo as a newcomer starts and stops it, and the chain over a broker that is not ours."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hardware.twin.demo import Demo
from tests.ports import free_ports
from tests.system.conftest import Chain, eventually, make_plan
from tests.system.test_ledger import assert_nothing_lost


def of_folder(folder: Path) -> list[str]:
    """Processes that still have to do with a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        words = " ".join(process.info["cmdline"] or []) + str(
            (process.info["environ"] or {}).get("BOARD_DIRECTORY", "")
        )
        if str(folder) in words and process.pid != os.getpid():
            found.append(words)
    return found


def demo_command(folder: Path, firmware: Path, ports: list[int]) -> list[str]:
    """What `make demo` runs, on ports that are free."""
    words = ["demo", "--firmware", str(firmware), "--folder", str(folder)]
    for name, port in zip(("gateway", "cloud", "console", "broker"), ports, strict=True):
        words += [f"--{name}-port", str(port)]
    return [sys.executable, "-m", "hardware.twin.command", *words]


def test_the_demo_starts_in_time_keeps_its_history_and_stops_cleanly(tmp_path: Path, firmware: Path) -> None:
    ports = free_ports(4)
    command = demo_command(tmp_path, firmware, ports)
    counts = []
    for number in (signal.SIGINT, signal.SIGTERM):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        assert time.monotonic() - started < 60
        assert any(f"http://127.0.0.1:{ports[0]}" in line for line in lines)
        url = f"http://127.0.0.1:{ports[1]}/api/farms/demo/samples/count"
        bearer = {"Authorization": f"Bearer {(tmp_path / 'cloud-token').read_text()}"}
        counts.append(httpx.get(url, headers=bearer).json())
        eventually(lambda: httpx.get(url, headers=bearer).json() > 5, 20, "rows in the cloud")  # noqa: B023
        process.send_signal(number)
        process.wait(timeout=30)
        assert process.returncode == 0
        process.stdout.close()
        assert of_folder(tmp_path) == []
        for port in ports:
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert counts[1] > 5


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path, firmware: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = demo_command(tmp_path, firmware, [port, *free_ports(3)])
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1
    assert f"port {port} is in use" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[str]:
    """Debian's broker with the same rights as the built-in one; passwords are set before it starts."""
    (port,) = free_ports(1)
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    for user in ("cloud", "demo"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, f"{user}-secret"], check=True)
    (tmp_path / "acl").write_text(
        "user cloud\ntopic readwrite farm/#\n\npattern write farm/%u/up/#\npattern read farm/%u/down/#\n"
    )
    (tmp_path / "acl").chmod(0o600)
    user = f"user {'root' if os.getuid() == 0 else os.environ.get('USER', 'nobody')}\n"
    (tmp_path / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {tmp_path / 'acl'}\n"
        f"persistence false\n{user}"
    )
    process = subprocess.Popen([program, "-c", str(tmp_path / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    yield f"mqtt://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def test_the_chain_over_mosquitto(tmp_path: Path, firmware: Path, mosquitto: str) -> None:
    folder = tmp_path / "demo"
    plan = make_plan(folder, firmware, mqtt_url=mosquitto)
    demo = Demo(plan)
    plan.cloud_folder.mkdir(parents=True)
    (plan.cloud_folder / "broker-password").write_text("cloud-secret")
    with demo, httpx.Client(timeout=5) as http:
        (plan.farm_file.parent / "password").write_text("demo-secret")
        demo.wait_until_live()
        chain = Chain(demo, http)
        eventually(lambda: chain.cloud("farms/demo/samples/count") > 10, 60, "rows over mosquitto")
        assert_nothing_lost(chain, 60)
