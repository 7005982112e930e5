"""Learning from history: a pond whose truth is known goes into a journal, and comes out as it was."""

import io
import json
import math
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path

import apsw
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from gateway.bus.blocks import identity
from gateway.bus.samples import Quality, Reading, Sample
from gateway.command import app
from gateway.control.learn import NEEDED_DAYS, History, PondBelief, learn, running_from_current, worst_first
from gateway.farm import Farm
from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from gateway.learned import NoHistory, as_json, enough, learn_farm, show
from gateway.process import ControlProcess, journal_path, known_devices
from gateway.text import text
from hardware.registers import IDENTITY
from tests.gateway.farms import FARM, Steps, sample, small_farm
from tests.gateway.histories import SALINITY_PSU, WATER, Minute, PastPond

SHARES = (1.0, 1.0, 0.6, 1.0)
WEAK = 2
MIDNIGHT_S = datetime(2026, 7, 6).astimezone().timestamp()
MOTOR_A = 4.7


@cache
def past(days: float, seed: int = 1) -> list[Minute]:
    return PastPond(SHARES, seed=seed).live(days)


def history(minutes: list[Minute]) -> History:
    return History(
        hour=np.array([minute.hour for minute in minutes]),
        do_mg_l=np.array([minute.do_mg_l for minute in minutes]),
        do_sat=np.array([minute.do_sat for minute in minutes]),
        temperature_c=np.array([minute.temperature_c for minute in minutes]),
        salinity_psu=np.full(len(minutes), SALINITY_PSU),
        running=np.array([minute.running for minute in minutes], dtype=float),
    )


@cache
def believed(days: float = 6, seed: int = 1) -> PondBelief:
    return learn(history(past(days, seed)), WATER)


def keep(farm: Farm, minutes: list[Minute], *, currents: bool = True, boards: bool = True) -> None:
    """The journal that a gateway would have kept."""
    end_s = minutes[-1].hour * 3600 + 60
    steps = Steps(now_s=end_s, wall_s=MIDNIGHT_S + end_s)
    journal = Journal(journal_path(farm), steps.clock(), "boot-1", commit_s=0.01)
    journal.open()
    if boards:
        journal.event("device_found", device="node-1", hardware_id="old")
        journal.event("device_found", device="node-1", hardware_id="pond")
        journal.event("device_found", device="panel-1", hardware_id="panel")
    for number, minute in enumerate(minutes, start=1):
        journal.put(Sample(node="pond", boot=1, sequence=number, taken_s=minute.hour * 3600, readings=probes(minute)))
        panel = motors(minute) if currents else ()
        journal.put(Sample(node="panel", boot=1, sequence=number, taken_s=minute.hour * 3600, readings=panel))
    assert journal.flush(60)
    journal.close()


def probes(minute: Minute) -> tuple[Reading, ...]:
    values = {
        "do_mg_l": minute.do_mg_l,
        "do_sat": minute.do_sat,
        "temperature_c": minute.temperature_c,
        "salinity_psu": SALINITY_PSU,
    }
    return tuple(Reading(quantity=name, value=value, quality=Quality.GOOD) for name, value in values.items())


def motors(minute: Minute) -> tuple[Reading, ...]:
    return tuple(
        Reading(quantity="current_a", value=MOTOR_A * runs + 0.05, quality=Quality.GOOD) for runs in minute.running
    )


# -- beliefs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_the_weak_aerator_is_the_worst_and_the_truth_lies_within_the_doubt(seed: int) -> None:
    ranked = worst_first(believed(seed=seed).aerators)
    assert ranked[0].at == WEAK
    assert ranked[0].share < 0.8
    for aerator in ranked:
        assert aerator.sure
        truth = SHARES[aerator.at] * WATER.kg_o2_per_kwh
        assert abs(aerator.kg_o2_per_kwh - truth) < max(3 * aerator.spread, 0.2)


def test_the_ponds_breathing_is_found() -> None:
    belief, pond = believed(), PastPond(SHARES)
    for hour in (1, 5, 12, 22):
        truth = pond.rate_mg_l_h(hour + 0.5, 29.0 + math.cos((hour - 15.5) / 24 * 2 * math.pi))
        assert belief.rates_mg_l_h[hour] == pytest.approx(truth, abs=0.35)
    assert belief.demand_kg_h == pytest.approx(1.7 * WATER.volume_m3 / 1000, abs=0.4)
    assert 4.2 < belief.lowest_mg_l < 4.8


