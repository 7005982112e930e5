"""Parts and wires inside the boxes, in the order in which they are drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hardware.drawings.esp32 import printed
from hardware.drawings.pinmap import port, sense_pins, switch_pins
from hardware.drawings.wires import NODES, Wire
from hardware.registers import MAX_AERATORS

Parts = dict[str, dict[str, Any]]
COLOURS = ("BN", "OG", "YE", "GN", "BU", "VT", "GY", "WH")


@dataclass(frozen=True)
class Link:
    """Wires between two parts: (terminal, terminal, colour) each."""

    left: str
    right: str
    wires: tuple[tuple[str, str, str], ...]
    gauge: str = "0.25 mm2"
    note: str = ""


def part(kind: str, pins: list[str], labels: list[str] | None = None, notes: str = "") -> dict[str, Any]:
    """One WireViz connector."""
    fields: dict[str, Any] = {
        "type": kind,
        "pins": [int(pin) if pin.isdigit() else pin for pin in pins],
        "show_pincount": False,
    }
    if labels:
        fields["pinlabels"] = labels
    if notes:
        fields["notes"] = notes
    return fields


def controller(node: str) -> dict[str, Any]:
    """The ESP32 with the pins that this node uses."""
    wires = [wire for wire in NODES[node]() if wire.part != "A1"]
    marks = ["5V", "GND", "3V3"] + [printed(wire.gpio) for wire in wires]
    return part("ESP32-DevKitC-32E", marks, ["5 V", "0 V", "3.3 V"] + [wire.signal for wire in wires])


def common(node: str) -> Parts:
    """Supply, transceivers and lamp, which both boxes have."""
    return {
        "X1": part("Line terminals · cáp đường truyền", ["+12V", "0V", "A", "B", "PE"]),
        "F2": part(
            "Surge board · chống sét", ["A", "B", "PE", "A'", "B'"], notes="GDT, 2 x 10 ohm, SM712. PE short and thick"
        ),
        "A2": part(
            "RS-485 line, isolated",
            ["A", "B", "DI", "RO", "VCC", "GND"],
            notes="10 kohm from DI to VCC; 120 ohm only at line's end",
        ),
        "A3": part("RS-485 probes · đầu dò", ["A", "B", "DI", "RO", "VCC", "GND"], notes="10 kohm from DI to VCC"),
        "A1": controller(node),
        "U1": part("12 V to 5 V", ["+IN", "-IN", "+OUT", "-OUT"]),
        "X2": part("Probe terminals · đầu dò", ["+12V", "0V", "A", "B"], notes="one set a probe, in parallel"),
        "H1": part("Lamp · đèn", ["+", "-"], notes="470 ohm in series with +"),
    }


def common_links(node: str) -> list[Link]:
    """Wires of what both boxes have."""
    wires = NODES[node]()
    return [
        Link("X1", "F2", (("A", "A", "GN"), ("B", "B", "WH"), ("PE", "PE", "GNYE"))),
        Link("F2", "A2", (("A'", "A", "GN"), ("B'", "B", "WH")), note="twisted"),
        Link("X2", "A3", (("A", "A", "GN"), ("B", "B", "WH")), note="twisted"),
        Link("X1", "U1", (("+12V", "+IN", "RD"), ("0V", "-IN", "BK")), "0.75 mm2", "through F1, 1 A"),
        Link("X1", "X2", (("+12V", "+12V", "RD"), ("0V", "0V", "BK")), "0.5 mm2"),
        Link("U1", "A1", (("+OUT", "5V", "RD"), ("-OUT", "GND", "BK"))),
        _to_controller("A2", wires, (("VCC", "3V3", "PK"), ("GND", "GND", "BK"))),
        _to_controller("A3", wires, (("VCC", "3V3", "PK"), ("GND", "GND", "BK"))),
        _from_controller("H1", wires, (("GND", "-", "BK"),)),
    ]


def pond_parts() -> Parts:
    """The pond node's."""
    return common("pond_node") | {
        "X3": part("DS18B20, 1-Wire", ["3V3", "DQ", "GND"], notes="4.7 kohm from DQ to 3V3"),
        "X4": part("I2C: EZO carrier, ADS1115", ["3V3", "GND", "SDA", "SCL"], notes="isolated carrier for EZO; option"),
    }


