"""The MicroPython programs a board needs: interpreter and compiler."""

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
