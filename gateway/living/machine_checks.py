"""What can be wrong with the computer that the gateway runs on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from firmware.field.holders import SERVICES, holders, running
from firmware.field.ports import group_of
from gateway.farm import Farm
from gateway.living.findings import Finding, Machine

LEAST_FREE_BYTES = 200_000_000
SLOW_LATENCY_MS = 2
WORN = 9  # of 11 steps of an eMMC's own estimate: 80 to 90 % used
USER = "pondkeeper"


def check_machine(machine: Machine, farm: Farm) -> Iterator[Finding]:
    """All of them."""
    for port in filter(None, (line.port for line in farm.line)):
        yield from _port(machine, port)
    yield from _grabbers(machine)
    yield from _group(machine)
    yield from _disk(machine, farm.data)
    yield from _clock(machine)
    yield from _power(machine)
    yield from _name(machine)


def _port(machine: Machine, port: str) -> Iterator[Finding]:
    path = Path(port)
    if not path.exists():
        yield Finding("port_missing", {"port": port})
        return
    if not os.access(path, os.R_OK | os.W_OK):
        yield Finding("port_forbidden", {"port": port, "group": group_of(port)})
    for holder in holders(port, machine.root / "proc"):
        if not _ours(machine, holder.pid) and not holder.service:
            yield Finding("port_busy", {"port": port, "name": holder.name, "pid": str(holder.pid)})
    name = path.resolve().name
    latency = machine.read(f"sys/bus/usb-serial/devices/{name}/latency_timer")
    if latency.isdigit() and int(latency) > SLOW_LATENCY_MS:
        file = f"/sys/bus/usb-serial/devices/{name}/latency_timer"
        yield Finding("latency", {"port": port, "ms": latency, "file": file})


def _ours(machine: Machine, pid: int) -> bool:
    words = machine.read(f"proc/{pid}/cmdline").split("\0")
    return "control" in words and any("gateway" in word for word in words)


def _grabbers(machine: Machine) -> Iterator[Finding]:
    for holder in running(frozenset(SERVICES), machine.root / "proc"):
        yield Finding("grabber", {"name": holder.name, "pid": str(holder.pid), "command": holder.mend})


def _group(machine: Machine) -> Iterator[Finding]:
    users = [line.split(":")[0] for line in machine.read("etc/passwd").splitlines()]
    groups = {line.split(":")[0]: line.split(":")[-1].split(",") for line in machine.read("etc/group").splitlines()}
    if USER in users and USER not in groups.get("dialout", []):
        yield Finding("group", {"user": USER})


def _disk(machine: Machine, data: Path) -> Iterator[Finding]:
    folder = data if data.exists() else data.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        yield Finding("disk_full", {"folder": str(folder), "megabytes": str(free // 1_000_000)})
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield Finding("disk_read_only", {"folder": str(folder)})
    for file in sorted((machine.root / "sys/block").glob("mmcblk*/device/life_time")):
        steps = [int(step, 16) for step in file.read_text(encoding="ascii").split()]
        if max(steps, default=0) >= WORN:
            yield Finding("disk_worn", {"disk": file.parts[-3]})


def _clock(machine: Machine) -> Iterator[Finding]:
    told = machine.tell("timedatectl", "show", "--property=NTPSynchronized", "--value")
    synchronised = (machine.root / "run/systemd/timesync/synchronized").exists() or (told or "").strip() == "yes"
    if not synchronised and not list((machine.root / "sys/class/rtc").glob("rtc*")):
        yield Finding("clock")


def _power(machine: Machine) -> Iterator[Finding]:
    told = machine.tell("vcgencmd", "get_throttled") or ""
    bits = told.strip().removeprefix("throttled=")
    if bits.startswith("0x") and int(bits, 16) & 0x10001:
        yield Finding("undervoltage")


def _name(machine: Machine) -> Iterator[Finding]:
    if not running(frozenset({"avahi-daemon"}), machine.root / "proc"):
        yield Finding("mdns")
