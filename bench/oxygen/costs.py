"""What the controller costs: one pass over 20 ponds, and one plan. `python -m bench.oxygen.costs`."""

import time
from collections.abc import Callable
from statistics import mean

from bench.oxygen.ours import Ours, ours
from bench.oxygen.probe import Probe
from bench.oxygen.run import facts_of
from bench.oxygen.scenarios import BY_NAME
from bench.oxygen.seen import Seen
from bench.oxygen.truth import Water, course
from bench.table import show
from gateway.control.observation import Machine
from gateway.control.planner import solve
from hardware.registers import HOA_AUTO

PONDS, LIVED_MINUTES, PASSES, PLANS = 20, 26 * 60, 600, 20


def lived(seed: int) -> Ours:
    """A pond of scenario B that has been kept for a day."""
    scenario = BY_NAME["B"]
    weather = course(scenario, seed)
    probe, water, player = Probe(weather, seed), Water(weather), ours(facts_of(scenario))
    running = [False] * scenario.kind.machines
    for minute in range(LIVED_MINUTES):
        said = probe.read(minute, water.at_probe_mg_l)
        running = player.minute(Seen(minute, float(weather.hour[minute]), *said, running))
        water.step(minute, sum(running))
    return player


def milliseconds(work: Callable[[], object], times: int) -> list[float]:
    """How long each of so many calls took, sorted."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def main() -> None:
    """Measure and print."""
    players = [lived(seed) for seed in range(1, PONDS + 1)]

    machines = tuple(Machine(allowed=at < 4, running=at < 4, hand_off_auto=HOA_AUTO) for at in range(8))

    def one_pass() -> None:
        for player in players:
            player.now_s += 1.0
            player.pond.step(machines, 2.0)

    def one_plan() -> None:
        problem = players[0].pond.problem(lambda _: 1987.0, lambda _: 8)
        assert problem is not None
        solve(problem)

    passes, plans = milliseconds(one_pass, PASSES), milliseconds(one_plan, PLANS)
    show(
        "What the controller costs, one core of this PC",
        ["", "mean", "p99", "asked"],
        [
            [f"one pass, {PONDS} ponds", f"{mean(passes):.2f} ms", f"{passes[int(PASSES * 0.99)]:.2f} ms", "5 ms"],
            ["one plan, one pond", f"{mean(plans):.0f} ms", f"{plans[-1]:.0f} ms (worst)", "2000 ms"],
        ],
    )


if __name__ == "__main__":
    main()
