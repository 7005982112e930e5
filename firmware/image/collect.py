"""`python -m firmware.image.collect FOLDER` gathers the sources of the base for freezing, with the map's numbers put in."""

import ast
import sys
from pathlib import Path

from firmware.build import PINS, REGISTERS, ROOT, base_sources
from firmware.inline import board_registers, inlined


def collect(folder: Path) -> None:
    """Write the base's sources below `folder`."""
    trees = {
        name: inlined((ROOT / name).read_text(encoding="utf-8")) for name in base_sources() if name not in (REGISTERS, PINS)
    }
    texts = {name: ast.unparse(tree) for name, tree in trees.items()}
    texts[REGISTERS] = board_registers(list(trees.values()))
    texts[PINS] = (ROOT / PINS).read_text(encoding="utf-8")
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m firmware.image.collect FOLDER")
    collect(Path(sys.argv[1]))
