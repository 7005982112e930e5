"""Joined modules do what they did apart, under both interpreters; what the linker does not understand it refuses by its place."""

import ast
import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.link import Group, linked
from firmware.node.probes import DRIVERS
from firmware.scopes import BuildError
from firmware.shorten import shorten
from gateway.bus.blocks import head
from gateway.bus.device import Device
from gateway.bus.errors import BusError
from gateway.bus.line import Line
from hardware.registers import SLOT_BASE, STATUS
from hardware.twin.board.tools import find_micropython
from hardware.twin.farm import BOARDS, FarmPlan, TwinFarm
from tests.system.conftest import eventually

MAIN = "firmware/node/app.py"
APP = Group("firmware.node.app")


def link(sources: dict[str, str], groups: tuple[Group, ...] = (APP,)) -> dict[str, str]:
    trees = linked({f"firmware/node/{name}.py": ast.parse(text) for name, text in sources.items()}, groups)
    shorten(trees)
    return {path: ast.unparse(tree) for path, tree in trees.items()}


def run(folder: Path, files: dict[str, str]) -> str:
    """What `app` prints, the same under CPython and MicroPython."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    said = []
    for interpreter in (sys.executable, find_micropython()):
        environment = {**os.environ, "MICROPYPATH": f"{folder}:.frozen", "PYTHONPATH": str(folder)}
        command = [interpreter, "-c", "import firmware.node.app"]
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, result.stdout + result.stderr
        said.append(result.stdout)
    assert said[0] == said[1]
    return said[0].strip()


def test_names_that_two_modules_have_stay_two(tmp_path: Path) -> None:
    files = link(
        {
            "one": "def _name():\n    return 'one'\ndef tell():\n    return _name()",
            "two": "def _name():\n    return 'two'\ndef tell():\n    return _name()",
            "app": "from firmware.node import one\nfrom firmware.node.two import tell\nprint(one.tell(), tell())",
        }
    )
    assert list(files) == [MAIN]
    assert run(tmp_path, files) == "one two"


def test_a_local_name_hides_nothing_but_its_own(tmp_path: Path) -> None:
    files = link(
        {
            "log": "def write(text):\n    return 'log ' + text\ndef low(write):\n    return write",
            "app": """
from firmware.node import log
class Box:
    write = 5
    def __init__(self, write):
        self.write = write
    def both(self, write=None):
        return log.write(str(write)), self.write
def pick(log):
    return log.write
def squares(write):
    return [write * one for one in range(write) if log.low(one)]
def late():
    return (lambda write: log.write(write))('lambda')
