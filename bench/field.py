"""The technician's path from the box to a live reading, every step with the real tool on a virtual board."""

import contextlib
import io
import json
import os
import struct
import tempfile
import time
from pathlib import Path

from bench.table import show
from firmware.build import build
from firmware.field.command import call
from hardware.twin.farm import make_ponds
from hardware.twin.rom import RomLoader
from hardware.twin.workbench import Workbench

PROBES = [["y504", 1]]
IMAGE_BYTES = 1_700_000
ESP32_HEADER = struct.pack("<BBBBI4xH10x", 0xE9, 1, 2, 0x20, 0x40080000, 0)


def run() -> None:
    """One board through every command."""
    with tempfile.TemporaryDirectory() as name, RomLoader(Path(name) / "usb"):
        folder = Path(name)
        image = folder / "micropython.bin"
        image.write_bytes(ESP32_HEADER + os.urandom(IMAGE_BYTES))
        build(folder / "firmware")
        with Workbench(folder / "bench", make_ponds(9.0)["ao-1"], PROBES) as bench:
            rows = _path(folder, bench)
    show(
        "From the box to a live reading, scripted (virtual board, 19200 baud, probe on a simulated pond)",
        ["step", "seconds"],
        rows,
        "To reach: under 180 s. On a real cable the interpreter alone takes about 40 s at 460800 baud; a pty has no speed.",
    )


def _path(folder: Path, bench: Workbench) -> list[list[str]]:
    line = ["--port", bench.adapter]
    install = ["install", "--port", bench.board.usb, "--firmware", str(folder / "firmware")]
    steps = {
        "bundle add": ["bundle", "add", str(folder / "micropython.bin"), "--bundle", str(folder / "bundle")],
        f"flash, {IMAGE_BYTES / 1e6:.1f} MB": [
            "flash",
            "--port",
            str(folder / "usb"),
            "--bundle",
            str(folder / "bundle"),
        ],
        "install on an empty flash": install,
        "address": ["address", "1", "--yes", *line],
        "settings": ["settings", "2", "--set", f"probes={json.dumps(PROBES)}", *line],
        "first live reading": ["monitor", "2", "--once", *line],
    }
    rows = []
    total_s = 0.0
    for name, words in steps.items():
        took_s = _until_done(words)
        total_s += took_s
        rows.append([name, f"{took_s:.1f}"])
    rows.append(["all of it", f"{total_s:.1f}"])
    rows.append(
        [
            "check, 200 polls",
            f"{_until_done(['check', '2', '--no-relays', '--out', str(folder / 'c.json'), *line]):.1f}",
        ]
    )
    rows.append(["install again, nothing changed (3 s asked)", f"{_until_done(install):.1f}"])
    changed = folder / "firmware/a/firmware/node/probes/y532.mpy"
    changed.write_bytes(changed.read_bytes() + b"\0")
    rows.append(["install again, one file changed (6 s asked)", f"{_until_done(install):.1f}"])
    return rows


def _until_done(words: list[str], within_s: float = 30.0) -> float:
    """Run a command, again while the board still boots; returns how long it took."""
    started = time.monotonic()
    while True:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = call(["--json", *words])
        if code == 0:
            return time.monotonic() - started
        if time.monotonic() - started > within_s:
            raise RuntimeError(f"{' '.join(words[:2])}: {said.getvalue()}")
        time.sleep(0.2)


if __name__ == "__main__":
    run()
