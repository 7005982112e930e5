"""Ladder and guard: pure, so a week of oxygen passes in a second."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.control.feeder import Feeder
from gateway.control.guard import FEEDBACK_S, RETRY_S, Guard, GuardSettings, Override
from gateway.control.ladder import Ladder, LadderSettings
from gateway.control.observation import Decision, DoState, Machine, Observation, Oxygen, Reason
from tests.gateway.yard import GOOD, LOST, LOW, Pond, Yard, pond

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


def test_a_machine_that_did_not_run_is_known_so_while_it_rests_tried_again_later_and_told_once() -> None:
    guard = Guard(GuardSettings(stagger_s=0, minimum_off_s=0, minimum_on_s=0), 1)
    oxygen = Oxygen(state=DoState.GOOD, value_mg_l=6.0)
    failed = []
    for t in range(int(2 * RETRY_S)):
        wanted = not guard.failed(0)
        seen = Machine(allowed=wanted, running=False, hand_off_auto=AUTO)
        guard.step(Observation(now_s=t, oxygen=oxygen, machines=(seen,)), wish(wanted), t)
        failed.append(guard.failed(0))
    assert failed.count(True) > 0.98 * len(failed)
    assert failed.count(False) > 2 * FEEDBACK_S - 2
    assert guard.events == [("aerator_not_running", 0)]
    seen = Machine(allowed=False, running=True, hand_off_auto=HAND)
    guard.step(Observation(now_s=t, oxygen=oxygen, machines=(seen,)), wish(True), t)
    assert not guard.failed(0)


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


def unknown(hour: float | None, *, running: list[bool], state: DoState = DoState.STALE) -> Observation:
    return Observation(now_s=1000, oxygen=Oxygen(state=state), machines=machines(running), hour=hour)


@pytest.mark.parametrize(
    ("hour", "count"), [(None, 5), (6.9, 5), (7.0, 3), (12.0, 3), (16.9, 3), (17.0, 5), (23.0, 5), (0.0, 5)]
)
def test_unknown_oxygen_means_half_by_day_and_all_at_night_or_without_a_clock(hour: float | None, count: int) -> None:
    guard = Guard(GuardSettings(stagger_s=0), 5)
    decision = guard.step(unknown(hour, running=[False] * 5), wish(*[False] * 5), 0)
    assert sum(decision.run) == count
    assert guard.urgent


def test_half_by_day_are_those_that_run_and_never_fewer_than_the_controller_wants() -> None:
    guard = Guard(GuardSettings(stagger_s=0, minimum_on_s=0), COUNT)
    running = [False, True, False, True]
    assert list(guard.step(unknown(12, running=running), wish(*NONE), 0).run) == running
    assert guard.step(unknown(12, running=running), wish(True, False, False, False), 0).run == (
        True,
        True,
        False,
        False,
    )
    assert guard.step(unknown(12, running=running), wish(True, True, True, False), 0).run == (True, True, True, False)


def test_half_by_day_counts_only_machines_that_run_when_told() -> None:
    guard = Guard(GuardSettings(stagger_s=0), COUNT)
    off = Machine(allowed=True, running=False, hand_off_auto=OFF)
    seen = Observation(
        now_s=0, oxygen=Oxygen(state=DoState.BAD), machines=(off, off, *machines([False, False])), hour=12
    )
    guard.overrides[2] = Override(run=False, expires_s=1e9)
    assert guard.step(seen, wish(*NONE), 0).run[2:] == (True, True)


def test_a_dense_pond_and_one_that_was_low_keep_all_by_day() -> None:
    dense = Guard(GuardSettings(stagger_s=0, dense=True), COUNT)
    assert dense.step(unknown(12, running=[False] * COUNT), wish(*NONE), 0).run == ALL
    low = Guard(GuardSettings(stagger_s=0), COUNT)
    low.step(observe(900, 3.4, [True] * COUNT), wish(*NONE), 0)
    assert low.step(unknown(12, running=[True] * COUNT), wish(*NONE), 100).run == ALL


def test_minimum_on_time_holds_stops_but_not_those_of_a_person() -> None:
    guard = Guard(GuardSettings(stagger_s=0, minimum_on_s=300), 2)
    guard.step(observe(0, 6.0, [False, False]), wish(False, False), 0)
    guard.step(observe(100, 6.0, [False, False]), wish(True, True), 100)
    guard.overrides[1] = Override(run=False, expires_s=1e9)
    early = guard.step(observe(399, 6.0, [True, True]), wish(False, False), 399)
    assert early.run == (True, False)
    assert early.reasons[0].code == "minimum_on"
    assert guard.step(observe(400, 6.0, [True, False]), wish(False, False), 400).run == (False, False)


def test_what_the_feeder_did_not_grant_was_no_start_and_what_it_took_was_a_stop() -> None:
    guard = Guard(GuardSettings(minimum_off_s=90, stagger_s=0), 2)
    guard.step(observe(0, 6.0, [True, False]), wish(True, False), 0)
    for t in (1, 2, 3):
        assert guard.step(observe(t, 6.0, [True, False]), wish(True, True), t).run == (True, True)
        guard.settle((True, False), t)
    guard.step(observe(4, 6.0, [True, False]), wish(True, True), 4)
    guard.settle((False, False), 4)
    again = guard.step(observe(5, 6.0, [False, False]), wish(True, True), 5)
    assert again.run == (False, True)
    assert again.reasons[0].code == "minimum_off"
    assert guard.step(observe(94, 6.0, [False, True]), wish(True, True), 94).run == (True, True)


def test_a_power_cut_is_no_fault_of_the_motors() -> None:
    guard = Guard(GuardSettings(), 1)
    seen = Machine(allowed=True, running=False, hand_off_auto=AUTO)
    oxygen = Oxygen(state=DoState.GOOD, value_mg_l=6.0)
    for t in range(60):
        guard.step(Observation(now_s=t, oxygen=oxygen, machines=(seen,)), wish(True), t, powered=False)
    assert guard.events == [] and not guard.failed(0)


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


happenings = st.tuples(
    st.integers(0, 1),  # pond
    st.integers(0, 3),  # machine
    st.sampled_from([GOOD, GOOD, LOW, LOST, *(Oxygen(state=state, value_mg_l=9.0) for state in DoState)]),
    st.sampled_from(["want", "rest", "stop", "broken", "mend", "hand", "auto", "off"]),
    st.sampled_from([None, 3.0, 10.0, 16.5, 22.0]),  # the local clock may say anything
    st.sampled_from([True, True, True, False]),  # mains
    st.integers(1, 120),
)


def live_through(yard: Yard, steps: list[tuple[int, int, Oxygen, str, float | None, bool, int]]) -> None:
    for which, at, oxygen, what, hour, mains, seconds in steps:
        each = yard.ponds[which]
        each.oxygen, yard.hour, yard.mains = oxygen, hour, mains
        motor = each.motors[at]
        match what:
            case "want" | "rest":
                each.wanted[at] = what == "want"
            case "stop":
                each.guard.overrides[at] = Override(run=False, expires_s=yard.now_s + 3600)
            case "broken" | "mend":
                motor.broken = what == "broken"
            case "hand" | "auto" | "off":
                motor.switch = {"hand": HAND, "auto": AUTO, "off": OFF}[what]
        yard.live(seconds)


def airing(each: Pond) -> int:
    return sum(motor.runs(True) for motor in each.motors)


def able(each: Pond) -> int:
    return sum(not motor.broken and motor.switch != OFF for motor in each.motors)


def rests(each: Pond) -> int:
    """Machines that used up the starts of their hour, as persons and power cuts can make them."""
    return sum(reason is not None and reason.code == "starts_limit" for reason in each.grant.reasons)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(happenings, max_size=15),
    st.sampled_from([state for state in DoState if state is not DoState.GOOD]),
    st.sampled_from([None, 3.0, 12.0, 20.0]),
    st.booleans(),
)
def test_unknown_oxygen_never_ends_in_fewer_machines_than_the_safe_schedule(
    steps: list[tuple[int, int, Oxygen, str, float | None, bool, int]], state: DoState, hour: float | None, dense: bool
) -> None:
    """After any history, in two ponds on one feeder without a limit: after the rest and the turns of all motors."""
    ponds = [pond(name, COUNT) for name in "ab"]
    ponds[0].guard = Guard(GuardSettings(stagger_s=0, dense=dense), COUNT)
    yard = Yard(Feeder(id="main"), ponds)
    live_through(yard, steps)
    yard.mains, yard.hour = True, hour
    for each in ponds:
        each.oxygen, each.wanted = Oxygen(state=state, value_mg_l=9.0), list(NONE)
    yard.live(150)
    for at, each in enumerate(ponds):
        need = COUNT // 2 if hour == 12.0 and not (dense and at == 0) else COUNT
        assert airing(each) >= min(need, able(each)) - rests(each)


@settings(max_examples=25, deadline=None)
@given(st.lists(happenings, max_size=15), st.sampled_from([None, 4.5, 6.0, 9.0]))
def test_low_oxygen_for_two_minutes_means_all_machines_that_the_feeder_carries(
    steps: list[tuple[int, int, Oxygen, str, float | None, bool, int]], limit_kw: float | None
) -> None:
    """One pond low, the other well: all the low one has run, but for what the limit and a motor's starts forbid.

    A machine that did not run takes no power from others just to be tried again.
    """
    low, well = pond("a", COUNT), pond("b", COUNT)
    yard = Yard(Feeder(id="main", limit_kw=limit_kw), [low, well])
    live_through(yard, steps)
    yard.mains = True
    low.oxygen, well.oxygen = LOW, GOOD
    yard.live(150)
    by_hand_kw = sum(motor.power_kw for motor in well.motors if motor.switch == HAND and not motor.broken)
    room = COUNT if limit_kw is None else int((limit_kw - by_hand_kw) / 1.5)
    idle = sum(low.guard.failed(at) and motor.runs(True) is False for at, motor in enumerate(low.motors))
    assert airing(low) >= min(able(low) - idle * (limit_kw is not None), room) - rests(low)
