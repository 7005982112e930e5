"""The house rule: hardware <- firmware <- gateway <- cloud, and devices import only what is on them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("hardware", "firmware", "gateway", "cloud")
ON_THE_DEVICE = {
    "array", "asyncio", "binascii", "deflate", "esp32", "gc", "hashlib", "io", "json", "machine", "math", "micropython",
    "onewire", "os", "struct", "sys", "time",
}  # fmt: skip


OF_THE_BOARD = {"hardware", "hardware.registers", "hardware.pins"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_upstream_only(room: str) -> None:
    downstream = ROOMS[ROOMS.index(room) + 1 :]
    for path in (ROOT / room).rglob("*.py"):
        wrong = {name for name in imports(path) if name.split(".")[0] in downstream}
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_hardware_imports_no_other_room() -> None:
    for path in (ROOT / "hardware").rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & {"firmware", "gateway", "cloud"}


def test_the_device_imports_only_what_is_on_it() -> None:
    for path in (ROOT / "firmware/node").rglob("*.py"):
        for name in imports(path):
            on_board = name in ON_THE_DEVICE | OF_THE_BOARD or name.startswith("firmware.node")
            assert on_board, f"{path.relative_to(ROOT)} imports {name}"


def test_no_duration_is_taken_from_the_wall_clock() -> None:
    allowed = {"gateway/clock.py"}
    for room in ("gateway", "firmware"):
        for path in (ROOT / room).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if name not in allowed:
                assert "time.time()" not in path.read_text(), name
