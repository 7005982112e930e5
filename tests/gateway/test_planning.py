"""The planner's process: it answers; and when it dies, hangs or talks nonsense, the ponds go on."""

import asyncio
import dataclasses
import os
import sys
import time
from collections.abc import AsyncIterator, Callable

import pytest

from gateway.control.plan import Plan, Problem
from gateway.control.planner import solve
from gateway.planning import Planner, Planning, PlanningError, fits

PROBLEM = Problem(
    pond="ao-1",
    made_s=1000.0,
    do_mg_l=5.0,
    running=1,
    hours=(0.25,) * 8,
    rate_mg_l_h=(-0.5,) * 8,
    full_mg_l=(7.0,) * 8,
    floor_mg_l=(4.0,) * 8,
    price_vnd_kwh=(2000.0,) * 8,
    least=(0,) * 8,
    most=(2,) * 8,
    surface_per_h=0.025,
    transfer_per_h=(0.0, 0.1, 0.2),
    power_kw=(0.0, 1.5, 3.0),
)
READ_ONE = "import sys, struct, time, os, pickle; "
HANGS = READ_ONE + "time.sleep(60)"
DIES = READ_ONE + "sys.stdin.buffer.read(4); sys.exit(1)"
NONSENSE = READ_ONE + "sys.stdout.buffer.write(b'\\0\\0\\0\\5hello'); sys.stdout.flush(); time.sleep(60)"
ENDLESS = READ_ONE + "sys.stdout.buffer.write(b'\\xff' * 100); sys.stdout.flush(); time.sleep(60)"
CODE = READ_ONE + (
    "body = pickle.dumps(os.getcwd); sys.stdout.buffer.write(struct.pack('>I', len(body)) + body); "
    "sys.stdout.flush(); time.sleep(60)"
)
OTHERS = READ_ONE + (
    "from gateway.planning import _framed; from tests.gateway.test_planning import PROBLEM, solve; import dataclasses; "
    "sys.stdout.buffer.write(_framed(solve(dataclasses.replace(PROBLEM, pond='ao-2')))); sys.stdout.flush(); time.sleep(60)"
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Planner]]:
    made: list[Planner] = []

    def planner(*words: object, **settings: object) -> Planner:
        made.append(Planner(*words, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield planner
    for one in made:
        await one.stop()


async def test_it_plans_as_the_planner_does_and_stays(make: Callable[..., Planner]) -> None:
    planner = make()
    assert await planner.solve(PROBLEM) == solve(PROBLEM)
    pid = planner.pid
    assert (await planner.solve(dataclasses.replace(PROBLEM, pond="ao-2"))).pond == "ao-2"
    assert planner.pid == pid
    assert pid is not None
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10


async def test_a_problem_that_cannot_be_solved_harms_nobody(make: Callable[..., Planner]) -> None:
    planner = make()
    with pytest.raises(PlanningError, match="stages"):
        await planner.solve(dataclasses.replace(PROBLEM, least=(0,)))
    assert (await planner.solve(PROBLEM)).pond == "ao-1"


@pytest.mark.parametrize("code", [DIES, NONSENSE, ENDLESS, CODE, OTHERS])
async def test_a_planner_that_dies_or_talks_nonsense_is_ended(make: Callable[..., Planner], code: str) -> None:
    planner = make(python(code))
    with pytest.raises(PlanningError):
        await planner.solve(PROBLEM)
    assert planner.pid is None


async def test_a_planner_that_cannot_be_started_is_an_error_like_others(make: Callable[..., Planner]) -> None:
    with pytest.raises(PlanningError):
        await make(["/nowhere/at/all"]).solve(PROBLEM)


async def test_a_planner_that_hangs_is_killed(make: Callable[..., Planner]) -> None:
    planner = make(python(HANGS), longest_s=1.5)
    asking = asyncio.create_task(planner.solve(PROBLEM))
    while (pid := planner.pid) is None and not asking.done():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
    with pytest.raises(PlanningError, match="within"):
        await asking
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_one_that_was_killed_is_started_again(make: Callable[..., Planner]) -> None:
    planner = make()
    await planner.solve(PROBLEM)
    assert planner.pid is not None
    os.kill(planner.pid, 9)
    with pytest.raises(PlanningError):
        await planner.solve(PROBLEM)
    assert (await planner.solve(PROBLEM)).pond == "ao-1"


class Desk:
    """Has so many problems, then none."""

    def __init__(self, count: int) -> None:
        self.problems = [dataclasses.replace(PROBLEM, pond=f"ao-{at}") for at in range(count)]
        self.plans: list[Plan] = []
        self.served = asyncio.Event()

    def next_problem(self) -> Problem | None:
        return self.problems.pop(0) if self.problems else None

    def take_plan(self, plan: Plan) -> None:
        self.plans.append(plan)
        if not self.problems:
            self.served.set()


async def test_all_ponds_get_their_plans_one_after_another(make: Callable[..., Planner]) -> None:
    desk = Desk(3)
    planner = make()
    running = asyncio.create_task(Planning(desk, planner, look_s=0.01).run())
    await asyncio.wait_for(desk.served.wait(), 20)
    assert [plan.pond for plan in desk.plans] == ["ao-0", "ao-1", "ao-2"]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert planner.pid is None


async def test_the_loop_does_not_wait_for_a_planner_that_hangs(make: Callable[..., Planner]) -> None:
    desk = Desk(5)
    planning = Planning(desk, make(python(HANGS), longest_s=0.2), restart_s=0.05, look_s=0.01)
    running = asyncio.create_task(planning.run())
    worst_s = 0.0
    while len(desk.problems) > 2:
        began_s = time.monotonic()
        await asyncio.sleep(0.01)
        worst_s = max(worst_s, time.monotonic() - began_s)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert planning.error
    assert desk.plans == []
    assert worst_s < 0.5


def test_only_a_plan_that_can_be_used_without_a_second_look_fits() -> None:
    plan = solve(PROBLEM)
    assert fits(PROBLEM, plan)
    rows = plan.policy[0]
    wrong = [
        {"pond": "ao-2"},
        {"made_s": 0.0},
        {"starts_s": plan.starts_s[1:]},
        {"do_mg_l": (float("nan"),) * 8},
        {"do_mg_l": ("much",) * 8},
        {"grid_mg_l": plan.grid_mg_l[::-1]},
        {"grid_mg_l": plan.grid_mg_l[1:]},
        {"policy": plan.policy[1:]},
        {"policy": ((rows[0],), *plan.policy[1:])},
        {"policy": ((bytes([9]) * len(rows[0]), *rows[1:]), *plan.policy[1:])},
        {"policy": None},
        {"count": (3,) * 8},
    ]
    for change in wrong:
        assert not fits(PROBLEM, dataclasses.replace(plan, **change)), change  # type: ignore[arg-type]
