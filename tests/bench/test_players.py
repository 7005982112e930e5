"""The baselines do what their names say."""

import pytest

from bench.oxygen.jobs import Job, jobs, run_job
from bench.oxygen.players import BASELINES
from bench.oxygen.run import facts_of
from bench.oxygen.scenarios import ALL, BY_NAME
from bench.oxygen.seen import Seen


def seen(do_mg_l: float | None, minute: int = 0, running: int = 0, limit_kw: float | None = None) -> Seen:
    states = [place < running for place in range(6)]
    return Seen(minute, minute / 60, do_mg_l, 60.0, 29.0, 15.0, states, True, limit_kw)


@pytest.mark.parametrize("name", list(BASELINES))
def test_without_a_reading_all_machines_run(name: str) -> None:
    assert all(BASELINES[name](facts_of(BY_NAME["A"])).minute(seen(None)))


@pytest.mark.parametrize("name", list(BASELINES))
def test_they_keep_to_the_feeder_and_to_mixing(name: str) -> None:
    player = BASELINES[name](facts_of(BY_NAME["A2"]))
    assert sum(player.minute(seen(3.0, limit_kw=5.4))) <= 3
    assert sum(player.minute(seen(9.0, minute=60))) >= 1


def test_hysteresis_is_all_or_nothing() -> None:
    player = BASELINES["hyst55"](facts_of(BY_NAME["A"]))
    counts = [sum(player.minute(seen(do))) for do in (6.0, 5.0, 4.4, 5.0, 5.6, 5.0)]
    assert counts == [0, 0, 6, 6, 0, 0]


def test_staged_moves_one_machine_in_five_minutes() -> None:
    player = BASELINES["staged"](facts_of(BY_NAME["A"]))
    counts, running = [], 0
    for minute in range(11):
        running = sum(player.minute(seen(4.2, minute, running)))
        counts.append(running)
    assert counts == [1] * 5 + [2] * 5 + [3]


def test_scenarios_of_the_same_water_share_an_oracle() -> None:
    made = jobs([scenario.name for scenario in ALL], ["pid"], [1])
    assert sum(len(job.scenarios) for job in made) == len(ALL)
    assert set(made[0].scenarios) == {"A", "E", "S", "O", "L", "X+", "X-", "N", "V"}


def test_a_job_gives_a_row_for_each_run_and_one_of_the_oracle() -> None:
    rows = run_job(Job(("E",), ("hyst47",), 1))
    oracle, drifting = rows
    assert (oracle.player, oracle.metrics.below_4) == ("oracle", 0)
    assert drifting.metrics.below_4 > 1000
    assert drifting.metrics.regret is not None
