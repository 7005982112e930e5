"""Every wire that leaves the ESP32, for both kinds of node, from hardware/pins.py."""

from dataclasses import dataclass

from hardware import pins


@dataclass(frozen=True)
class Wire:
    """One pin: its signal, the part and terminal it goes to, its use (in, out, analogue, bus)."""

    gpio: int
    signal: str
    part: str
    terminal: str
    use: str


def shared() -> list[Wire]:
    """What both kinds of node have."""
    return [
        Wire(pins.LINE_TX, "line TX", "A2", "DI", "out"),
        Wire(pins.LINE_RX, "line RX", "A2", "RO", "in"),
        Wire(pins.PROBES_TX, "probes TX", "A3", "DI", "out"),
        Wire(pins.PROBES_RX, "probes RX", "A3", "RO", "in"),
        Wire(pins.IDENTIFY_LAMP, "lamp", "H1", "+", "out"),
        Wire(pins.HOLD_BUTTON, "hold button", "A1", "BOOT", "in"),
    ]


def pond() -> list[Wire]:
    """The pond node's."""
    return [
        *shared(),
        Wire(pins.ONE_WIRE, "1-Wire", "X3", "DQ", "bus"),
        Wire(pins.I2C_SDA, "SDA", "X4", "SDA", "bus"),
        Wire(pins.I2C_SCL, "SCL", "X4", "SCL", "bus"),
    ]


def panel() -> list[Wire]:
    """The panel node's, for as many aerators as the pin map has."""
    buses = [
        Wire(pins.I2C_SDA, "SDA", "A5", "SDA", "bus"),
        Wire(pins.I2C_SCL, "SCL", "A5", "SCL", "bus"),
    ]
    relays = [Wire(gpio, f"relay {n}", "A4", f"IN{n}", "out") for n, gpio in enumerate(pins.RELAYS, 1)]
    currents = [Wire(gpio, f"current {n}", "A7", f"I{n}", "analogue") for n, gpio in enumerate(pins.CURRENTS, 1)]
    return [*shared(), *buses, *relays, *currents]


NODES = {"pond_node": pond, "panel_node": panel}
