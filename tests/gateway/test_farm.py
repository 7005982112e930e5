"""farm.toml: what is wrong is said with file, line, field, what was found and what is allowed."""

from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command import app
from gateway.control.feeder import Feeder
from gateway.farm import FarmError
from gateway.tariff import FOLDER
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
        ("[1, 2, 3, 4]", "[1, 2]\npower_kw = [1.5, 2.2, 2.2]", "power_kw names 3 motors, but the pond has 2 aerators"),
        ("[1, 2, 3, 4]", "[1]\npower_kw = 0", "greater than or equal to 0.1"),
        ("[1, 2, 3, 4]", '[1]\ncomfort = "high"', "'saving', 'normal' or 'careful'"),
        ("[1, 2, 3, 4]", "[1]\nweak_grid = 1", "valid boolean"),
        ("[1, 2, 3, 4]", "[1]\nlongest_cut_minutes = 1000", "less than or equal to 600"),
        ("[1, 2, 3, 4]", "[1]\nkg_o2_per_kwh = 0.2", "greater than or equal to 0.4"),
        ("[1, 2, 3, 4]", "[1]\ndepth_m = 12", "less than or equal to 4"),
        ("unit = 21", 'unit = 21\nfeeder = "main"', "feeder 'main' is not among []"),
        ("[[pond]]", '[tariff]\nname = "a"\nflat_vnd_kwh = 2000.0\n[[pond]]', "either name or flat_vnd_kwh"),
        ("[[pond]]", "[tariff]\n[[pond]]", "either name or flat_vnd_kwh"),
        ("[[pond]]", '[quiet]\nfrom = "9pm"\nto = "04:00"\n[[pond]]', 'a time of day is written as "21:00"'),
        ("[[pond]]", '[quiet]\nfrom = "21:00"\n[[pond]]', "Field required"),
        (
            "unit = 21",
            'unit = 21\nfeeder = "main"\n[[feeder]]\nid = "main"\ngenerator_kw = 1',
            "generator_kw = 1 cannot carry its motor of 1.5 kW",
        ),
        (
            "unit = 21",
            'unit = 21\n[[feeder]]\nid = "main"\n[[feeder]]\nid = "main"',
            "both have id main of feeders",
        ),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert words in complaint(tmp_path, old, new)


def test_limits_must_stand_in_order(tmp_path: Path) -> None:
    said = complaint(tmp_path, "aerators = [1, 2, 3, 4]", "aerators = [1]\ndanger_low = 5.0")
    assert "danger_low < alarm_low <= setpoint" in said


def test_a_pond_that_says_nothing_has_the_usual_machines_and_settings(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    pond = farm.pond[0]
    assert pond.motors_kw == (1.5,) * 4
    assert pond.margin_mg_l == 0.3
    assert pond.cut_to_survive_h == 0
    assert pond.water() is None
    assert pond.likely_water().volume_m3 == pytest.approx(2000 * 1.2)
    assert farm.feeders() == [] and farm.feeder_of(pond) == "panel panel-1"
    assert farm.tariff.read().price_vnd_kwh(datetime.fromisoformat("2026-07-06 18:00")) == 1987
    assert farm.tariff.read().warning == ""
    assert farm.quiet is None
    assert pond.guard().minimum_on_s == 300 and not pond.guard().dense
    assert pond.guard().stagger_s == 0, "a pond that paced its own starts would hold up all behind one without room"


def test_a_pond_that_says_all(tmp_path: Path) -> None:
    more = """
comfort = "careful"
weak_grid = true
longest_cut_minutes = 90
dense = true
area_m2 = 1000
depth_m = 1.5
power_kw = [1.5, 1.5, 2.2, 11]
kg_o2_per_kwh = 1.4
[[feeder]]
id = "main"
limit_kw = 12
starts_at_once = 2
generator_kw = 11
[tariff]
name = "vn-under-6kv"
[quiet]
from = "22:00"
to = "05:30"
"""
    farm = small_farm(tmp_path, FARM.replace("unit = 21", 'unit = 21\nfeeder = "main"') + more)
    pond = farm.pond[0]
    assert pond.margin_mg_l == 0.6
    assert pond.cut_to_survive_h == 1.5
    water = pond.water()
    assert water is not None and water.volume_m3 == 1500 and water.power_kw == (1.5, 1.5, 2.2, 11)
    assert farm.feeders() == [Feeder(id="main", limit_kw=12, starts_at_once=2, generator_kw=11)]
    assert farm.feeder_of(pond) == "main"
    assert farm.tariff.read().price_vnd_kwh(datetime.fromisoformat("2026-07-06 18:00")) == 3640
    assert farm.quiet is not None
    assert [farm.quiet.covers(hour) for hour in (21.9, 22, 0, 5.4, 5.5, None)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert pond.guard().dense
    assert pond.guard().minimum_on_s + pond.guard().minimum_off_s >= 3600 / 6


def test_a_tariff_that_cannot_be_used_warns_and_costs_the_flat_price(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("title = 1")
    farm = small_farm(tmp_path, FARM + '[tariff]\nname = "own.toml"\n')
    assert str(tmp_path / "own.toml") in farm.tariff.read().warning
    (tmp_path / "own.toml").write_text(FOLDER.joinpath("vn-6-22kv.toml").read_text())
    assert farm.tariff.read().warning == ""
    assert "there are" in small_farm(tmp_path, FARM + '[tariff]\nname = "vn-nowhere"\n').tariff.read().warning


def test_quiet_hours_within_a_day(tmp_path: Path) -> None:
    farm = small_farm(tmp_path, FARM + '[quiet]\nfrom = "11:00"\nto = "13:30"\n')
    assert farm.quiet is not None
    assert [farm.quiet.covers(hour) for hour in (10.9, 11, 13.4, 13.5)] == [False, True, True, False]


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


def test_the_socket_of_an_installed_gateway_lies_in_memory(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    assert farm.socket == tmp_path / "data" / "control.sock"
    installed = farm.model_copy(update={"data": Path("/var/lib/pondkeeper")})
    assert installed.socket == Path("/run/pondkeeper/control.sock")