print(Box(1).both(2), Box.write, pick(Box(3)), squares(3), late())
""",
        }
    )
    assert run(tmp_path, files) == "('log 2', 1) 5 3 [3, 6] log lambda"


def test_a_name_that_is_a_builtin_elsewhere_gives_way(tmp_path: Path) -> None:
    files = link(
        {
            "door": "def open(who):\n    return 'door for ' + who",
            "app": "from firmware.node import door\nprint(door.open('all'), callable(open), open is not door.open)",
        }
    )
    assert run(tmp_path, files) == "door for all True True"


def test_a_module_variable_that_changes_is_seen_by_all(tmp_path: Path) -> None:
    files = link(
        {
            "state": "count = 0\ndef more():\n    global count\n    count += 1",
            "app": "from firmware.node import state\ncount = 9\nstate.more()\nstate.more()\nprint(state.count, count)",
        }
    )
    assert run(tmp_path, files) == "2 9"


def test_what_is_loaded_late_finds_what_was_joined(tmp_path: Path) -> None:
    files = link(
        {
            "base": "LIMIT = 7\nclass Fault(Exception):\n    pass",
            "tool": "LIMIT = 8\ndef use():\n    return LIMIT",
            "late": "from firmware.node import tool\nfrom firmware.node.base import LIMIT, Fault as Trouble\n"
            "def work():\n    raise Trouble(LIMIT + tool.use())",
            "app": "from firmware.node.base import Fault\nfrom firmware.node import tool\n"
            "def main():\n    from firmware.node.late import work\n    from firmware.node import base\n    try:\n        work()\n"
            "    except base.Fault as fault:\n        print(fault.args[0], isinstance(fault, Fault), tool.use())\nmain()",
        }
    )
    assert set(files) == {MAIN, "firmware/node/late.py"}
    # The application is whole when it runs: its own file has to be loaded first.
    files[MAIN] = files[MAIN].replace("\nmain()", "")
    (tmp_path / "start.py").write_text("from firmware.node import app\napp.main()\n")
    assert run_start(tmp_path, files) == "15 True 8"


def run_start(folder: Path, files: dict[str, str]) -> str:
    (folder / "firmware/node").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).write_text(text)
    said = set()
    for interpreter in (sys.executable, find_micropython()):
        environment = {**os.environ, "MICROPYPATH": f"{folder}:.frozen", "PYTHONPATH": str(folder)}
        result = subprocess.run([interpreter, "start.py"], cwd=folder, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        said.add(result.stdout.strip())
    (found,) = said
    return found


def test_a_module_that_is_handed_about_stays_one(tmp_path: Path) -> None:
    files = link(
        {
            "deep": "def name():\n    return 'deep'",
            "slots": "from firmware.node import deep\ndef name():\n    return deep.name()",
            "app": "from firmware.node import slots\ndef ask(what):\n    return what.name()\nprint(ask(slots))",
        }
    )
    assert set(files) == {MAIN, "firmware/node/slots.py", "firmware/node/deep.py"}
    assert run(tmp_path, files) == "deep"


def test_a_second_group_takes_from_the_first(tmp_path: Path) -> None:
    sources = {
        "bank": "class Bank:\n    def __init__(self, size):\n        self._size = size\n    def size(self):\n        return self._size",
        "motor": "from firmware.node.bank import Bank\nclass Motor(Bank):\n    def __init__(self):\n"
        "        super().__init__(4)\n        self._speed = 2",
        "panel": "from firmware.node.motor import Motor\ndef turn():\n    motor = Motor()\n    return motor.size(), motor._speed",
        "app": "from firmware.node.bank import Bank\ndef main():\n    from firmware.node.panel import turn\n    print(turn())",
    }
    files = link(sources, (APP, Group("firmware.node.panel")))
    assert set(files) == {MAIN, "firmware/node/panel.py"}
    (tmp_path / "start.py").write_text("from firmware.node import app\napp.main()\n")
    assert run_start(tmp_path, files) == "(4, 2)"


def test_the_same_sources_give_the_same_files() -> None:
    sources = {
        "b": "X = [1]",
        "a": "X = [2]\ndef f(p, q):\n    return p + q",
        "app": "from firmware.node import a, b\nprint(a.X, b.X, a.f(1, 2))",
    }
    assert link(sources) == link(sources)


@pytest.mark.parametrize(
    ("app", "line"),
    [
        ("\nfrom firmware.node.one import *", 2),
        ("from firmware.node import one\none.x = 1", 2),
        ("\n\nprint(globals())", 3),
        ("from firmware.node.one import x\nx = 2", 1),
        ("\nprint(unknown)", 2),
        ("try:\n    from firmware.node.one import x\nexcept ImportError:\n    x = 1", 2),
        ("from firmware.node.one import nothing\nprint(nothing)", 1),
        ("def f():\n    n = 1\n    def g():\n        nonlocal n\n        n = 2\n", 4),
        ("from . import one", 1),
        ("\nfrom firmware.node import gone", 2),
        ("def f(a):\n    return f(**a)", 2),
    ],
)
def test_what_is_not_understood_is_refused_by_its_place(app: str, line: int) -> None:
    with pytest.raises(BuildError) as refused:
        link({"one": "x = [1]", "app": app})
    place = str(refused.value).split(": ")[0]
    assert place in (f"firmware/node/app.py:{line}", "firmware/node/one.py:1"), refused.value


def test_a_circle_of_imports_is_refused() -> None:
    with pytest.raises(BuildError, match="circle"):
        link(
            {
                "a": "from firmware.node.b import y\nx = y",
                "b": "from firmware.node.a import x\ny = x",
                "app": "from firmware.node import a\nprint(a.x)",
            }
        )


def test_the_application_ships_few_files_and_every_driver(firmware: Path) -> None:
    names = {path.relative_to(firmware / "a").as_posix() for path in (firmware / "a").rglob("*.mpy")}
    assert len(names) < 40
    for driver in DRIVERS:
        assert f"firmware/node/probes/{driver}.mpy" in names


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, firmware: Path) -> Iterator[TwinFarm]:
    plan = FarmPlan(
        folder=tmp_path_factory.mktemp("farm"),
        firmware=firmware,
        speed=1,
        sample_period_ms=1000,
        stagger_ms=0,
        boards=BOARDS,
    )
    with TwinFarm(plan) as made:
        yield made


@pytest.mark.parametrize(("line", "unit_id"), [("ponds", 11), ("ponds", 13), ("panels", 21)])
def test_the_joined_application_answers_at_the_ordinary_heap(farm: TwinFarm, line: str, unit_id: int) -> None:
    def sampling() -> bool:
        try:
            status = asyncio.run(ask(farm, line, unit_id))
        except BusError:
            return False
        assert status["slot"] != SLOT_BASE
        return bool(status["samples_made"])

    eventually(sampling, 30, "samples of the joined application")


async def ask(farm: TwinFarm, line: str, unit_id: int) -> dict[str, int]:
    port = Line(str(farm.gateway_port(line)), baud=19200)
    try:
        return head(STATUS, await Device(port, unit_id).read(STATUS, STATUS.length))
    finally:
        port.close()
