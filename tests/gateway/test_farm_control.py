"""The pass over a whole farm, with both clocks in hand."""

from pathlib import Path
from typing import Any

import pytest

from gateway.bus.blocks import PanelState
from gateway.bus.samples import Quality
from gateway.control.farm_control import FarmControl
from gateway.control.observation import DoState
from gateway.control.planner import solve
from gateway.control.snapshot import farm_snapshot
from hardware.registers import HOA_AUTO
from tests.faults import Fault
from tests.gateway.farms import FARM, Steps, sample, small_farm


class Farm:
    """One pond of four machines; its panel never speaks until a test lets it, so machines count as unknown."""

    def __init__(self, folder: Path, text: str = FARM) -> None:
        self.steps = Steps()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.panel = _Panel()
        self.control = FarmControl(
            small_farm(folder, text),
            self.steps.clock(),
            {"panel-1": self.panel},  # type: ignore[dict-item]
            lambda kind, pond=None, **detail: self.events.append((kind, detail)),
        )
        self.pond = self.control.ponds["ao-1"]
        self.number = 0

    def live(self, seconds: int, do_mg_l: float | None = 6.0, **words: Any) -> dict[int, bool]:
        """So many seconds with a sample each and a pass each; returns the panel's last wish."""
        for _ in range(seconds):
            self.steps.forward(1)
            self.number += 1
            self.control.take("node-1", sample(self.number, self.steps.now_s, do_mg_l, **words), 1.0)
            wishes = self.control.step()
            if self.panel.speaks:
                self.panel.obey(wishes["panel-1"].wanted, self.steps.now_s)
        return wishes["panel-1"].wanted


class _Panel:
    """Does at once what is wished, while there is power."""

    def __init__(self) -> None:
        self.state: PanelState | None = None
        self.state_s = 0.0
        self.speaks = False
        self.mains: tuple[bool, ...] | None = None
        self.power = True

    def obey(self, wanted: dict[int, bool], now_s: float) -> None:
        allowed = tuple(wanted.get(at, True) for at in range(4))
        self.state_s = now_s
        self.state = PanelState(
            reason=0,
            lease_counter=0,
            wanted=allowed,
            allowed=allowed,
            running=tuple(run and self.power for run in allowed),
            hand_off_auto=(HOA_AUTO,) * 4,
            current_a=(3.0,) * 4,
            lease_losses=0,
            held_off=(False,) * 4,
            not_running=(False,) * 4,
            mains=self.mains,
            siren=False,
            running_kw=0.0,
        )


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path)


def test_nothing_is_decided_before_the_first_reading(farm: Farm) -> None:
    assert not farm.control.step()["panel-1"].decided
    farm.live(3)
    assert farm.control.step()["panel-1"].decided


def test_a_node_that_never_speaks_ends_in_all_on(farm: Farm) -> None:
    farm.steps.forward(40)
    for _ in range(60):
        farm.steps.forward(1)
        wish = farm.control.step()["panel-1"]
    assert wish.wanted == {0: True, 1: True, 2: True, 3: True}


def test_the_wall_clock_stepped_by_two_days_and_back_fires_nothing(farm: Farm) -> None:
    farm.live(60)
    before, events = farm.live(1), len(farm.events)
    for step_s in (2 * 86400, -2 * 86400, -40 * 365 * 86400, 40 * 365 * 86400):
        farm.steps.wall_s += step_s
        assert farm.live(5) == before
        assert farm.pond.state is DoState.GOOD
    assert len(farm.events) == events


def test_low_oxygen_is_told_once_and_its_end_once(farm: Farm) -> None:
    farm.live(10)
    farm.live(30, 5.2)
    farm.live(30, 4.4)
    farm.live(30, 3.8)
    farm.live(10, 4.15)
    farm.live(30, 4.8)
    assert [kind for kind, _ in farm.events if kind.startswith("do_")] == ["do_low", "do_recovered"]


def test_late_samples_raise_no_event(farm: Farm) -> None:
    farm.live(10)
    for number in range(5):
        farm.control.take("node-1", sample(900 + number, farm.steps.now_s - 60, 1.0, late=True), 1.0)
    farm.live(5)
    assert farm.events == []


def test_a_shared_address_takes_the_readings_away(farm: Farm) -> None:
    farm.live(10)
    farm.control.address_fault("node-1", "two nodes")
    farm.control.step()
    assert farm.pond.state is DoState.BAD
    farm.control.address_fault("node-1", "")
    farm.live(2)
    assert farm.pond.state is DoState.GOOD


