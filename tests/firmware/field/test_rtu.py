"""The tool's own master: only the one frame that answers is believed, and what failed is counted by its kind."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.field import blocks
from firmware.field.doors import SerialDoor
from firmware.field.node_client import NodeClient
from firmware.field.rtu import NoAnswer, Refused, find, read_request, sealed, write_request
from firmware.field.trouble import Trouble
from hardware.registers import IDENTITY, LIVE, MAGIC, MAP_VERSION, PANEL, SETTINGS, Block
from hardware.twin.rude import reply
from tests.firmware.field.lines import rude


def test_reads_and_writes_registers(tmp_path: Path) -> None:
    with rude(tmp_path, lambda unit, address, count: (0.0, reply(unit, [address + n for n in range(count)]))) as rtu:
        assert rtu.read(5, 100, 3) == [100, 101, 102]
        assert (rtu.counts.requests, rtu.counts.replies, rtu.counts.failed) == (1, 1, 0)


def test_a_write_is_done_when_the_node_repeats_its_head(tmp_path: Path) -> None:
    def answer(unit: int, address: int, count: int) -> tuple[float, bytes]:
        return 0.0, sealed(struct.pack(">BBHH", unit, 16, address, count))

    with rude(tmp_path, answer) as rtu:
        rtu.write(5, SETTINGS.address, [1, 2, 3])
        assert rtu.counts.replies == 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "silent"),
        (reply(6, [9, 9]), "garbled"),
        (reply(5, [9]), "garbled"),
        (reply(5, [9, 9, 9]), "garbled"),
        (reply(5, [9, 9])[:-1] + b"\x00", "crc_errors"),
        (sealed(b"\x05\x04\x04\x00\x00\x00\x00"), "garbled"),
        (b"\xff\x00\xff", "garbled"),
    ],
)
def test_nothing_but_the_answer_is_taken_and_each_failure_is_counted(tmp_path: Path, data: bytes, kind: str) -> None:
    with rude(tmp_path, lambda unit, address, count: (0.0, data)) as rtu:
        with pytest.raises(NoAnswer) as caught:
            rtu.read(5, 0, 2, retries=0, latency_s=0.05)
        assert caught.value.heard == (kind != "silent")
        assert getattr(rtu.counts, kind) == rtu.counts.failed == 1


def test_tries_again_as_often_as_told_and_no_more(tmp_path: Path) -> None:
    answers = iter([b"", b"\x00", reply(5, [7])])
    with rude(tmp_path, lambda unit, address, count: (0.0, next(answers))) as rtu:
        assert rtu.read(5, 0, 1, retries=2, latency_s=0.05) == [7]
        assert (rtu.counts.silent, rtu.counts.garbled, rtu.counts.replies) == (1, 1, 1)


def test_a_late_reply_is_dropped_before_the_next_question(tmp_path: Path) -> None:
    delays = iter([0.1, 0.0, 0.0])
    with rude(tmp_path, lambda unit, address, count: (next(delays), reply(unit, [address]))) as rtu:
        with pytest.raises(NoAnswer):
            rtu.read(5, 1, 1, retries=0, latency_s=0.03)
        assert rtu.read(5, 2, 1, latency_s=0.03) == [2]
        assert rtu.counts.dropped_bytes == 7


def test_a_refusal_says_its_code(tmp_path: Path) -> None:
    with rude(tmp_path, lambda unit, address, count: (0.0, sealed(bytes((unit, 0x83, 2))))) as rtu:
        with pytest.raises(Refused) as caught:
            rtu.read(5, 0, 1)
        assert caught.value.exception == 2
        assert caught.value.exit_code == 7


def test_a_missing_adapter_and_one_that_is_held_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as caught:
        SerialDoor(str(tmp_path / "nothing"), 19200)
    assert caught.value.code == "E-PORT-31"
    with rude(tmp_path, lambda unit, address, count: (0.0, b"")):
        with pytest.raises(Trouble) as caught:
            SerialDoor(str(tmp_path / "port"), 19200)
        assert caught.value.code == "E-PORT-32"


@pytest.mark.parametrize(
    ("block", "words", "code"),
    [
        (LIVE, [PANEL.number], "E-LINE-03"),
        (IDENTITY, [IDENTITY.number, 0, MAP_VERSION], "E-LINE-04"),
        (IDENTITY, [IDENTITY.number, MAGIC, 1], "E-NODE-02"),
    ],
)
def test_another_block_another_device_and_another_map_are_refused(
    tmp_path: Path, block: Block, words: list[int], code: str
) -> None:
    def answer(unit: int, address: int, count: int) -> tuple[float, bytes]:
        return 0.0, reply(unit, (words + [0] * count)[:count])

    with rude(tmp_path, answer) as rtu:
        node = NodeClient(rtu, 5)
        with pytest.raises(Trouble) as caught:
            node.identity() if block is IDENTITY else node.read(block)
    assert caught.value.code == code


@given(st.binary(max_size=40), st.integers(1, 247), st.lists(st.integers(0, 65535), min_size=1, max_size=5))
def test_the_frame_is_found_behind_any_noise(noise: bytes, unit: int, words: list[int]) -> None:
    frame = reply(unit, words)
    found = find(noise + frame, bytes((unit, 3, 2 * len(words))), len(frame))
    assert found is not None
    assert sealed(found[:-2]) == found


@given(st.integers(1, 247), st.integers(0, 65535), st.lists(st.integers(0, 65535), min_size=1, max_size=123))
def test_requests_end_in_their_own_crc(unit: int, address: int, words: list[int]) -> None:
    for frame in (read_request(unit, address, len(words)), write_request(unit, address, words)):
        assert sealed(frame[:-2]) == frame


@given(st.data())
def test_fields_that_are_packed_come_back(data: st.DataObject) -> None:
    limits = {"u16": 65535, "u32": 2**32 - 1}
    values = {
        name: data.draw(st.integers(0, limits[kind]))
        for name, kind in (part.split(":") for part in SETTINGS.fields.split())
    }
    assert blocks.head(SETTINGS, blocks.pack(SETTINGS, values)) == values
