"""Plans come from a process of their own: control asks for one after another and waits for none of them.

`python -m gateway.planning` is that process. It reads problems and writes plans, each as four bytes of length and a pickle.
One that dies, hangs, or talks nonsense is ended and started again; the ponds go on with the plans they have.
"""

import asyncio
import contextlib
import logging
import os
import pickle
import struct
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO, Protocol

from gateway.children import this_command, tie_to_parent
from gateway.control.plan import Plan, Problem

log = logging.getLogger(__name__)

LONGEST_PLAN_S = 30.0
RESTART_S = 5.0
LOOK_S = 0.5
NICE = 10
LENGTH = struct.Struct(">I")
LARGEST_FRAME_BYTES = 20_000_000
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class PlanningError(Exception):
    """There is no plan this time; the text says why."""


class Desk(Protocol):
    """Where problems come from and plans go to."""

    def next_problem(self) -> Problem | None: ...
    def take_plan(self, plan: Plan) -> None: ...


class Planning:
    """Keeps the plans of all ponds fresh, one pond at a time; `error` is why the last plan did not come."""

    def __init__(self, desk: Desk, planner: "Planner", restart_s: float = RESTART_S, look_s: float = LOOK_S) -> None:
        self.error = ""
        self._desk = desk
        self._planner = planner
        self._restart_s = restart_s
        self._look_s = look_s

    async def run(self) -> None:
        """Plan until cancelled."""
        try:
            while True:
                rest_s = await self._plan_next()
                await asyncio.sleep(rest_s)
        finally:
            await self._planner.stop()

    async def _plan_next(self) -> float:
        """One plan, where one is due; returns for how long to rest."""
        problem = self._desk.next_problem()
        if problem is None:
            return self._look_s
        try:
            plan = await self._planner.solve(problem)
        except PlanningError as error:
            self.error = str(error)
            log.warning("no plan for %s: %s", problem.pond, error)
            return self._restart_s
        self.error = ""
        self._desk.take_plan(plan)
        return 0.0


class Planner:
    """The planner's process, seen from control. It is started when the first problem comes."""

    def __init__(self, command: Sequence[str] = (), longest_s: float = LONGEST_PLAN_S) -> None:
        self._command = list(command) or this_command("gateway.planning")
        self._longest_s = longest_s
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    async def solve(self, problem: Problem) -> Plan:
        """The plan for a problem; raises PlanningError, and ends a process that does not answer as it should."""
        try:
            async with asyncio.timeout(self._longest_s):
                answer = await self._ask(problem)
        except TimeoutError as error:
            await self.stop()
            raise PlanningError(f"no answer within {self._longest_s:.0f} s") from error
        except (OSError, EOFError, ValueError) as error:
            await self.stop()
            raise PlanningError(f"the planner ended or is not understood ({error!r})") from error
        if isinstance(answer, str):
            raise PlanningError(answer)
        if not fits(problem, answer):
            await self.stop()
            raise PlanningError("the answer does not belong to the problem")
        return answer

    async def _ask(self, problem: Problem) -> Plan | str:
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_framed(problem))
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > LARGEST_FRAME_BYTES:
            raise ValueError(f"a frame of {length} bytes")
        return _understood(await process.stdout.readexactly(length))

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **ONE_THREAD},
                preexec_fn=lambda: tie_to_parent(NICE),
            )
        return self._process

    async def stop(self) -> None:
        """End the process; the next problem starts another."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class _PlansOnly(pickle.Unpickler):
    """What comes from the planner is plans and words, nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) != (Plan.__module__, Plan.__name__):
            raise pickle.UnpicklingError(f"{module}.{name}")
        return Plan


def _framed(value: object) -> bytes:
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def _understood(body: bytes) -> Plan | str:
    """A plan or the planner's excuse; ValueError for anything else."""
    try:
        found = _PlansOnly(BytesIO(body)).load()
    except Exception as error:
        raise ValueError(repr(error)) from error
    if not isinstance(found, Plan | str):
        raise ValueError(f"a {type(found).__name__}")
    return found


def fits(problem: Problem, plan: Plan) -> bool:
    """Does the plan answer this problem, so that each of its parts can be used without a second look?"""
    counts, stages = len(problem.power_kw), len(problem.hours)
    known = bytes(range(counts))
    try:
        return (
            (plan.pond, plan.made_s) == (problem.pond, problem.made_s)
            and {len(part) for part in (plan.starts_s, plan.policy, plan.do_mg_l, plan.count)} == {stages}
            and list(plan.grid_mg_l) == sorted(plan.grid_mg_l)
            and all(float(number) - number == 0 for part in (plan.starts_s, plan.do_mg_l) for number in part)
            and all(len(rows) == counts for rows in plan.policy)
            and all(
                len(row) == len(plan.grid_mg_l) and not row.translate(None, known)
                for rows in plan.policy
                for row in rows
            )
            and all(0 <= count < counts for count in plan.count)
        )
    except (AttributeError, TypeError, ValueError):
        return False


def serve(problems: BinaryIO, plans: BinaryIO) -> None:
    """The planner's own side: answer until nobody asks any more."""
    from gateway.control.planner import solve

    while len(head := problems.read(LENGTH.size)) == LENGTH.size:
        problem = pickle.loads(problems.read(*LENGTH.unpack(head)))
        try:
            answer: Plan | str = solve(problem)
        except Exception as error:
            answer = repr(error)
        plans.write(_framed(answer))
        plans.flush()


def main() -> None:
    """Talk over standard input and output; what is printed by mistake goes to standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as plans:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, plans)


if __name__ == "__main__":
    main()