def test_override_is_refused_while_oxygen_is_low_or_unknown(farm: Farm) -> None:
    assert farm.control.override("ao-1", 0, False, 30) == "unsafe"
    farm.live(30)
    assert farm.control.override("ao-1", 0, False, 30) == ""
    assert farm.control.override("ao-1", 9, True, 30) == "unknown_machine"
    farm.live(3, quality=Quality.BAD)
    assert farm.control.override("ao-1", 1, False, 30) == "unsafe"
    assert farm.control.override("ao-1", 1, True, 30) == ""


@pytest.mark.fault("25", "somebody leaves an aerator switched off by hand for hours")
def test_override_lasts_an_hour_at_most(farm: Farm, fault: Fault) -> None:
    farm.live(30)
    farm.control.override("ao-1", 0, False, 600)
    assert farm.pond.guard.overrides[0].expires_s - farm.steps.now_s == 3600
    fault.measured(
        aerators="the wish ends after 60 min at the latest, and at once when oxygen falls under the guard's level",
        lost="nothing",
        told="an event when it begins and when it ends; alarms go on meanwhile (stepped clock)",
    )


LIMITED = FARM.replace("unit = 21", 'unit = 21\nfeeder = "cable"').replace(
    "[[pond]]", '[[feeder]]\nid = "cable"\nlimit_kw = 3.2\n\n[[pond]]'
)


def test_the_feeder_has_the_last_word(tmp_path: Path) -> None:
    farm = Farm(tmp_path, LIMITED)
    farm.panel.speaks = True
    farm.live(200, 2.5)
    assert sum(farm.live(1, 2.5).values()) == 2
    assert {reason.code for reason in farm.pond.reasons()} == {"guard_low", "feeder_limit"}
    assert farm.control._most("ao-1")(0.0) == 2


def test_without_mains_no_motor_is_called_broken(farm: Farm) -> None:
    farm.panel.speaks, farm.panel.mains = True, (True, True, True)
    farm.live(60, 3.0)
    farm.panel.power, farm.panel.mains = False, (False, False, False)
    farm.live(120, 3.0)
    assert not any(kind == "aerator_not_running" for kind, _ in farm.events)
    assert "no_power" in {reason.code for reason in farm.pond.reasons()}
    farm.panel.power, farm.panel.mains = True, (True, True, True)
    assert all(farm.live(120, 3.0).values())


def test_the_first_problem_comes_with_the_first_readings_and_then_every_ten_minutes(farm: Farm) -> None:
    assert farm.control.next_problem() is None
    farm.panel.speaks = True
    farm.live(5)
    problem = farm.control.next_problem()
    assert problem is not None
    assert farm.control.next_problem() is None
    farm.control.take_plan(solve(problem))
    farm.live(30)
    assert {reason.code for reason in farm.pond.reasons()} <= {"plan_run", "plan_rest", "minimum_on", "minimum_off"}
    asked = 0
    for _ in range(60):
        farm.live(30)
        asked += farm.control.next_problem() is not None
    assert 3 <= asked <= 5


def test_a_machine_that_is_lost_asks_for_a_plan_at_once(farm: Farm) -> None:
    farm.panel.speaks = True
    farm.live(5)
    problem = farm.control.next_problem()
    assert problem is not None
    farm.control.take_plan(solve(problem))
    farm.live(120)
    farm.pond.guard._memory[0].failed = True
    farm.live(1)
    assert farm.control.next_problem() is not None


def test_what_was_learned_is_taken_back_where_it_fits(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    farm.live(120)
    saved = farm.control.saved()
    again = Farm(tmp_path)
    assert again.control.remember({**saved, "ao-9": {}}, 1.0) == {}
    assert again.control.saved().keys() == {"ao-1"}
    assert list(Farm(tmp_path).control.remember({"ao-1": {"run_h": "x"}}, 1.0)) == ["ao-1"]
    assert Farm(tmp_path).control.saved() == {}


def test_the_snapshot_says_what_is_expected_and_how_the_probe_is(farm: Farm) -> None:
    farm.live(90)
    pond = farm_snapshot(farm.control, farm.steps.clock(), "Test")["ponds"][0]
    assert pond["outlook"] is None
    assert pond["probe"]["verdict"] == pond["probe"]["task"] == ""
    assert pond["probe"]["corrected_mg_l"] == pytest.approx(pond["probe"]["shown_mg_l"], abs=0.1)
    farm.live(3, quality=Quality.BAD)
    probe = farm_snapshot(farm.control, farm.steps.clock(), "Test")["ponds"][0]["probe"]
    assert (probe["verdict"], probe["corrected_mg_l"], probe["task"]) == ("dead", None, "check_cable")
