"""The demo's ponds behave like ponds."""

import pytest

from hardware.twin.farm import make_ponds
from hardware.twin.ponds import Basin, Record, Replayed


def test_a_dense_biofloc_pond_without_air_is_lost_within_an_hour() -> None:
    pond = make_ponds(start_hour=22)["ao-1"]
    minutes = 0
    while pond.do_mg_l > 3 and minutes < 120:
        pond.step(1 / 60, 0)
        minutes += 1
    assert 20 < minutes < 60


def test_more_machines_more_oxygen() -> None:
    ends = []
    for running in (4, 6, 8):
        pond = make_ponds(start_hour=22)["ao-1"]
        pond.step(6, running)
        ends.append(pond.do_mg_l)
    assert ends[0] < ends[1] < ends[2]


def test_the_step_does_not_depend_on_how_time_is_cut() -> None:
    whole, cut = make_ponds(0)["ao-2"], make_ponds(0)["ao-2"]
    whole.step(2, 3)
    for _ in range(240):
        cut.step(2 / 240, 3)
    assert whole.do_mg_l == pytest.approx(cut.do_mg_l, abs=0.02)


def test_the_inverted_biology_gives_the_record_back() -> None:
    """With the record's own depth, no shrimp and no aerators, the inverted rate must lead along the record."""
    record = Record()
    basin = Basin(area_m2=1000, depth_m=Replayed.record_depth_m, stock_t_per_ha=0)
    biology = Replayed(basin, record)
    do_mg_l = record.at(20).do_mg_l
    worst = 0.0
    for minute in range(12 * 60):
        hour = 20 + minute / 60
        do_mg_l += biology.rate_mg_l_h(hour, do_mg_l) / 60
        worst = max(worst, abs(do_mg_l - record.at(hour + 1 / 60).do_mg_l))
    assert worst < 0.6


def test_the_watched_pond_plays_the_record() -> None:
    pond = make_ponds(6)["ao-3"]
    pond.step(10, 0)
    assert pond.do_mg_l == Record().at(16).do_mg_l