def test_too_little_history_says_how_much_is_missing() -> None:
    belief = learn(history(past(2)), WATER)
    assert belief.missing_days == pytest.approx(NEEDED_DAYS - 2, abs=0.01)
    assert belief.aerators == ()


def test_in_restless_water_nothing_is_claimed() -> None:
    minutes = history(PastPond(SHARES, unrest=0.7, unrest_minutes=40).live(4))
    found = learn(minutes, WATER).aerators
    for aerator in found:
        truth = SHARES[aerator.at] * WATER.kg_o2_per_kwh
        assert not aerator.sure or abs(aerator.kg_o2_per_kwh - truth) < 3 * aerator.spread
    assert not all(aerator.sure for aerator in found)


def test_a_sample_every_few_minutes_is_enough() -> None:
    minutes = history(past(4)[::4])
    assert minutes.days() == pytest.approx(4, abs=0.01)
    minutes.do_mg_l[100:400] = math.nan
    assert minutes.days() == pytest.approx(4 - 301 * 4 / 1440, abs=0.01)


def test_a_machine_that_was_never_switched_is_not_judged() -> None:
    minutes = history(past(6)[: 4 * 1440])
    running = np.column_stack([minutes.running, np.zeros(len(minutes.hour))])
    water = WATER.__class__(volume_m3=1300, depth_m=1.3, power_kw=(2.2,) * 5, kg_o2_per_kwh=1.4, alpha=0.75)
    found = learn(History(**{**vars(minutes), "running": running}), water)
    assert (found.aerators[4].sure, found.aerators[4].starts) == (False, 0)
    ranked = [aerator.sure for aerator in worst_first(found.aerators)]
    assert ranked == sorted(ranked, reverse=True)
    assert any(ranked)


def test_hours_in_which_the_probe_stood_still_are_left_out() -> None:
    minutes = history(past(6))
    do_mg_l, do_sat = minutes.do_mg_l.copy(), minutes.do_sat.copy()
    do_mg_l[3000:4000], do_sat[3000:4000] = 7.0, 95.0
    found = learn(History(**{**vars(minutes), "do_mg_l": do_mg_l, "do_sat": do_sat}), WATER)
    assert found.days < believed().days - 0.6
    assert worst_first(found.aerators)[0].at == WEAK


def test_running_is_told_by_each_motors_own_current() -> None:
    nan = math.nan
    current = np.array([0.05, 0.06, 1.9, nan, nan, 2.0, 0.05, nan, nan, nan, nan, nan, nan, 1.9])
    assert np.array_equal(running_from_current(current), [0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, nan, 1], equal_nan=True)
    assert np.isnan(running_from_current(np.full(3, nan))).all()
    assert not running_from_current(np.full(3, 0.05)).any()


# -- out of the journal -----------------------------------------------------------------------------------------------


