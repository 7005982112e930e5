"""The pin map as a page."""

from hardware import pins
from hardware.drawings.esp32 import place, printed, remark
from hardware.drawings.wires import NODES
from hardware.registers import MAX_AERATORS

_HEAD = """# Pins of the {title}

Generated from `hardware/pins.py` by `python -m hardware.drawings`; do not edit. Board: ESP32-DevKitC-32E, 38 pins; the place
is counted from the aerial, looking at the parts side. A WROVER module does not fit: it needs GPIO 16 and 17 for itself.

| mark | place | GPIO | signal | goes to | use | to mind |
|---|---|---|---|---|---|---|
"""


def page(node: str) -> str:
    """hardware/<node>/pins.md."""
    rows = [
        f"| {printed(wire.gpio)} | {place(wire.gpio)} | {wire.gpio} | {wire.signal} | {wire.part}: {wire.terminal} "
        f"| {wire.use} | {remark(wire.gpio)} |\n"
        for wire in NODES[node]()
    ]
    text = _HEAD.format(title=node.replace("_", " ")) + "".join(rows)
    return text + _expanders() if node == "panel_node" else text


def _expanders() -> str:
    rows = [f"| A5 | 0x{pins.HOA_EXPANDER:02X} | {port(pin)} | {name} |\n" for pin, name in switch_pins()]
    rows += [f"| A6 | 0x{pins.SENSE_EXPANDER:02X} | {port(pin)} | {name} |\n" for pin, name in sense_pins()]
    return (
        "\nExpanders MCP23017, high is closed or present:\n\n| part | address | pin | signal |\n|---|---|---|---|\n"
        + "".join(rows)
    )


def port(pin: int) -> str:
    """The expander's name of its pin 0 to 15."""
    return f"GP{'AB'[pin // 8]}{pin % 8}"


def switch_pins() -> list[tuple[int, str]]:
    """Pins of the Hand-Off-Auto expander."""
    names = [f"S{n} {place}" for n in range(1, MAX_AERATORS + 1) for place in ("Auto", "Hand")]
    return list(enumerate(names))


def sense_pins() -> list[tuple[int, str]]:
    """Pins of the expander for phases and siren."""
    return [(0, "phase L1"), (1, "phase L2"), (2, "phase L3"), (8, "siren, output")]
