"""The settings that the line may change: the board's own table against the register map."""

from firmware.node.settings import DEFAULTS
from firmware.node.setup import FIELDS
from hardware.registers import SETTINGS, parse, width


def test_the_boards_table_is_the_map() -> None:
    assert [(name, size) for name, size, *_ in FIELDS] == [(name, width(kind)) for name, kind in parse(SETTINGS.fields)]


def test_every_field_is_a_setting_whose_default_is_in_range() -> None:
    for name, size, attribute, scale, low, high in FIELDS:
        default = DEFAULTS[attribute]
        assert isinstance(default, int | float), name
        assert low <= default * scale <= high, name
        assert high < 1 << 16 * size, name
