"""farm.toml: what is wrong is said with file, line, field, what was found and what is allowed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command import app
from gateway.farm import FarmError
from tests.gateway.farms import FARM, small_farm


def complaint(tmp_path: Path, old: str, new: str) -> str:
    assert old in FARM
    with pytest.raises(FarmError) as caught:
        small_farm(tmp_path, FARM.replace(old, new))
    return str(caught.value)


def test_a_good_farm_reads(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    assert farm.pond[0].aerators == [1, 2, 3, 4]
    assert farm.data == tmp_path / "data"


def test_a_value_out_of_range_names_line_field_and_limits(tmp_path: Path) -> None:
    said = complaint(tmp_path, "unit = 11", "unit = 300")
    assert f"{tmp_path / 'farm.toml'}, line 13, node.1.unit" in said
    assert "less than or equal to 247" in said
    assert "Found 300" in said


def test_an_unknown_field_is_a_typo(tmp_path: Path) -> None:
    said = complaint(tmp_path, "unit = 21", "unit = 21\nspeeed = 3")
    assert "line 19, panel.1.speeed" in said


def test_a_text_where_a_number_belongs(tmp_path: Path) -> None:
    assert "valid integer" in complaint(tmp_path, "unit = 11", 'unit = "11"')


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('line = "one"\nunit = 11', 'line = "two"\nunit = 11', "'two' is not among ['one']"),
        ('node = "node-1"', 'node = "node-9"', "'node-9' is not among ['node-1']"),
        ("unit = 21", "unit = 11", "both have unit 11"),
        ("[1, 2, 3, 4]", "[1, 2, 2]", "named twice"),
        ('panel = "panel-1"', "", "aerators need the panel"),
        ('id = "test"', "", "Field required"),
        ("[1, 2, 3, 4]", "[1]\nmixing = 2", "mixing = 2, but the pond has 1 aerators"),
        ("[1, 2, 3, 4]", "[1]\nguard_low = 2.5", "danger_low <= guard_low"),
        ("[[pond]]", "[[pond", "not valid TOML"),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert words in complaint(tmp_path, old, new)


def test_limits_must_stand_in_order(tmp_path: Path) -> None:
    said = complaint(tmp_path, "aerators = [1, 2, 3, 4]", "aerators = [1]\ndanger_low = 5.0")
    assert "danger_low < alarm_low <= setpoint" in said


def test_check_exits_with_2_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "farm.toml"
    path.write_text(FARM.replace("unit = 11", "unit = 0"))
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert "line 13, node.1.unit" in result.stderr
    assert "Traceback" not in result.stderr
    missing = CliRunner().invoke(app, ["check", str(tmp_path / "none.toml")])
    assert missing.exit_code == 2
    assert "cannot be read" in missing.stderr


def test_check_says_what_it_read(tmp_path: Path) -> None:
    small_farm(tmp_path)
    result = CliRunner().invoke(app, ["check", str(tmp_path / "farm.toml")])
    assert result.exit_code == 0
    assert "1 ponds, 1 nodes, 1 panels, 4 aerators on 1 lines. OK." in result.stdout
