"""The national file of automatic stations: what is read, what is refused and why, what is written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.stations.file_name import FileName
from cloud.stations.national_file import STATUSES, Line, parse, stamp, write
from gateway.text import text

FILES = Path(__file__).parent / "national"
AT = 1795656600
NOW_S = AT + 60.0

GOOD = [
    Line(symbol="DO", value=5.23, unit="mg/L", at=AT, status="00"),
    Line(symbol="Temp", value=29.4, unit="oC", at=AT, status="00"),
    Line(symbol="pH", value=7.81, unit="-", at=AT, status="00"),
    Line(symbol="TSS", value=41.0, unit="mg/L", at=AT, status="01"),
    Line(symbol="NH4", value=None, unit="mg/L", at=AT, status="02"),
    Line(symbol="PM2,5", value=18.5, unit="µg/Nm3", at=AT, status="00"),
]


def read(name: str) -> tuple[list[Line], list[tuple[int, str]]]:
    found = parse((FILES / name).read_bytes(), NOW_S)
    return [line for _, line in found.lines], [(fault.line, fault.code) for fault in found.faults]


@pytest.mark.parametrize("name", ["good.txt", "bom.txt", "lines_fed.txt", "twice.txt"])
def test_a_good_file_is_read_whole_whatever_wrote_it(name: str) -> None:
    assert read(name) == (GOOD, [])


def test_what_is_written_is_the_format_to_the_byte() -> None:
    golden = (FILES / "good.txt").read_bytes()
    assert write(GOOD) == golden.replace(b"\t41\t", b"\t41.0\t")


def test_values_count_only_while_the_device_measures() -> None:
    assert [line.good for line in GOOD] == [5.23, 29.4, 7.81, None, None, 18.5]


@pytest.mark.parametrize(
    ("name", "fault", "others"),
    [
        ("truncated.txt", (5, "fields"), GOOD[:4]),
        ("commas.txt", (3, "comma"), [*GOOD[:2], *GOOD[3:]]),
        ("clock_lost.txt", (3, "clock_lost"), [*GOOD[:2], *GOOD[3:]]),
        ("clock_ahead.txt", (3, "clock_ahead"), [*GOOD[:2], *GOOD[3:]]),
        ("status.txt", (1, "status"), GOOD[1:]),
        ("worded.txt", (1, "value"), GOOD[1:]),
        ("contradicts.txt", (7, "contradicts"), GOOD),
        ("utf16.txt", (0, "utf16"), []),
        ("nulls.txt", (0, "utf16"), []),
        ("latin.txt", (0, "encoding"), []),
        ("empty.txt", (0, "empty"), []),
    ],
)
def test_a_bad_line_is_named_and_costs_no_other(name: str, fault: tuple[int, str], others: list[Line]) -> None:
    assert read(name) == (others, [fault])


def test_a_file_with_the_wrong_separator_gives_nothing_and_says_so_for_each_line() -> None:
    lines, faults = read("semicolons.txt")
    assert lines == []
    assert faults == [(number, "separator") for number in range(1, 7)]


def test_every_fault_has_a_reason_and_a_next_step_in_both_languages() -> None:
    codes = {code for file in FILES.iterdir() for _, code in read(file.name)[1]}
    codes |= {"large", "symbol", "unit", "time", "stored_otherwise", "name", "unknown"}
    for language in ("vi", "en"):
        for code in codes:
            assert text(language).has(f"national_file.{code}"), code
            assert text(language).has(f"national_file.{code}_next"), code


words = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=24)
symbols = words.filter(lambda word: bool(word.strip()))
values = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)
times = st.integers(1_262_304_000, int(NOW_S))
lines = st.one_of(
    st.builds(Line, symbol=symbols, value=values, unit=words, at=times, status=st.sampled_from(STATUSES)),
    st.builds(Line, symbol=symbols, value=st.none(), unit=words, at=times, status=st.just("02")),
)


@given(st.lists(lines, min_size=1, max_size=8, unique_by=lambda line: (line.symbol, line.at)))
def test_whatever_is_written_is_read_as_it_was(given_lines: list[Line]) -> None:
    found = parse(write(given_lines), NOW_S)
    assert [line for _, line in found.lines] == given_lines
    assert found.faults == []


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_breaks_the_reader_and_none_passes_in_silence(data: bytes) -> None:
    found = parse(data, NOW_S)
    assert found.lines or found.faults


@given(st.integers(0, 200))
def test_a_file_cut_anywhere_never_yields_a_line_that_was_not_in_it(cut: int) -> None:
    found = parse((FILES / "good.txt").read_bytes()[:cut], NOW_S)
    assert [line for _, line in found.lines] == GOOD[: len(found.lines)]


@pytest.mark.parametrize(
    "line",
    [
        Line(symbol="DO\t", value=1.0, unit="", at=AT, status="00"),
        Line(symbol="", value=1.0, unit="", at=AT, status="00"),
        Line(symbol="DO", value=float("nan"), unit="", at=AT, status="00"),
        Line(symbol="DO", value=None, unit="", at=AT, status="00"),
        Line(symbol="DO", value=1.0, unit="", at=AT, status="03"),
    ],
)
def test_a_line_that_the_format_cannot_hold_is_not_written(line: Line) -> None:
    with pytest.raises(ValueError, match=r"cannot stand|is no value|has status"):
        write([line])


def test_names_follow_the_template_of_the_receiver() -> None:
    assert stamp(AT) == "20261126083000"
    assert FileName().make("AG-HON-DAT", AT) == "AG-HON-DAT_20261126083000.txt"
    assert FileName().station("AG-HON-DAT_20261126083000.TXT") == "AG-HON-DAT"
    official = FileName("{province}_{facility}_{station}_{time}.txt", province="AG", facility="TTKN")
    name = official.make("HON_DAT", AT)
    assert name == "AG_TTKN_HON_DAT_20261126083000.txt"
    assert official.station(name) == "HON_DAT"
    assert official.station("HON_DAT.txt") is None


@pytest.mark.parametrize(
    "template", ["{station}.txt", "{time}.txt", "{station}_{time}_{time}", "../{station}_{time}", "{a}"]
)
def test_a_template_that_cannot_tell_stations_apart_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"station|unknown"):
        FileName(template)
