"""Templates as data: all that are shipped, what is refused with its place, bytes in every order, reads that are merged."""

import struct
from pathlib import Path

import pytest

from gateway.bus.codec import decoded, hole_max, spans
from gateway.bus.template import Register, TemplateError, parse_template, read_template, shipped

PROBE = """
name = "Mine"
role = "probe"

[[register]]
gives = "ph"
address = 3
type = "u16"
scale = 0.01
unit = "pH"
"""


def test_every_shipped_template_can_be_used() -> None:
    assert {
        "waveshare-relay-8",
        "pzem-004t-v3",
        "invt-gd20",
        "delta-ms300",
        "yosemitech-y504",
        "yosemitech-y520",
        "yosemitech-y532",
        "dfrobot-sen0681",
        "sup-do7013",
    } <= set(shipped())
    for name in shipped():
        assert read_template(name).name


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('unit = "pH"', 'unit = "mg/L"'), "line 5", "ph is kept in 'pH'"),
        (('gives = "ph"', 'gives = "Ph"'), "line 5", "is not among"),
        (("address = 3", "address = 70000"), "line 7, register.1.address", "70000"),
        (('type = "u16"', 'type = "u8"'), "line 8, register.1.type", "'u8'"),
        (('role = "probe"', 'role = "relays"'), "line 1", "needs a table [relays]"),
        (('name = "Mine"', 'name = "Mine"\ncolour = 3'), "line 3, colour", "not permitted"),
        (("scale = 0.01", "scale = x"), "not valid TOML", ""),
    ],
)
def test_a_wrong_template_is_named_by_file_line_and_field(change: tuple[str, str], line: str, words: str) -> None:
    with pytest.raises(TemplateError) as wrong:
        parse_template("mine.toml", PROBE.replace(*change))
    assert str(wrong.value).startswith("mine.toml")
    assert line in str(wrong.value)
    assert words in str(wrong.value)


def test_a_template_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="waveshare-relay-8"):
        read_template("waveshare")
    with pytest.raises(TemplateError, match=r"Put it beside farm\.toml"):
        read_template(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(("order", "wire"), [("ABCD", "0123"), ("CDAB", "2301"), ("DCBA", "3210"), ("BADC", "1032")])
def test_bytes_come_in_every_order(order: str, wire: str) -> None:
    for kind, form, value in (("f32", ">f", 5.5), ("u32", ">I", 70001), ("s32", ">i", -70001)):
        data = struct.pack(form, value)
        words = struct.unpack(">HH", bytes(data[int(at)] for at in wire))
        register = Register.model_validate(
            {"gives": "output_hz", "unit": "Hz", "address": 0, "type": kind, "order": order}
        )
        assert decoded(register, words) == value


def test_signs_scale_and_mask() -> None:
    minus = Register(gives="temperature_c", unit="°C", address=0, type="s16", scale=0.1, offset=1.0)
    assert decoded(minus, [0xFFFB]) == pytest.approx(0.5)
    assert decoded(Register(gives="fault", address=0, mask=0x00FF), [0x1203]) == 3


def at(*places: int) -> list[Register]:
    return [Register(gives="fault", address=place) for place in places]


def test_a_hole_is_read_where_it_costs_less_than_a_request() -> None:
    """At 19200 baud a further request costs 20 bytes and the device's 30 ms: 39 registers."""
    assert hole_max(10 / 19200, 0.0, 0.030) == 39
    assert hole_max(10 / 9600, 0.05, 0.030) == 49
    assert [(span.address, span.count) for span in spans(at(10, 0, 2), 60, 7)] == [(0, 11)]
    assert [(span.address, span.count) for span in spans(at(10, 0, 2), 60, 6)] == [(0, 3), (10, 1)]
    assert [(span.address, span.count) for span in spans(at(0, 8, 9), 9, 60)] == [(0, 9), (9, 1)]
