"""Which file comes from which drawing."""

from collections.abc import Callable
from pathlib import Path

from hardware.drawings import cabinet, harness, motor, pinmap, pond, power, sensing
from hardware.drawings.canvas import Canvas
from hardware.drawings.wires import NODES

_HARDWARE = Path(__file__).parents[1]
NODE_FOLDERS = tuple(_HARDWARE / node for node in NODES)

DRAWINGS: dict[str, Callable[[], Canvas]] = {
    "pond_node/line.svg": pond.line,
    "pond_node/supply.svg": pond.supply,
    "pond_node/layout.svg": pond.layout,
    "panel_node/control.svg": motor.control,
    "panel_node/motor.svg": motor.power,
    "panel_node/current.svg": sensing.current,
    "panel_node/sense.svg": sensing.sense,
    "panel_node/layout.svg": cabinet.layout,
}


def texts() -> dict[Path, str]:
    """Every generated file but the harness drawings, with what belongs in it."""
    files = {_HARDWARE / name: draw().svg() for name, draw in DRAWINGS.items()}
    for node, folder in zip(NODES, NODE_FOLDERS, strict=True):
        files[folder / "pins.md"] = pinmap.page(node)
        files[folder / "harness.yml"] = harness.source(node)
        files[folder / "power.md"] = power.page(node, power.read(folder))
    return files
