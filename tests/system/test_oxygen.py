"""Oxygen first: every fault ends in air."""

import time

import pytest

from tests.faults import Fault
from tests.system.conftest import LEASE_S, STAGGER_S, Chain, eventually

ALL_ON_S = 6 * STAGGER_S + 3


@pytest.mark.parametrize(
    ("broken", "state", "within_s"),
    [
        pytest.param(
            {"pulled": True}, "out_of_water", 5, marks=pytest.mark.fault("7", "a probe is pulled out of the water")
        ),
        pytest.param({"dead": True}, "bad", 6, marks=pytest.mark.fault("9", "a probe dies: no number means fault")),
        pytest.param({"frozen": True}, "frozen", 16, marks=pytest.mark.fault("6", "a probe is stuck at one value")),
    ],
)
def test_each_probe_fault_ends_in_aerators_on(
    chain: Chain, fault: Fault, broken: dict[str, bool], state: str, within_s: float
) -> None:
    assert sum(chain.running("ao-2")) <= 2
    chain.break_it("probe/node-2", **broken)
    known_s = eventually(lambda: chain.pond("ao-2")["do_state"] == state, within_s, state)
    on_s = eventually(lambda: all(chain.running("ao-2")), ALL_ON_S, "all on")
    assert chain.pond("ao-2")["level"] == "lost"
    assert {machine["reason"] for machine in chain.pond("ao-2")["machines"]} == {f"guard_{state}"}
    alarm = chain.told(45, "do_fault") if state == "bad" else "alarm `do_fault` when it has lasted for 30 s"
    fault.measured(
        aerators=f"all on {known_s + on_s:.0f} s after",
        lost="nothing; values are marked, none is believed",
        told=f"page after {known_s:.0f} s; {alarm}",
    )


@pytest.mark.fault("1", "a node stops answering")
def test_a_silent_node_ends_in_aerators_on(chain: Chain, fault: Fault) -> None:
    chain.break_it("line/ponds", do="cut", member="node-2")
    known_s = eventually(lambda: chain.pond("ao-2")["do_state"] == "stale", 8, "stale")
    on_s = eventually(lambda: all(chain.running("ao-2")), ALL_ON_S, "all on")
    fault.measured(
        aerators=f"all on {known_s + on_s:.0f} s after",
        lost="nothing; the node keeps its samples",
        told=f"page after {known_s:.0f} s, value grey with its age; {chain.told(20, 'node_silent')}",
    )


@pytest.mark.fault("2", "a line is shorted: all on it are silent")
def test_a_shorted_line_ends_in_aerators_on_without_the_gateway(chain: Chain, fault: Fault) -> None:
    chain.break_it("line/panels", do="short", on=True)
    on_s = eventually(lambda: all(chain.running("ao-2")), LEASE_S + ALL_ON_S, "all on by the panel's own rule")
    told_s = eventually(lambda: "whole line" in chain.events(), 20, "the line is named")
    fault.measured(
        aerators=f"all on after {on_s:.0f} s, by the panel's own rule (lease {LEASE_S} s)",
        lost="nothing",
        told=f"one event for the line after {on_s + told_s:.0f} s; {chain.told(20, 'line_dead')}, one for all on it",
    )


def test_falling_oxygen_brings_machines(chain: Chain) -> None:
    chain.break_it("pond/ao-2", do_mg_l=3.0)
    took = eventually(lambda: all(chain.running("ao-2")), 15, "all on")
    assert took < 15
    assert chain.pond("ao-2")["do_mg_l"] < 4.5


@pytest.mark.fault("13b", "the gateway stays dead")
def test_a_dead_gateway_ends_in_aerators_on_within_the_lease(chain: Chain, fault: Fault) -> None:
    chain.break_it("service/gateway/stop")
    started = time.monotonic()
    first_s = eventually(lambda: any(run for run in chain.running("ao-2")[2:]), LEASE_S + 3, "the panel's own rule")
    assert time.monotonic() - started < LEASE_S + 3
    all_s = eventually(lambda: all(chain.running("ao-2")), 30, "all on, the rest of those just stopped included")
    fault.measured(
        aerators=f"the first on after {first_s:.0f} s, all after {first_s + all_s:.0f} s, by the panel (lease {LEASE_S} s)",
        lost="nothing; nodes keep their samples",
        told="an open page greys its values by itself",
    )
    chain.break_it("service/gateway/start")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "good", 45, "the gateway back")


