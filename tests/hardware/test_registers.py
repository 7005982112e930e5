"""The register map and its documentation."""

import itertools
from pathlib import Path

from docs.generate import registers_page
from hardware import registers
from hardware.quantities import BY_CODE
from hardware.registers import BLOCKS, LIVE, Block

ROOT = Path(__file__).parents[2]


def readings_of(block: Block) -> set[int]:
    """Every length at which the gateway reads a block: cut after a channel for LIVE, with and without the spare."""
    if block is LIVE:
        whole = {LIVE.head_length + LIVE.group_length * channels for channels in range(1, LIVE.repeat + 1)}
    else:
        whole = {block.length - block.spare}
    return whole | {length + block.spare for length in whole}


def test_no_two_blocks_share_a_length() -> None:
    readable = [block for block in BLOCKS if block.fields.startswith("block:")]
    for one, two in itertools.combinations(readable, 2):
        assert not readings_of(one) & readings_of(two), (one.name, two.name)


def test_blocks_do_not_overlap_and_fit_one_frame() -> None:
    for one, two in itertools.pairwise(sorted(BLOCKS, key=lambda block: block.address)):
        assert one.address + one.length <= two.address
    assert all(block.length <= 125 for block in BLOCKS)


def test_every_readable_block_begins_with_its_number() -> None:
    numbers = [block.number for block in BLOCKS]
    assert len(set(numbers)) == len(numbers)


def test_every_quantity_of_the_map_is_described() -> None:
    codes = {value for name, value in vars(registers).items() if name.startswith("QUANTITY_")}
    assert codes == set(BY_CODE)


def test_the_page_is_generated_from_the_map() -> None:
    assert (ROOT / "docs/registers.md").read_text(encoding="utf-8") == registers_page()