def test_a_journal_tells_the_same_as_the_pond(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    keep(farm, past(6))
    (one,) = learn_farm(farm, {"ao-1": WATER}, days=14)
    assert one.belief is not None
    assert one.belief.days == pytest.approx(6, abs=0.01)
    assert worst_first(one.belief.aerators)[0].at == WEAK
    assert one.belief.rates_mg_l_h == pytest.approx(believed().rates_mg_l_h, abs=0.05)
    assert enough([one])
    told = json.loads(as_json([one]))[0]
    assert told["pond"] == "ao-1"
    assert min(told["aerators"], key=lambda row: row["kg_o2_per_kwh"])["number"] == WEAK + 1
    for language, words in (("vi", "kém nhất ở trên"), ("en", "the worst first")):
        out = io.StringIO()
        show([one], text(language), Console(file=out, width=80))
        table = out.getvalue()
        assert words in table
        assert table.index(text(language)("machine.name", n=3)) < table.index(text(language)("machine.name", n=1))
        assert "learn." not in table


def test_the_farms_own_description_is_enough(tmp_path: Path) -> None:
    sized = f"{FARM}area_m2 = 1000\ndepth_m = 1.3\npower_kw = 2.2\nkg_o2_per_kwh = 1.4\ndense = true\n"
    watched = '[[pond]]\nid = "ao-2"\nname = "Ao 2"\nnode = "node-1"\n'
    keep(small_farm(tmp_path, sized + watched), past(6)[: 4 * 1440])
    told = CliRunner().invoke(app, ["learn", str(tmp_path / "farm.toml"), "--lang", "en"])
    assert told.exit_code == 0
    assert told.stdout.index("Aerator 3") < told.stdout.index("Aerator 1")
    assert "Ao 2: it has no aerators" in told.stdout


def test_only_the_last_days_are_looked_at(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    keep(farm, past(6)[: 5 * 1440])
    (one,) = learn_farm(farm, {"ao-1": WATER}, days=2)
    assert one.belief is not None
    assert one.belief.missing_days == pytest.approx(NEEDED_DAYS - 2, abs=0.01)
    assert not enough([one])


@pytest.mark.parametrize(
    ("kept", "sized", "lacks"),
    [
        ({"currents": False}, True, "no_currents"),
        ({"boards": False}, True, "no_readings"),
        ({}, False, "no_size"),
    ],
)
def test_what_a_pond_lacks_is_said(tmp_path: Path, kept: dict[str, bool], sized: bool, lacks: str) -> None:
    farm = small_farm(tmp_path)
    keep(farm, past(2)[:60], **kept)
    (one,) = learn_farm(farm, {"ao-1": WATER} if sized else {}, days=14)
    assert one.lacks == lacks
    out = io.StringIO()
    show([one], text("en"), Console(file=out, width=200))
    assert text("en")(f"learn.{lacks}") in out.getvalue()


def test_a_row_that_makes_no_sense_is_a_damaged_journal(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    keep(farm, past(2)[:60])
    connection = apsw.Connection(str(journal_path(farm)))
    connection.execute("UPDATE samples SET readings = '[[1' WHERE id = 7")
    connection.execute("UPDATE marks SET row = 0")
    connection.close()
    with pytest.raises(NoHistory, match="damaged_journal"):
        learn_farm(farm, {"ao-1": WATER}, days=14)


def test_a_board_is_named_once_and_again_when_it_was_changed(tmp_path: Path) -> None:
    farm, steps = small_farm(tmp_path), Steps(wall_s=MIDNIGHT_S)
    for start, board in enumerate(("aa", "aa", "bb"), start=1):
        process = ControlProcess(farm, steps.clock())
        process.journal.open()
        process._found = known_devices(process.journal.path)
        node = process.nodes["node-1"]
        node.identity = identity([0] * IDENTITY.length)
        for number in (1, 2):
            process._heard(node, sample(number, steps.now_s, node=board, boot=start))
        process.journal.close()
    with closing(JournalReader(journal_path(farm))) as reader:
        assert [event["detail"]["hardware_id"] for event in reader.events() if event["kind"] == "device_found"] == [
            "bb",
            "aa",
        ]
        assert reader.devices() == {"node-1": "bb"}


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    farm, run = small_farm(tmp_path), CliRunner().invoke
    command = ["learn", str(tmp_path / "farm.toml")]
    missing = run(app, command)
    assert (missing.exit_code, "Chưa có sổ dữ liệu" in missing.stderr) == (1, True)
    keep(farm, past(2)[:60])
    early = run(app, [*command, "--lang", "en"])
    assert (early.exit_code, early.stderr) == (3, "")
    assert json.loads(run(app, [*command, "--json"]).stdout)[0]["pond"] == "ao-1"
    data = bytearray(journal_path(farm).read_bytes())
    data[4096 : 4096 * 6] = b"\x55" * 4096 * 5
    journal_path(farm).write_bytes(data)
    damaged = run(app, [*command, "--lang", "en"])
    assert (damaged.exit_code, "cannot be read" in damaged.stderr) == (1, True)
    journal_path(farm).write_bytes(b"no database")
    assert run(app, command).exit_code == 1
    assert run(app, [*command, "--lang", "xx"]).exit_code == 2
    assert run(app, ["learn", str(tmp_path / "no.toml")]).exit_code == 2
    for outcome in (missing, early, damaged):
        assert "Traceback" not in outcome.output
