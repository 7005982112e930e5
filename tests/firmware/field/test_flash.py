"""The real programmer against a simulated boot loader, with everything that goes wrong on a bench."""

import random
import struct
from pathlib import Path

import pytest

from hardware.twin.rom import ESP32_S2_MAGIC, Faults, RomLoader
from tests.firmware.field.tool import Tool, hold


def image_bytes(chip: int = 0, size: int = 40_000) -> bytes:
    header = struct.pack("<BBBBI4xH10x", 0xE9, 1, 2, 0x20, 0x40080000, chip)
    return header + random.Random(chip).randbytes(size - len(header))


@pytest.fixture
def bundle(tool: Tool, tmp_path: Path) -> Path:
    file = tmp_path / "ESP32_GENERIC.bin"
    file.write_bytes(image_bytes())
    assert tool.json("bundle", "add", file, "--bundle", tmp_path / "bundle").code == 0
    return tmp_path / "bundle"


def test_a_board_is_written_and_verified(tool: Tool, bundle: Path, tmp_path: Path) -> None:
    with RomLoader(tmp_path / "usb") as board:
        outcome = tool("flash", "--bundle", bundle, "--port", board.port)
        assert outcome.code == 0 and "Đ Ạ T" in outcome.out
        assert bytes(board.chip.flash[0x1000:]).startswith(image_bytes())


def test_a_bad_cable_falls_back_to_the_safe_speed(tool: Tool, bundle: Path, tmp_path: Path) -> None:
    with RomLoader(tmp_path / "usb", Faults(most_baud=115200)) as board:
        outcome = tool.json("flash", "--bundle", bundle, "--port", board.port)
        assert outcome.code == 0 and outcome.json["baud"] == 115200
        assert bytes(board.chip.flash[0x1000:]).startswith(image_bytes())


@pytest.mark.parametrize(
    ("faults", "code", "exit_code"),
    [
        (Faults(silent=True), "E-BOARD-01", 4),
        (Faults(magic=ESP32_S2_MAGIC), "E-BOARD-02", 4),
        (Faults(bad_byte=True), "E-BOARD-03", 4),
        (Faults(unplug_after_blocks=1), "E-PORT-08", 3),
        (Faults(unplug_after_blocks=3), "E-PORT-08", 3),
        (Faults(most_baud=0), "E-BOARD-01", 4),
    ],
    ids=["silent", "wrong chip", "broken flash", "pulled at start", "pulled in the middle", "garbled"],
)
def test_each_fault_of_a_board_has_its_own_error(
    tool: Tool, bundle: Path, tmp_path: Path, faults: Faults, code: str, exit_code: int
) -> None:
    with RomLoader(tmp_path / "usb", faults) as board:
        outcome = tool.json("flash", "--bundle", bundle, "--port", board.port)
    assert (outcome.json["ok"], outcome.json["code"], outcome.code) == (False, code, exit_code)
    assert outcome.json["cause"] and outcome.json["next"]


def test_a_port_that_another_program_holds_is_named_with_its_holder(tool: Tool, bundle: Path, tmp_path: Path) -> None:
    with RomLoader(tmp_path / "usb") as board, hold(board.port) as pid:
        outcome = tool.json("flash", "--bundle", bundle, "--port", board.port)
        assert (outcome.code, outcome.json["code"]) == (3, "E-PORT-05")
        assert f"{pid}" in outcome.json["cause"] and f"kill {pid}" in outcome.json["next"]


def test_a_corrupted_image_never_reaches_the_board(tool: Tool, bundle: Path, tmp_path: Path) -> None:
    image = bundle / "ESP32_GENERIC.bin"
    damaged = bytearray(image.read_bytes())
    damaged[20_000] ^= 1
    image.write_bytes(damaged)
    with RomLoader(tmp_path / "usb") as board:
        outcome = tool.json("flash", "--bundle", bundle, "--port", board.port)
        assert (outcome.code, outcome.json["code"]) == (5, "E-IMAGE-03")
        assert set(board.chip.flash) == {0xFF}


def test_a_batch_goes_on_after_a_board_that_fails(tool: Tool, bundle: Path, tmp_path: Path) -> None:
    with RomLoader(tmp_path / "a", Faults(silent=True)) as sick, RomLoader(tmp_path / "b") as sound:
        outcome = tool("flash", "--bundle", bundle, "--port", sick.port, "--port", sound.port, language="en")
    assert outcome.code == 1
    assert "F A I L" in outcome.out and "P A S S" in outcome.out and "E-BOARD-01" in outcome.out


def test_an_image_for_another_chip_is_refused(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "ESP32_GENERIC_S3.bin"
    file.write_bytes(image_bytes(chip=9))
    folder = tmp_path / "bundle"
    assert tool.json("bundle", "add", file, "--bundle", folder).json["chip"] == "esp32s3"
    assert tool.json("flash", "--bundle", folder, "--port", "/none").json["code"] == "E-IMAGE-04"
    wrong = tool.json("flash", "--bundle", folder, "--image", file.name, "--port", "/none")
    assert wrong.json["code"] == "E-IMAGE-06"


def test_a_file_that_is_no_image_is_refused(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text("<html>404 Not Found, and nothing else is here</html>")
    assert tool.json("bundle", "add", file, "--bundle", tmp_path / "bundle").json["code"] == "E-IMAGE-01"
    assert tool.json("bundle", "add", tmp_path / "absent.bin", "--bundle", tmp_path).json["code"] == "E-FILE-11"
