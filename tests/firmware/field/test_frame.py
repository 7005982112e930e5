"""What every command of the tool has in common: two languages, codes, one JSON object, no traceback."""

import re
from pathlib import Path

import pytest
import typer

from firmware.field import frame
from firmware.field.text import text
from firmware.field.trouble import EXIT_CODES
from tests.firmware.field.tool import Tool

FIELD = Path(frame.__file__).parent


def test_both_languages_have_the_same_keys_and_values() -> None:
    vi, en = text("vi"), text("en")
    assert vi.keys() == en.keys()
    for key in sorted(vi.keys()):
        names = [set(re.findall(r"{(\w+)", str(each.find(key)))) for each in (vi, en)]
        assert names[0] == names[1], key


def test_every_code_in_the_source_has_a_cause_and_a_next_step() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in FIELD.glob("*.py"))
    used = set(re.findall(r'"(E-[A-Z]+-\d\d)"', source))
    assert used and {code.split("-")[1] for code in used} <= set(EXIT_CODES)
    for code in used:
        assert text("vi").find(f"error.{code}.cause") and text("vi").find(f"error.{code}.next"), code


def test_help_lists_the_exit_codes_in_the_chosen_language(tool: Tool) -> None:
    assert "Mã thoát: 0 xong" in tool("--help").out
    assert "Exit codes: 0 done" in tool("--help", language="en").out


def test_a_wrong_command_line_is_one_object_with_json(tool: Tool) -> None:
    outcome = tool.json("flash", "--nonsense")
    assert (outcome.code, outcome.json["code"], outcome.json["ok"]) == (2, "E-USAGE-01", False)


def test_a_bug_shows_no_traceback_but_the_log_file_that_holds_it(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    frame.configure(frame.Options(json=False, log=tmp_path / "node.log"))

    def broken(screen: frame.Screen) -> None:
        raise ZeroDivisionError("seven by nothing")

    with pytest.raises(typer.Exit) as ended:
        frame.run(broken)
    shown = capfd.readouterr()
    assert ended.value.exit_code == 10
    assert "E-TOOL-01" in shown.out and "Traceback" not in shown.out + shown.err
    assert "seven by nothing" in (tmp_path / "node.log").read_text()


def test_an_interrupt_has_its_own_exit_code(tmp_path: Path) -> None:
    frame.configure(frame.Options(json=True, log=tmp_path / "node.log"))

    def interrupted(screen: frame.Screen) -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        frame.run(interrupted)
    assert ended.value.exit_code == 9
