"""No answer of a probe, however damaged, stops a driver or passes for something else than it says."""

import pytest

from tests.firmware.probe_fuzz import TARGETS, Fuzz, fuzz


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.entry[0])
def test_a_whole_answer_is_taken(target) -> None:
    driver = Fuzz(target)
    assert driver.try_answer(target.good) == pytest.approx(target.meaning(target.good))
    assert all(channel.quality == 0 for channel in driver.probe.channels)


def test_damaged_answers_do_no_harm() -> None:
    outcome = fuzz(60_000, seed=3)
    assert outcome.wrong == []
    assert outcome.taken > 5000
    assert outcome.refused > 20_000


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_million_damaged_answers_do_no_harm() -> None:
    outcome = fuzz(1_000_000, seed=4)
    assert outcome.wrong == []
