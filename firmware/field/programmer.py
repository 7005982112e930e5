"""Runs esptool as a separate program and tells in our words what it met."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware.field.frame import log
from firmware.field.ports import claim, port_trouble
from firmware.field.trouble import Trouble

FAST_BAUD = 460800
SAFE_BAUD = 115200
CONNECT_ATTEMPTS = 3
PERCENT = re.compile(r"Writing at .*?([\d.]+)%")
MAC = re.compile(r"MAC:\s+([0-9a-f:]{17})")
WRONG_CHIP = re.compile(r"This chip is (\S+?),? not ")


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a board told while it was written."""

    mac: str
    baud: int


class Garbled(Exception):
    """The conversation broke off; a slower one may go through."""


def write(port: str, chip: str, offset: int, image: Path, show: Callable[[float], None]) -> Written:
    """Erase the board, write the image and verify it; once more at a safe speed where the fast one fails."""
    claim(port)
    command = ["write-flash", "--erase-all", hex(offset), str(image)]
    try:
        return Written(mac=_run(port, chip, FAST_BAUD, command, show), baud=FAST_BAUD)
    except Garbled as error:
        log.warning("%s: %d baud fails, trying %d: %s", port, FAST_BAUD, SAFE_BAUD, error)
    try:
        return Written(mac=_run(port, chip, SAFE_BAUD, command, show), baud=SAFE_BAUD)
    except Garbled as error:
        raise Trouble("E-BOARD-05", port=port) from error


def _run(port: str, chip: str, baud: int, command: list[str], show: Callable[[float], None]) -> str:
    options = ["--chip", chip, "--port", port, "--baud", str(baud), "--connect-attempts", str(CONNECT_ATTEMPTS)]
    process = subprocess.Popen(
        [sys.executable, "-m", "esptool", *options, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    said = ""
    with process:
        try:
            for line in _lines(process):
                said += line
                if found := PERCENT.search(line):
                    show(float(found[1]))
                if "Lost connection" in line:
                    process.kill()
        finally:
            process.kill()
    log.info("esptool %s: exit %s\n%s", " ".join(options + command), process.returncode, said)
    if process.returncode:
        raise _meaning(port, chip, said)
    mac = MAC.search(said)
    return mac[1] if mac else ""


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stdout is not None
    yield from process.stdout
    process.wait()


def _meaning(port: str, chip: str, said: str) -> Exception:
    if not Path(port).exists():
        return Trouble("E-PORT-08", port=port)
    if other := WRONG_CHIP.search(said):
        return Trouble("E-BOARD-02", port=port, chip=other[1], wanted=chip)
    if "MD5 of file does not match" in said:
        return Trouble("E-BOARD-03", port=port)
    if "exclusively lock" in said or "port is busy" in said:
        return port_trouble(port, OSError("busy"))
    if "Failed to connect" in said:
        return Trouble("E-BOARD-01", port=port)
    if "Lost connection" in said:
        return Trouble("E-PORT-08", port=port)
    return Garbled(said.strip().splitlines()[-1] if said.strip() else "no word")
