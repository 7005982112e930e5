"""Ladder and guard: pure, so a week of oxygen passes in a second."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.control.guard import FEEDBACK_S, Guard, GuardSettings, Override
from gateway.control.ladder import Ladder, LadderSettings
from gateway.control.observation import Decision, DoState, Machine, Observation, Oxygen, Reason

COUNT = 4
AUTO, OFF, HAND = 1, 0, 2


def machines(running: list[bool], *, switch: int = AUTO) -> tuple[Machine, ...]:
    return tuple(Machine(allowed=run, running=run, hand_off_auto=switch) for run in running)


def observe(now_s: float, do_mg_l: float | None, running: list[bool], state: DoState = DoState.GOOD) -> Observation:
    return Observation(now_s=now_s, oxygen=Oxygen(state=state, value_mg_l=do_mg_l), machines=machines(running))


def wish(*run: bool) -> Decision:
    return Decision(run=run, reasons=(Reason("hold"),) * len(run))


ALL = (True,) * COUNT
NONE = (False,) * COUNT


def test_ladder_adds_one_machine_a_dwell_while_oxygen_is_low() -> None:
    ladder = Ladder(LadderSettings())
    counts = [sum(ladder.step(observe(t, 4.2, [False] * COUNT)).run) for t in range(0, 1500, 100)]
    assert counts[0] == 1
    assert counts == sorted(counts)
    assert counts[-1] == COUNT
    assert counts[2] == 1


def test_ladder_takes_one_away_while_oxygen_is_high_but_keeps_the_mixing() -> None:
    ladder = Ladder(LadderSettings(mixing=1))
    counts = [sum(ladder.step(observe(t, 7.0, [True] * COUNT)).run) for t in range(0, 3000, 100)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1


def test_ladder_starts_the_mixing_where_all_stood_still() -> None:
    ladder = Ladder(LadderSettings(mixing=2))
    assert sum(ladder.step(observe(0, 7.0, [False] * COUNT)).run) == 2


def test_ladder_rests_within_its_band() -> None:
    ladder = Ladder(LadderSettings())
    ladder.step(observe(0, 4.8, [True, True, False, False]))
    assert {sum(ladder.step(observe(t, 4.8, [True, True, False, False])).run) for t in range(0, 9000, 60)} == {2}


def test_ladder_turns_all_on_below_its_limit_at_once() -> None:
    ladder = Ladder(LadderSettings())
    ladder.step(observe(0, 7.0, [False] * COUNT))
    assert ladder.step(observe(1, 3.8, [False] * COUNT)).run == ALL


def test_ladder_moves_one_machine_at_a_step() -> None:
    ladder = Ladder(LadderSettings())
    running = [False, True, False, True]
    decision = ladder.step(observe(0, 4.8, running))
    assert list(decision.run) == running


@pytest.mark.parametrize("state", [state for state in DoState if state is not DoState.GOOD])
def test_guard_turns_all_on_when_oxygen_is_not_known(state: DoState) -> None:
    guard = Guard(GuardSettings(stagger_s=0), COUNT)
    decision = guard.step(observe(0, 9.0, [False] * COUNT, state), wish(*NONE), 0)
    assert decision.run == ALL
    assert decision.reasons[0].code == f"guard_{state}"


def test_guard_beats_the_override() -> None:
    guard = Guard(GuardSettings(stagger_s=0), COUNT)
    guard.overrides = {at: Override(run=False, expires_s=1e9) for at in range(COUNT)}
    assert guard.step(observe(0, 6.0, [True] * COUNT), wish(*ALL), 0).run == NONE
    assert guard.step(observe(100, 3.4, [False] * COUNT), wish(*ALL), 100).run == ALL


def test_low_oxygen_ends_the_wish_to_rest_and_holds_on_until_it_is_well_above() -> None:
    guard = Guard(GuardSettings(stagger_s=0, minimum_off_s=0, minimum_on_s=0), COUNT)
    guard.overrides = {at: Override(run=False, expires_s=1e9) for at in range(COUNT)}
    guard.step(observe(0, 3.4, [False] * COUNT), wish(*NONE), 0)
    assert guard.overrides == {}
    assert guard.step(observe(1, 3.7, [True] * COUNT), wish(*NONE), 1).run == ALL
    assert guard.step(observe(2, 3.95, [True] * COUNT), wish(*NONE), 2).run == NONE


def test_override_expires() -> None:
    guard = Guard(GuardSettings(), COUNT)
    guard.overrides[2] = Override(run=False, expires_s=60)
    assert guard.step(observe(0, 6.0, [True] * COUNT), wish(*ALL), 0).run == (True, True, False, True)
    assert guard.step(observe(200, 6.0, [True] * COUNT), wish(*ALL), 60).run == ALL
    assert ("override_expired", 2) in guard.events


def test_starts_are_staggered() -> None:
    guard = Guard(GuardSettings(stagger_s=5), COUNT)
    running = [False] * COUNT
    counts = []
    for t in range(20):
        decision = guard.step(observe(t, 3.0, running), wish(*ALL), t)
        running = list(decision.run)
        counts.append(sum(running))
    assert counts == [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5


def test_minimum_off_time() -> None:
    guard = Guard(GuardSettings(minimum_off_s=90, stagger_s=0), 1)
    guard.step(observe(0, 6.0, [True]), wish(True), 0)
    guard.step(observe(10, 6.0, [True]), wish(False), 10)
    early = guard.step(observe(99, 3.0, [False]), wish(True), 99)
    assert early.run == (False,)
    assert early.reasons[0].code == "minimum_off"
    assert guard.step(observe(100, 3.0, [False]), wish(True), 100).run == (True,)


def test_a_machine_that_does_not_run_is_named_and_replaced() -> None:
    guard = Guard(GuardSettings(stagger_s=0), COUNT)
    broken = (Machine(allowed=True, running=False, hand_off_auto=AUTO), *machines([False] * 3))
    oxygen = Oxygen(state=DoState.GOOD, value_mg_l=5.0)
    for t in range(int(FEEDBACK_S) + 1):
        decision = guard.step(Observation(now_s=t, oxygen=oxygen, machines=broken), wish(True, False, False, False), t)
    assert guard.events == [("aerator_not_running", 0)]
    assert decision.run == (True, True, False, False)
    assert [reason.code for reason in decision.reasons[:2]] == ["not_running", "replaces"]


def test_a_machine_that_does_not_stop_is_named_once() -> None:
    guard = Guard(GuardSettings(), COUNT)
    welded = (Machine(allowed=False, running=True, hand_off_auto=AUTO), *machines([True] * 3))
    oxygen = Oxygen(state=DoState.GOOD, value_mg_l=6.0)
    for t in range(40):
        guard.step(Observation(now_s=t, oxygen=oxygen, machines=welded), wish(False, True, True, True), t)
    assert guard.events == [("aerator_not_stopping", 0)]


def test_a_machine_on_hand_or_switched_off_is_no_fault() -> None:
    for switch, running in ((HAND, True), (OFF, False)):
        guard = Guard(GuardSettings(), 1)
        machine = Machine(allowed=not running, running=running, hand_off_auto=switch)
        oxygen = Oxygen(state=DoState.GOOD, value_mg_l=6.0)
        for t in range(30):
            guard.step(Observation(now_s=t, oxygen=oxygen, machines=(machine,)), wish(False), t)
        assert guard.events == []


def test_a_machine_switched_off_by_hand_is_replaced() -> None:
    guard = Guard(GuardSettings(stagger_s=0), 2)
    seen = (Machine(allowed=True, running=False, hand_off_auto=OFF), *machines([False]))
    oxygen = Oxygen(state=DoState.GOOD, value_mg_l=5.0)
    decision = guard.step(Observation(now_s=0, oxygen=oxygen, machines=seen), wish(True, False), 0)
    assert decision.run == (True, True)


readings = st.tuples(st.floats(0.1, 200), st.floats(0, 12), st.sampled_from(DoState), st.booleans())


@settings(max_examples=200, deadline=None)
@given(st.lists(readings, min_size=5, max_size=60))
def test_whatever_happens_an_unsafe_pond_ends_with_all_machines_wanted(
    steps: list[tuple[float, float, DoState, bool]],
) -> None:
    """After any history: once oxygen is low or unknown, all machines run within minimum off time and stagger."""
    ladder, guard = Ladder(LadderSettings()), Guard(GuardSettings(), COUNT)
    running, now_s = [True] * COUNT, 0.0
    for wait_s, do_mg_l, state, override in steps:
        now_s += wait_s
        if override:
            guard.overrides[0] = Override(run=False, expires_s=now_s + 3600)
        seen = observe(now_s, do_mg_l, running, state)
        before = sum(running)
        running = list(guard.step(seen, ladder.step(seen), now_s).run)
        assert sum(running) - before <= 1 or wait_s > 5
    for _ in range(150):
        now_s += 1
        seen = observe(now_s, 2.0, running)
        running = list(guard.step(seen, ladder.step(seen), now_s).run)
    assert running == [True] * COUNT
