"""What a node kept while nobody listened: each sample once, rightly dated, and never news."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.bus import blocks
from gateway.bus.node import NOT_READY_S, TELL_TIME_S
from gateway.bus.samples import REASONS, Quality, make_reading
from hardware import registers
from hardware.registers import ACKNOWLEDGE, BAD, RING, STATUS, TIME
from tests.gateway.wired import PERIOD_S, Farm


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path)


async def test_while_the_gateway_listens_no_window_is_fetched_and_flash_rests(farm: Farm) -> None:
    await farm.watched(400)
    assert farm.journal.kept(7) == list(range(1, 401))
    assert farm.wire.asked.count(RING) <= 2
    assert not (farm.folder / "log").exists()
    assert farm.events == []
    assert farm.board.sampler.memory.unread == 0


async def test_a_short_silence_is_filled_in_full_and_says_nothing(farm: Farm) -> None:
    await farm.watched(5)
    farm.alone(40)
    await farm.catch_up()
    assert farm.journal.kept(7) == list(range(1, 46))
    assert farm.events == []


async def test_a_long_silence_is_filled_thinned_and_told_once(farm: Farm) -> None:
    await farm.watched(6)
    farm.alone(2000)
    await farm.catch_up()
    kept = farm.journal.kept(7)
    assert kept[-48:] == list(range(1959, 2007))
    assert all(later - earlier <= 6 for earlier, later in pairwise(kept))
    assert farm.events == ["samples_thinned"]
    assert farm.node.samples_lost == 0
    await farm.watched(20)
    farm.alone(500)
    await farm.catch_up()
    assert farm.events == ["samples_thinned", "samples_thinned"]


async def test_late_samples_are_dated_to_the_second_and_no_news(farm: Farm) -> None:
    await farm.watched(6)
    farm.alone(500)
    await farm.catch_up()
    assert [sample.sequence for sample in farm.fresh] == [1, 2, 3, 4, 5, 6, 506]
    for sample in farm.journal.samples:
        assert sample.late or sample in farm.fresh
        assert sample.taken_s == pytest.approx(farm.board.booted_s + PERIOD_S * sample.sequence, abs=0.01)


async def test_an_earlier_boot_is_dated_by_the_time_it_was_told(farm: Farm) -> None:
    await farm.watched(6)
    began_s = farm.board.booted_s
    farm.alone(300)
    farm.clock.forward(5000)
    farm.boot(8)
    farm.alone(3)
    await farm.catch_up()
    earlier = [sample for sample in farm.journal.samples if sample.boot == 7 and sample.late]
    assert len(earlier) > 40
    for sample in earlier:
        assert sample.taken_s == pytest.approx(began_s + PERIOD_S * sample.sequence, abs=2)
        assert [reading.quantity for reading in sample.readings] == ["do_mg_l", "temperature_c"]
    assert "samples_undated" not in farm.events
    assert all(sample.boot == 8 for sample in farm.fresh[6:])
    assert farm.journal.kept(8) == [1, 2, 3]
    assert not list((farm.folder / "log").iterdir())


async def test_an_earlier_boot_without_a_date_stands_before_this_one_in_order_and_is_told(farm: Farm) -> None:
    farm.alone(300)
    farm.boot(8)
    farm.alone(3)
    await farm.catch_up()
    earlier = [sample for sample in farm.journal.samples if sample.boot == 7]
    times = [sample.taken_s for sample in earlier]
    assert times == sorted(times)
    assert farm.board.booted_s - 3600 < times[0] < times[-1] <= farm.board.booted_s
    assert farm.events.count("samples_undated") == 1


async def test_each_boot_is_acknowledged_under_its_own_name_after_the_disk_has_it(farm: Farm) -> None:
    farm.alone(300)
    farm.boot(8)
    farm.alone(3)
    farm.journal.prompt = False
    await farm.node.poll()
    await farm.node.fetch()
    for _ in range(5):
        await farm.node.poll()
        assert not farm.node.behind
    assert farm.wire.writes(ACKNOWLEDGE) == []
    farm.journal.committed = len(farm.journal.samples)
    await farm.node.poll()
    last = max(sample.sequence for sample in farm.journal.samples if sample.boot == 7)
    assert farm.wire.writes(ACKNOWLEDGE) == [blocks.acknowledge(7, last)]
    assert farm.node.behind


async def test_several_boots_come_oldest_first(farm: Farm) -> None:
    for boot in (8, 9, 10):
        farm.alone(100)
        farm.boot(boot)
    farm.alone(2)
    await farm.catch_up()
    boots = [sample.boot for sample in farm.journal.samples if sample.late]
    assert boots == sorted(boots)
    assert set(boots) == {7, 8, 9, 10}


async def test_a_gateway_that_starts_anew_takes_what_is_left_and_then_rests(farm: Farm) -> None:
    await farm.watched(50)
    farm.start_gateway()
    await farm.catch_up()
    asked = farm.wire.asked.count(RING)
    for _ in range(20):
        await farm.node.poll()
        assert not farm.node.behind
    assert farm.wire.asked.count(RING) == asked
    await farm.watched(10)
    assert farm.journal.kept(7) == list(range(1, 61))


async def test_samples_lost_while_nobody_could_keep_them_are_counted_and_told(farm: Farm, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("where the folder should be")
    await farm.watched(6)
    farm.alone(200)
    await farm.catch_up()
    assert farm.events == ["samples_lost"]
    assert farm.node.samples_lost == farm.board.sampler.memory.dropped == 26
    farm.start_gateway()
    await farm.node.poll()
    assert farm.events == ["samples_lost"]


async def test_samples_lost_while_the_gateway_was_down_are_told_once_it_is_back(farm: Farm, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("where the folder should be")
    await farm.watched(6)
    farm.alone(200)
    await farm.catch_up()
    farm.alone(100)
    farm.start_gateway()
    await farm.catch_up()
    assert farm.events == ["samples_lost", "samples_lost"]
    assert farm.node.samples_lost == farm.board.sampler.memory.dropped - 26 > 0


async def test_a_window_that_flash_has_not_readied_is_asked_for_again_later(farm: Farm) -> None:
    farm.alone(100)
    board = farm.boot(8)
    farm.clock.forward(PERIOD_S)
    board.sampler.take()
    tend, board.tend = board.tend, lambda: None  # type: ignore[method-assign]
    await farm.node.poll()
    await farm.node.fetch()
    assert not farm.node.behind
    board.tend = tend  # type: ignore[method-assign]
    board.tend()
    farm.clock.forward(NOT_READY_S)
    assert farm.node.behind
    await farm.catch_up()
    assert len(farm.journal.kept(7)) == 12


async def test_the_time_is_told_after_identify_and_hourly_and_only_when_known(farm: Farm) -> None:
    await farm.watched(2)
    assert farm.wire.writes(TIME) == [blocks.time(farm.clock.wall_s - PERIOD_S)]
    farm.clock.forward(TELL_TIME_S)
    await farm.watched(1)
    assert len(farm.wire.writes(TIME)) == 2
    farm.clock.wall_s = 1000.0
    farm.boot(8)
    farm.start_gateway()
    await farm.watched(2)
    assert len(farm.wire.writes(TIME)) == 2


async def test_status_is_read_once_when_a_node_is_met(farm: Farm) -> None:
    await farm.watched(30)
    assert farm.wire.asked.count(STATUS) == 1


@pytest.mark.parametrize("reason", [value for name, value in vars(registers).items() if name.startswith("REASON_")])
def test_every_reason_of_the_map_has_words_and_a_bad_reading_has_no_value(reason: int) -> None:
    assert reason in REASONS
    reading = make_reading("do_mg_l", math.nan, BAD << 8 | reason)
    assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, reason)
