"""The real mpremote against a virtual board: only what differs, read back, and nothing half after a pulled cable."""

import threading
import time
from pathlib import Path

import pytest

from firmware.build import build
from firmware.node.settings import Settings
from hardware.twin.board import Board
from tests.firmware.field.tool import Tool, hold
from tests.hardware.twin.conftest import MakeBoard, run_code

FILL = """
import os
with open('/fill', 'wb') as f:
    for _ in range(os.statvfs('/')[3] - 8):
        f.write(bytes(4096))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small application whose console prints the sum of its parts."""
    target = tmp_path / "firmware"
    (target / "lib/sub").mkdir(parents=True)
    (target / "main.py").write_text("import one, sub.two\nprint('sum', one.VALUE + sub.two.VALUE)\n")
    (target / "lib/one.py").write_text("VALUE = 1\n" + "#" * 6000)
    (target / "lib/sub/two.py").write_text("VALUE = 2\n" + "#" * 3000)
    return target


def store(board: Board, path: str, data: bytes) -> None:
    run_code(board, f"with open({path!r}, 'wb') as f: f.write({data!r})")


def installed(tool: Tool, board: Board, folder: Path) -> dict[str, object]:
    outcome = tool.json("install", "--port", board.usb, "--firmware", folder)
    assert outcome.code == 0, outcome.out
    return outcome.json


def test_only_what_differs_is_sent(tool: Tool, make_board: MakeBoard, folder: Path) -> None:
    board = make_board()
    assert installed(tool, board, folder)["sent"] == ["/lib/one.py", "/lib/sub/two.py", "/main.py"]
    assert run_code(board, "import main") == "sum 3"
    assert installed(tool, board, folder)["sent"] == []
    (folder / "lib/sub/two.py").write_text("VALUE = 5\n")
    assert installed(tool, board, folder)["sent"] == ["/lib/sub/two.py"]
    assert run_code(board, "import main") == "sum 6"


def test_a_file_of_the_old_version_goes_and_what_belongs_to_the_node_stays(
    tool: Tool, make_board: MakeBoard, folder: Path
) -> None:
    board = make_board()
    run_code(board, "import os; os.mkdir('/cal')")
    store(board, "/cal/y504@1-1.json", b"k")
    store(board, "/settings.json", b"s")
    installed(tool, board, folder)
    (folder / "lib/one.py").unlink()
    assert installed(tool, board, folder)["removed"] == ["/lib/one.py"]
    assert run_code(board, "print(open('/cal/y504@1-1.json').read(), open('/settings.json').read())") == "k s"


def test_the_update_key_enters_the_settings_and_nothing_else_changes(
    tool: Tool, make_board: MakeBoard, folder: Path, tmp_path: Path
) -> None:
    board = make_board()
    installed(tool, board, folder)
    store(board, "/settings.json", settings_bytes(tmp_path, unit_id=23))
    key = tmp_path / "key.pub"
    key.write_text("ab" * 32)
    outcome = tool.json("install", "--port", board.usb, "--firmware", folder, "--update-key", key)
    assert outcome.code == 0, outcome.out
    (tmp_path / "settings.json").write_text(run_code(board, "print(open('/settings.json').read())"))
    read = Settings(str(tmp_path) + "/")
    assert read.load() and (read.unit_id, read.update_key) == (23, "ab" * 32)  # type: ignore[attr-defined]


def settings_bytes(tmp_path: Path, unit_id: int) -> bytes:
    folder = tmp_path / "settings"
    folder.mkdir()
    settings = Settings(str(folder) + "/")
    settings.unit_id = unit_id  # type: ignore[attr-defined]
    settings.save()
    return (folder / "settings.json").read_bytes()


def test_a_cable_pulled_at_any_step_leaves_whole_files_and_the_next_run_does_the_rest(
    tool: Tool, make_board: MakeBoard, folder: Path
) -> None:
    board = make_board()
    whole = {"/" + file.relative_to(folder).as_posix(): file.stat().st_size for file in folder.rglob("*.py")}
    for operations in (2, 8, 14):
        run_code(board, f"import os\nfor p in {sorted(whole)}:\n try: os.remove(p)\n except OSError: pass")
        pull(board, operations)
        outcome = tool.json("install", "--port", board.usb, "--firmware", folder)
        assert (outcome.code, outcome.json["code"]) == (3, "E-PORT-08")
        board.start()
        for path, size in whole.items():
            there = run_code(board, f"import os\ntry: print(os.stat({path!r})[6])\nexcept OSError: print('none')")
            assert there in ("none", str(size))
        installed(tool, board, folder)
        assert run_code(board, "import main") == "sum 3"


def pull(board: Board, operations: int) -> None:
    """Pull the cable, power and all, after so many operations of the flash from now."""
    limit = board.flash_operations() + operations

    def wait() -> None:
        deadline = time.monotonic() + 20
        while board.flash_operations() < limit and time.monotonic() < deadline:
            time.sleep(0.001)
        board.stop()

    threading.Thread(target=wait, daemon=True).start()


def test_a_full_flash_is_said_and_leaves_no_half_file(tool: Tool, make_board: MakeBoard, folder: Path) -> None:
    board = make_board()
    (folder / "lib/big.bin").write_bytes(bytes(60_000))
    run_code(board, FILL)
    outcome = tool.json("install", "--port", board.usb, "--firmware", folder)
    assert (outcome.code, outcome.json["code"]) == (4, "E-BOARD-06")
    assert run_code(board, "import os; print(sorted(os.listdir('/lib')))") in ("[]", "['one.py', 'sub']", "['sub']")


def test_a_board_that_is_silent_or_held_is_named(tool: Tool, make_board: MakeBoard, folder: Path) -> None:
    board = make_board()
    with hold(board.usb) as pid:
        outcome = tool.json("install", "--port", board.usb, "--firmware", folder)
        assert (outcome.code, outcome.json["code"]) == (3, "E-PORT-05") and str(pid) in outcome.json["cause"]
    board.power_cut()
    outcome = tool.json("install", "--port", board.usb, "--firmware", folder)
    assert (outcome.code, outcome.json["code"]) == (4, "E-BOARD-04")


def test_a_running_node_is_interrupted_and_its_watchdog_leaves_the_installer_in_peace(
    tool: Tool, make_board: MakeBoard, tmp_path: Path
) -> None:
    folder = tmp_path / "built"
    build(folder)
    board = make_board()
    installed(tool, board, folder)
    boots = board.status.boots
    time.sleep(1.5)
    began = time.monotonic()
    assert installed(tool, board, folder)["sent"] == []
    assert time.monotonic() - began < 3
    assert board.status.boots <= boots + 1


def test_the_error_log_is_read(tool: Tool, make_board: MakeBoard) -> None:
    board = make_board()
    assert tool.json("logs", "--port", board.usb).json["log"] == ""
    store(board, "/errors.log", b"ValueError: probe 3")
    assert "ValueError: probe 3" in tool("logs", "--port", board.usb).out
