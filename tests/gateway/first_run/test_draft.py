"""What people said of a farm becomes a farm.toml that is one."""

from pathlib import Path

import pytest

from gateway.farm import read_farm
from gateway.first_run.draft import Draft, DraftPerson, DraftPond
from gateway.first_run.lines import Board, ports
from gateway.people.names import slug

NODE = Board(port="/dev/line-a", baud=19200, unit=11, hardware_id="240ac4000001")
OTHER = Board(port="/dev/line-a", baud=19200, unit=12, hardware_id="240ac4000002")
PANEL = Board(port="/dev/line-b", baud=9600, unit=21, hardware_id="240ac4000003", panel=True, aerators=6)
CLASH = Board(port="/dev/line-b", baud=9600, unit=22, trouble="clash")


def draft() -> Draft:
    made = Draft(name="Trại Hòn Đất", boards=[NODE, OTHER, PANEL, CLASH])
    made.ponds = [
        DraftPond("Ao 1", NODE.key, PANEL.key, [1, 2, 4], area_m2=1000.0, power_kw=2.2),
        DraftPond("Ao vèo", OTHER.key),
    ]
    made.people = [DraftPerson("Anh Tám", "+84912345678", "owner"), DraftPerson("Anh Tám", "", "worker")]
    return made


def test_a_draft_becomes_a_farm(tmp_path: Path) -> None:
    path = tmp_path / "farm.toml"
    path.write_text(draft().toml(), encoding="utf-8")
    farm = read_farm(path)
    assert (farm.id, farm.name) == ("trai-hon-dat", "Trại Hòn Đất")
    assert [(line.port, line.baud) for line in farm.line] == [("/dev/line-a", 19200), ("/dev/line-b", 9600)]
    assert [pond.aerators for pond in farm.pond] == [[1, 2, 4], []]
    assert [(node.id, node.unit) for node in farm.node] == [("node-1", 11), ("node-2", 12)]
    assert [(panel.id, panel.unit) for panel in farm.panel] == [("panel-1", 21)]
    assert [person.id for person in farm.person] == ["anh-tam", "anh-tam-2"]


def test_a_node_without_a_pond_and_a_line_without_a_node_are_left_out() -> None:
    made = draft()
    made.ponds = made.ponds[1:]
    assert made.check() == ""
    assert "line-b" not in made.toml()
    assert "unit = 11" not in made.toml()


def test_what_a_farm_would_be_refused_for_is_told_before() -> None:
    made = draft()
    made.people[0].phone = "12"
    assert "phone" in made.check()


def test_a_pond_is_proposed_for_each_node_with_the_panels_in_order() -> None:
    made = draft()
    first, second = made.propose()
    assert (first.name, first.panel, first.aerators) == ("Ao 1", PANEL.key, [1, 2, 3, 4, 5, 6])
    assert (second.name, second.panel) == ("Ao 2", "")


def test_a_line_that_is_searched_again_is_replaced() -> None:
    made = draft()
    made.replace_line("/dev/line-a", [OTHER])
    assert [board.unit for board in made.boards] == [21, 22, 12]
    assert [pond.name for pond in made.ponds] == ["Ao vèo"]


@pytest.mark.parametrize(("name", "key"), [("Đầm Dơi – Ao số 3", "dam-doi-ao-so-3"), ("!!", "farm")])
def test_names_become_keys(name: str, key: str) -> None:
    assert slug(name, "farm") == key


def test_an_adapter_is_listed_once_by_the_name_that_survives(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    for folder in ("named", "by-id"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "adapter").symlink_to(tmp_path / "ttyUSB0")
    found = ports((tmp_path / "named", tmp_path / "by-id"), (str(tmp_path / "ttyAMA0"),))
    assert found == [str(tmp_path / "named" / "adapter")]