def panel_parts() -> Parts:
    """The panel node's."""
    numbers = [str(n) for n in range(1, MAX_AERATORS + 1)]
    bus = ["VDD", "VSS", "SDA", "SCL"]
    phases = sense_pins()
    return common("panel_node") | {
        "A5": part(
            "MCP23017 0x20, A0 A1 A2 to VSS", bus + [port(pin) for pin, _ in switch_pins()], notes="RESET to VDD"
        ),
        "A6": part("MCP23017 0x21, A0 to VDD", bus + [port(pin) for pin, _ in phases], notes="RESET to VDD"),
        "A4": part(
            "ULN2803A relay driver",
            ["GND"] + [f"IN{n}" for n in numbers] + ["COM"] + [f"OUT{n}" for n in numbers],
            notes="10 kohm from each IN to GND",
        ),
        "A7": part(
            "Current board · mạch đo dòng", ["3V3", "GND"] + [f"I{n}" for n in numbers], notes="see current.svg"
        ),
        "A8": part("Opto board, HOA", ["VCC", "GND"] + [name for _, name in switch_pins()], notes="see sense.svg"),
        "A9": part("Phase and siren board", ["VCC", "GND"] + [name for _, name in phases], notes="see sense.svg"),
        "K": part(
            "Relay coils · cuộn hút rơ-le", ["A1 all"] + [f"K{n} A2" for n in numbers], notes="A1 of all to +12 V"
        ),
    }


def pond_links() -> list[Link]:
    """Wires of the pond node."""
    wires = NODES["pond_node"]()
    supply = (("3V3", "3V3", "PK"), ("GND", "GND", "BK"))
    return [*common_links("pond_node"), _from_controller("X3", wires, supply), _from_controller("X4", wires, supply)]


def panel_links() -> list[Link]:
    """Wires of the panel node."""
    wires = NODES["panel_node"]()
    numbers = range(1, MAX_AERATORS + 1)
    logic = (("3V3", "VDD", "PK"), ("GND", "VSS", "BK"))
    bus = (("VDD", "VDD", "PK"), ("VSS", "VSS", "BK"), ("SDA", "SDA", "YE"), ("SCL", "SCL", "BU"))
    coils = tuple((f"OUT{n}", f"K{n} A2", COLOURS[n - 1]) for n in numbers)
    return [
        *common_links("panel_node"),
        _from_controller("A4", wires, (("GND", "GND", "BK"),)),
        _from_controller("A5", wires, logic),
        _from_controller("A7", wires, (("3V3", "3V3", "PK"), ("GND", "GND", "BK"))),
        Link("A4", "K", (("COM", "A1 all", "RD"), *coils), "0.5 mm2", "COM to +12 V"),
        Link("A5", "A6", bus),
        Link("A5", "A8", _straight(switch_pins())),
        Link("A6", "A9", _straight(sense_pins())),
    ]


def _straight(pins: list[tuple[int, str]]) -> tuple[tuple[str, str, str], ...]:
    supply = (("VDD", "VCC", "PK"), ("VSS", "GND", "BK"))
    return supply + tuple((port(pin), name, COLOURS[at % 8]) for at, (pin, name) in enumerate(pins))


def _from_controller(name: str, wires: list[Wire], supply: tuple[tuple[str, str, str], ...]) -> Link:
    signals = [wire for wire in wires if wire.part == name]
    return Link(
        "A1", name, supply + tuple((printed(w.gpio), w.terminal, COLOURS[at % 8]) for at, w in enumerate(signals))
    )


def _to_controller(name: str, wires: list[Wire], supply: tuple[tuple[str, str, str], ...]) -> Link:
    signals = [wire for wire in wires if wire.part == name]
    return Link(
        name, "A1", supply + tuple((w.terminal, printed(w.gpio), COLOURS[2 + at]) for at, w in enumerate(signals))
    )


CONNECTORS: dict[str, Callable[[], Parts]] = {"pond_node": pond_parts, "panel_node": panel_parts}
LINKS: dict[str, Callable[[], list[Link]]] = {"pond_node": pond_links, "panel_node": panel_links}


def links(node: str) -> list[Link]:
    """Every bundle of wires inside this node's box."""
    return LINKS[node]()