def test_a_panel_without_power_lets_its_aerators_run(chain: Chain) -> None:
    chain.break_it("board/panel-2/power_cut")
    eventually(lambda: all(chain.running("ao-2")), 2, "all on")
    chain.break_it("board/panel-2/power_on")
    eventually(lambda: chain.truth()["boards"]["panel-2"]["running"], 5, "the board back")


@pytest.mark.fault("12", "a panel's board is reset")
def test_a_reset_of_the_panel_makes_no_running_aerator_blink(chain: Chain, fault: Fault) -> None:
    chain.break_it("pond/ao-2", do_mg_l=2.5)
    eventually(lambda: all(chain.running("ao-2")), 15, "all on")
    starts = [machine["starts"] for machine in chain.truth()["ponds"]["ao-2"]["machines"]]
    chain.break_it("board/panel-2/reset")
    ends = time.monotonic() + 3
    while time.monotonic() < ends:
        chain.break_it("pond/ao-2", do_mg_l=2.5)
        assert all(chain.running("ao-2"))
        time.sleep(0.02)
    assert [machine["starts"] for machine in chain.truth()["ponds"]["ao-2"]["machines"]] == starts
    fault.measured(
        aerators="ran on, no start counted; looked at 50 times a second",
        lost="nothing",
        told="an event: the node booted",
    )


@pytest.mark.fault("10", "an aerator is told to run and draws no current")
def test_a_motor_that_does_not_run_is_named_and_replaced(chain: Chain, fault: Fault) -> None:
    number = chain.running("ao-2").index(True) + 1
    chain.break_it(f"aerator/panel-2/{number}", tripped=True)
    known_s = eventually(lambda: chain.pond("ao-2")["machines"][number - 1]["failed"], 16, "failed")
    next_s = eventually(lambda: sum(chain.running("ao-2")) >= 1, 5, "the next machine")
    assert f"Aerator {number} does not run" in chain.events()
    fault.measured(
        aerators=f"the next one ran after {known_s + next_s:.0f} s",
        lost="nothing",
        told=f"page and event after {known_s:.0f} s; {chain.told(25, 'aerator_not_running')}",
    )


@pytest.mark.fault("11", "a contactor is welded: current flows after a stop")
def test_a_welded_contactor_is_named(chain: Chain, fault: Fault) -> None:
    chain.break_it("pond/ao-2", do_mg_l=3.0)
    eventually(lambda: all(chain.running("ao-2")), 15, "all on")
    for number in (5, 6):  # one of the two is told to stop, whichever goes on mixing
        chain.break_it(f"aerator/panel-2/{number}", welded=True)
    chain.break_it("pond/ao-2", do_mg_l=8.0)

    def stuck() -> list[int]:
        return [machine["number"] for machine in chain.pond("ao-2")["machines"] if machine["stuck"]]

    eventually(stuck, 60, "stuck")
    assert chain.events().count(f"Aerator {stuck()[0]} does not stop") == 1
    fault.measured(
        aerators="it ran on and was not toggled; it counts as load on its feeder",
        lost="nothing",
        told=f"page and one event, 10 s after the stop; {chain.told(25, 'aerator_not_stopping')}",
    )


@pytest.mark.fault("26a", "the mains fail at a panel without phase sensing")
def test_lost_mains_are_seen_as_machines_that_do_not_run(chain: Chain, fault: Fault) -> None:
    chain.break_it("mains", on=False)
    eventually(lambda: not any(chain.running("ao-2")), 2, "no motor runs")
    known_s = eventually(lambda: any(machine["failed"] for machine in chain.pond("ao-2")["machines"]), 16, "failed")
    fault.measured(
        aerators="no power, none can run",
        lost="nothing",
        told=f"page and event after {known_s:.0f} s; {chain.told(25, 'mains_lost', 'aerator_not_running')}",
    )


@pytest.mark.fault("2b", "the USB adapter is unplugged and comes back")
def test_the_adapter_comes_back(chain: Chain, fault: Fault) -> None:
    chain.break_it("line/ponds", do="unplug", member="gateway")
    known_s = eventually(lambda: chain.pond("ao-2")["do_state"] == "stale", 8, "stale")
    chain.break_it("line/ponds", do="plug", member="gateway")
    back_s = eventually(lambda: chain.pond("ao-2")["do_state"] == "good", 10, "the line back")
    fault.measured(
        aerators="as for a silent node, until the line came back",
        lost="nothing; nodes keep their samples",
        told=f"page after {known_s:.0f} s; good again {back_s:.0f} s after it was plugged in",
    )
