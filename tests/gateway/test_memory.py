"""What was learned, on disk: a round trip, and every way in which it can be useless."""

import json
from pathlib import Path

import pytest

from gateway.memory import OLDEST_H, read_memory, write_memory
from tests.gateway.farms import Steps

PONDS = {"ao-1": {"estimator": {"state": [0.1, 0.0]}, "run_h": [1.5]}}


@pytest.fixture
def steps() -> Steps:
    return Steps()


def test_a_round_trip_with_its_age(tmp_path: Path, steps: Steps) -> None:
    path = tmp_path / "learned.json"
    write_memory(path, PONDS, steps.wall_s)
    steps.forward(7200)
    assert read_memory(path, steps.clock()) == (PONDS, 2.0)
    assert [file.name for file in tmp_path.iterdir()] == ["learned.json"]


def test_what_is_too_old_is_not_used(tmp_path: Path, steps: Steps) -> None:
    path = tmp_path / "learned.json"
    write_memory(path, PONDS, steps.wall_s)
    steps.forward((OLDEST_H + 1) * 3600)
    assert read_memory(path, steps.clock()) == ({}, 0.0)


@pytest.mark.parametrize("known", ["then", "now"])
def test_without_a_clock_it_counts_as_new(tmp_path: Path, steps: Steps, known: str) -> None:
    path = tmp_path / "learned.json"
    write_memory(path, PONDS, steps.wall_s if known == "then" else None)
    steps.wall_s = 0.0 if known == "then" else steps.wall_s + 1e6
    assert read_memory(path, steps.clock()) == (PONDS, 0.0)


def test_there_is_nothing_at_first(tmp_path: Path, steps: Steps) -> None:
    assert read_memory(tmp_path / "learned.json", steps.clock()) == ({}, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"version":1}',
        '{"version":9,"wall_s":null,"ponds":{}}',
        '{"version":1,"wall_s":"x","ponds":{}}',
        '{"version":1,"wall_s":null,"ponds":[1]}',
        "\x00" * 100,
        "\udcff",
    ],
)
def test_damage_is_no_more_than_forgetting(
    tmp_path: Path, steps: Steps, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "learned.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_memory(path, steps.clock()) == ({}, 0.0)
    assert "learned anew" in caplog.text


def test_any_cut_of_the_file_is_survived(tmp_path: Path, steps: Steps) -> None:
    path = tmp_path / "learned.json"
    write_memory(path, PONDS, steps.wall_s)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert read_memory(path, steps.clock()) == ({}, 0.0)


def test_a_disk_that_takes_nothing_leaves_what_was_there(tmp_path: Path, steps: Steps) -> None:
    path = tmp_path / "learned.json"
    write_memory(path, PONDS, steps.wall_s)
    (tmp_path / "learned.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_memory(path, {}, steps.wall_s)
    assert json.loads(path.read_text())["ponds"] == PONDS
