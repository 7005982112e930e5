"""Labels, reports and copies: what leaves the tool on paper and on disk."""

import contextlib
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from firmware.field.blocks import Identity, LiveChannel
from firmware.field.files import write_file
from firmware.field.frame import Trouble
from firmware.field.handover import Handover, saved_check
from firmware.field.handover_pdf import page
from firmware.field.label import label_of
from firmware.field.label_image import Label, draw, pdf, png, zpl
from firmware.field.node_copy import packed, unpacked
from firmware.field.text import text
from hardware.registers import ROLE_POND

IDENTITY = Identity(
    hardware_id="240ac4000013",
    magic=0x504B,
    map_version=2,
    role=ROLE_POND,
    firmware="0.1.0",
    unit_id=13,
    channels=2,
    aerators=0,
    sample_period_ms=10000,
    boot_id=7,
)
COPY = {
    "format": "pondkeeper-node-copy",
    "made": 1,
    "hardware_id": "240ac4000013",
    "role": 1,
    "unit_id": 13,
    "firmware": "0.1.0",
    "settings": '{"unit_id": 13}',
    "calibration": {"1": '{"key": "y504@1-2", "entries": []}'},
}


def a_label() -> Label:
    return label_of(IDENTITY, "node-3", "Ao 3 – Kênh Xáng", "http://pondkeeper.local:8080", text("vi"), "2026-11-25")


def channel(value: float | None, quality: int = 0) -> LiveChannel:
    return LiveChannel(code=1, symbol="do_mg_l", unit="mg/L", value=value, quality=quality, reason=0, age_s=1)


def handover(**changes: Any) -> Handover:
    facts: dict[str, Any] = {
        "identity": IDENTITY,
        "name": "node-3",
        "channels": (channel(6.35), channel(5.9)),
        "polls": 200,
        "polls_failed": 0,
        "calibrations": (
            (1, {"when": 0, "who": "Tâm", "standard": "air", "before": 95.1, "after": 100.0, "due": 2592000}),
        ),
        "check": ({"name": "Nguồn", "passed": True, "detail": "12,1 V"},),
        "alarm": "passed",
    }
    return Handover(**{**facts, **changes})


def test_the_code_opens_the_farms_page_and_holds_no_secret() -> None:
    assert a_label().address == "http://pondkeeper.local:8080/?node=240ac4000013"


def test_every_kind_of_label_is_the_same_drawing() -> None:
    label = a_label()
    picture = Image.open(io.BytesIO(png(label)))
    assert picture.size == (591, 354)
    assert pdf(label).startswith(b"%PDF")
    printed = zpl(label).decode()
    head, hexadecimal = printed.split("^GFA,")[1].rsplit(",", 1)
    total, _, row_bytes = (int(number) for number in head.split(","))
    dots = bytes.fromhex(hexadecimal.removesuffix("^FS^XZ\n"))
    assert len(dots) == total == row_bytes * 240
    drawn = draw(label, 203)
    black = sum(drawn.getpixel((x, y)) == 0 for x in range(drawn.width) for y in range(drawn.height))
    assert sum(byte.bit_count() for byte in dots) == black > 5000


def test_the_printed_code_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / "label.png").write_bytes(png(a_label()))
    result = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(tmp_path / "label.png")], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "http://pondkeeper.local:8080/?node=240ac4000013"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_report_names_readings_and_has_lines_to_sign_on(tmp_path: Path, language: str) -> None:
    words = text(language)
    made = page(handover(), words, farm="Hòn Đất", pond="Ao 3", who="Tâm", day="2026-11-25")
    (tmp_path / "report.pdf").write_bytes(made)
    shown = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    for found in (words("report.title"), "6,35 mg/L" if language == "vi" else "6.35 mg/L", "Hòn Đất", "240ac4000013"):
        assert found in shown
    for who in ("technician", "farmer"):
        assert words(f"report.sign_{who}").split(" (")[0] in shown
    assert words("report.ready") in shown


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": (channel(None, 2),)},
        {"polls_failed": 1},
        {"alarm": "failed"},
        {"check": ({"name": "A/B", "passed": False},)},
    ],
)
def test_a_node_with_a_fault_is_not_ready(changes: dict[str, Any]) -> None:
    assert handover().ready
    assert not handover(**changes).ready


def test_a_check_of_another_board_is_refused(tmp_path: Path) -> None:
    saved = tmp_path / "check.json"
    saved.write_text(json.dumps({"hardware_id": "240ac4000099", "rows": []}))
    with pytest.raises(Trouble, match="E-FILE-05"):
        saved_check(saved, "240ac4000013")
    saved.write_text("nonsense")
    with pytest.raises(Trouble, match="E-FILE-04"):
        saved_check(saved, "240ac4000013")


def test_a_copy_that_was_changed_anywhere_is_refused() -> None:
    data = packed(COPY)
    assert unpacked(data, "file") == COPY
    accepted = 0
    for at in range(len(data)):
        for flip in (1, 0x20, 0x80):
            changed = data[:at] + bytes((data[at] ^ flip,)) + data[at + 1 :]
            with contextlib.suppress(Trouble):
                accepted += unpacked(changed, "file") != COPY
    assert accepted == 0


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_file(tmp_path / "copy.json", b"old")
    with pytest.raises(Trouble, match="E-FILE-01"):
        write_file(tmp_path / "missing" / "copy.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.json"]
