"""The demo as a newcomer starts and stops it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from tests.ports import free_ports
from tests.system.conftest import eventually


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
