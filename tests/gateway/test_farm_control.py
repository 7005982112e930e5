"""The pass over a whole farm, with both clocks in hand."""

from pathlib import Path
from typing import Any

import pytest

from gateway.bus.samples import Quality
from gateway.control.farm_control import FarmControl
from gateway.control.observation import DoState
from tests.gateway.farms import Steps, sample, small_farm


class Farm:
    """One pond of four machines; its panel never speaks, so machines count as unknown."""

    def __init__(self, folder: Path) -> None:
        self.steps = Steps()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.control = FarmControl(
            small_farm(folder),
            self.steps.clock(),
            {"panel-1": _Panel()},  # type: ignore[dict-item]
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
        return wishes["panel-1"].wanted


class _Panel:
    state = None
    state_s = 0.0


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


def test_override_lasts_an_hour_at_most(farm: Farm) -> None:
    farm.live(30)
    farm.control.override("ao-1", 0, False, 600)
    assert farm.pond.guard.overrides[0].expires_s - farm.steps.now_s == 3600
