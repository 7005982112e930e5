"""`python -m docs.generate` writes the pages that come from the code."""

import re
from collections.abc import Iterator
from pathlib import Path

from hardware import registers
from hardware.quantities import QUANTITIES
from hardware.registers import BLOCKS, Block, parse, width

ROOT = Path(__file__).parents[1]
FIELD = re.compile(r'^\s+"(\w+):(u16|u32|f32) "  # (.+)$')

INTRODUCTION = """# The node's registers

Generated from `hardware/registers.py` by `make docs`; do not edit. Modbus RTU, 19200 8N1, functions 3 and 4 read every
block, 6 and 16 write the writable ones; coils 0 to 7 (functions 1, 5, 15) are a panel's aerators. A request must lie
within one block, otherwise exception 2 comes back. Registers are 16 bits, big-endian; u32 and f32
stand with the high word first. Map version {version}.

Each block is read from its start, in one request, and begins with its own number. No two blocks share a length, and
blocks with a spare register can be read one register longer: so no late reply passes for another.
"""


def descriptions() -> list[str]:
    """The comment behind each field, in the order of the file."""
    lines = (ROOT / "hardware/registers.py").read_text(encoding="utf-8").splitlines()
    return [match[3] for line in lines if (match := FIELD.match(line))]


def registers_page() -> str:
    """docs/registers.md."""
    words = iter(descriptions())
    parts = [INTRODUCTION.format(version=registers.MAP_VERSION)]
    parts += [_block(block, words) for block in BLOCKS]
    parts.append("## Quantities\n\n| code | symbol | unit | range |\n|---|---|---|---|")
    rows = [f"| {one.code} | `{one.symbol}` | {one.unit} | {one.low:g} to {one.high:g} |" for one in QUANTITIES]
    return "\n".join(parts + rows) + "\n"


def _block(block: Block, words: Iterator[str]) -> str:
    title = f"## {block.number} {block.name}: 0x{block.address:04X}, {block.length} registers"
    access = "read and write" if block.writable and block.name == "settings" else "write" if block.writable else "read"
    lines = [title, "", f"Access: {access}.", "", "| register | field | type | meaning |", "|---|---|---|---|"]
    at = block.address
    for name, kind in parse(block.fields):
        lines.append(f"| 0x{at:04X} | `{name}` | {kind} | {next(words)} |")
        at += width(kind)
    if block.repeat:
        lines.append(f"| 0x{at:04X} | {block.repeat} times, {block.group_length} registers each: | | |")
        for name, kind in parse(block.group):
            lines.append(f"| | `{name}` | {kind} | {next(words)} |")
    if block.spare:
        lines.append(f"| 0x{block.address + block.length - 1:04X} | | u16 | spare, 0 |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs/registers.md").write_text(registers_page(), encoding="utf-8")
