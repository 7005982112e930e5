"""Oxygen first: every fault ends in air."""

import time

import pytest

from tests.system.conftest import LEASE_S, STAGGER_S, Chain, eventually

ALL_ON_S = 6 * STAGGER_S + 3


@pytest.mark.parametrize(
    ("fault", "state", "within_s"),
    [
        ({"pulled": True}, "out_of_water", 5),
        ({"dead": True}, "bad", 6),
        ({"frozen": True}, "frozen", 16),
    ],
)
def test_each_probe_fault_ends_in_aerators_on(
    chain: Chain, fault: dict[str, bool], state: str, within_s: float
) -> None:
    assert sum(chain.running("ao-2")) <= 2
    chain.break_it("probe/node-2", **fault)
    eventually(lambda: chain.pond("ao-2")["do_state"] == state, within_s, state)
    eventually(lambda: all(chain.running("ao-2")), ALL_ON_S, "all on")
    assert chain.pond("ao-2")["level"] == "lost"
    assert {machine["reason"] for machine in chain.pond("ao-2")["machines"]} == {f"guard_{state}"}


def test_a_silent_node_ends_in_aerators_on(chain: Chain) -> None:
    chain.break_it("line/ponds", do="cut", member="node-2")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "stale", 8, "stale")
    eventually(lambda: all(chain.running("ao-2")), ALL_ON_S, "all on")


def test_a_shorted_line_ends_in_aerators_on_without_the_gateway(chain: Chain) -> None:
    chain.break_it("line/panels", do="short", on=True)
    eventually(lambda: all(chain.running("ao-2")), LEASE_S + ALL_ON_S, "all on by the panel's own rule")


def test_falling_oxygen_brings_machines(chain: Chain) -> None:
    chain.break_it("pond/ao-2", do_mg_l=3.0)
    took = eventually(lambda: all(chain.running("ao-2")), 15, "all on")
    assert took < 15
    assert chain.pond("ao-2")["do_mg_l"] < 4.5


def test_a_dead_gateway_ends_in_aerators_on_within_the_lease(chain: Chain) -> None:
    chain.break_it("service/gateway/stop")
    started = time.monotonic()
    eventually(lambda: any(run for run in chain.running("ao-2")[2:]), LEASE_S + 3, "the panel's own rule")
    assert time.monotonic() - started < LEASE_S + 3
    eventually(lambda: all(chain.running("ao-2")), 30, "all on, the least rest of those that had just stopped included")
    chain.break_it("service/gateway/start")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "good", 20, "the gateway back")


def test_a_panel_without_power_lets_its_aerators_run(chain: Chain) -> None:
    chain.break_it("board/panel-2/power_cut")
    eventually(lambda: all(chain.running("ao-2")), 2, "all on")
    chain.break_it("board/panel-2/power_on")
    eventually(lambda: chain.truth()["boards"]["panel-2"]["running"], 5, "the board back")


def test_a_reset_of_the_panel_makes_no_running_aerator_blink(chain: Chain) -> None:
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


def test_a_motor_that_does_not_run_is_named_and_replaced(chain: Chain) -> None:
    number = chain.running("ao-2").index(True) + 1
    chain.break_it(f"aerator/panel-2/{number}", tripped=True)
    eventually(lambda: chain.pond("ao-2")["machines"][number - 1]["failed"], 16, "failed")
    eventually(lambda: sum(chain.running("ao-2")) >= 1, 5, "the next machine")
    assert f"Aerator {number} does not run" in chain.events()


def test_a_welded_contactor_is_named(chain: Chain) -> None:
    chain.break_it("pond/ao-2", do_mg_l=3.0)
    eventually(lambda: all(chain.running("ao-2")), 15, "all on")
    chain.break_it("aerator/panel-2/6", welded=True)
    chain.break_it("pond/ao-2", do_mg_l=8.0)
    eventually(lambda: chain.pond("ao-2")["machines"][5]["stuck"], 90, "stuck")
    assert "Aerator 6 does not stop" in chain.events()


def test_lost_mains_are_seen_as_machines_that_do_not_run(chain: Chain) -> None:
    chain.break_it("mains", on=False)
    eventually(lambda: not any(chain.running("ao-2")), 2, "no motor runs")
    eventually(lambda: any(machine["failed"] for machine in chain.pond("ao-2")["machines"]), 16, "failed")


def test_the_adapter_comes_back(chain: Chain) -> None:
    chain.break_it("line/ponds", do="unplug", member="gateway")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "stale", 8, "stale")
    chain.break_it("line/ponds", do="plug", member="gateway")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "good", 10, "the line back")
