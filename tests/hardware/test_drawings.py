"""Pins, registers, parts and drawings of the nodes hold together."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hardware import pins, registers
from hardware.drawings import bom, esp32, harness, pages, pinmap, pond, power, sensing
from hardware.drawings.connectors import CONNECTORS, links
from hardware.drawings.wires import NODES

ROOT = Path(__file__).parents[2]
HARDWARE = ROOT / "hardware"
SVG = "{http://www.w3.org/2000/svg}"


def words(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).iter(f"{SVG}text"))


def spoken(path: Path) -> list[str]:
    return sorted("".join(one.itertext()) for one in words(path))


@pytest.mark.parametrize("path", pages.texts(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_committed_page_is_what_its_source_gives(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages.texts()[path], "run: .venv/bin/python -m hardware.drawings"


@pytest.mark.parametrize("node", NODES)
def test_the_harness_drawing_carries_the_hash_of_its_source(node: str) -> None:
    source = harness.source(node)
    assert f"harness.yml sha256 {harness.digest(source)}" in (HARDWARE / node / "harness.svg").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("node", NODES)
def test_wireviz_still_draws_the_committed_harness(node: str, tmp_path: Path) -> None:
    """Graphviz versions place shapes differently; what the drawing says is the same."""
    yml = Path(shutil.copy(HARDWARE / node / "harness.yml", tmp_path))
    drawn = tmp_path / "drawn.svg"
    drawn.write_text(harness.draw(yml), encoding="utf-8")
    assert spoken(drawn) == spoken(HARDWARE / node / "harness.svg")


@pytest.mark.parametrize("node", NODES)
def test_no_pin_is_used_twice_or_does_not_exist(node: str) -> None:
    used = [wire.gpio for wire in NODES[node]()]
    assert len(used) == len(set(used))
    assert not set(used) & (esp32.FLASH | esp32.CONSOLE)
    assert all(esp32.printed(gpio) in esp32.LEFT + esp32.RIGHT for gpio in used)


def test_every_pin_of_the_pin_map_is_on_a_drawing() -> None:
    named = {value for name, value in vars(pins).items() if name.isupper() and isinstance(value, int)}
    gpios = (
        {value for value in named if value not in (1, 2, *ADDRESSES, *SCALES)} | set(pins.RELAYS) | set(pins.CURRENTS)
    )
    assert gpios == {wire.gpio for node in NODES.values() for wire in node()}


ADDRESSES = (pins.HOA_EXPANDER, pins.SENSE_EXPANDER)
SCALES = (pins.MICROVOLTS_PER_AMPERE, pins.MICROVOLTS_AT_ZERO_AMPERE)


@pytest.mark.parametrize("node", NODES)
def test_pins_do_what_the_chip_allows(node: str) -> None:
    for wire in NODES[node]():
        if wire.use in ("out", "bus"):
            assert wire.gpio not in esp32.INPUT_ONLY, wire
        if wire.use == "analogue":
            assert wire.gpio in esp32.FIRST_CONVERTER | esp32.SECOND_CONVERTER, wire


def test_no_relay_moves_while_the_chip_starts() -> None:
    assert not set(pins.RELAYS) & esp32.PULLED_UP_AT_RESET
    assert all(esp32.STRAPPING.get(gpio, "any") == "any" for gpio in pins.RELAYS)


def test_only_the_lamp_hangs_on_the_pin_that_must_be_low_at_start() -> None:
    low = {gpio for gpio, level in esp32.STRAPPING.items() if level == "low"}
    for node in NODES.values():
        assert [wire.part for wire in node() if wire.gpio in low] == ["H1"]


def test_six_aerators_can_be_measured_with_wi_fi_on() -> None:
    assert set(pins.CURRENTS[:6]) <= esp32.FIRST_CONVERTER


def test_the_panel_is_drawn_for_as_many_aerators_as_the_registers_have() -> None:
    count = registers.MAX_AERATORS
    assert len(pins.RELAYS) == len(pins.CURRENTS) == registers.PANEL.repeat == count
    assert len(pinmap.switch_pins()) == 2 * count
    drawn = spoken(HARDWARE / "panel_node/harness.svg")
    for number in range(1, count + 1):
        assert {f"relay {number}", f"K{number} A2", f"I{number}", f"S{number} Auto", f"S{number} Hand"} <= set(drawn)


def test_phases_stand_on_the_drawing_in_the_order_of_the_register() -> None:
    phases = [1 << pin for pin, name in pinmap.sense_pins() if name.startswith("phase")]
    assert phases == [registers.MAINS_L1, registers.MAINS_L2, registers.MAINS_L3]


@pytest.mark.parametrize("node", NODES)
def test_every_wire_of_the_pin_map_is_in_the_harness(node: str) -> None:
    drawn = {("A1", one, other) for link in links(node) if link.left == "A1" for one, other, _ in link.wires}
    drawn |= {("A1", other, one) for link in links(node) if link.right == "A1" for one, other, _ in link.wires}
    for wire in NODES[node]():
        if wire.part != "A1":
            assert ("A1", esp32.printed(wire.gpio), wire.terminal) in drawn, wire


@pytest.mark.parametrize("node", NODES)
def test_every_wire_of_a_harness_ends_at_a_terminal(node: str) -> None:
    parts = CONNECTORS[node]()
    for link in links(node):
        for one, other, _ in link.wires:
            assert one in map(str, parts[link.left]["pins"]), link
            assert other in map(str, parts[link.right]["pins"]), link


def drawn_parts(node: str) -> Iterator[str]:
    yield from CONNECTORS[node]()
    for name, draw in pages.DRAWINGS.items():
        if name.startswith(node):
            yield from draw().refs


@pytest.mark.parametrize("node", NODES)
def test_every_drawn_part_is_in_the_bill_of_materials(node: str) -> None:
    listed = {ref for part in bom.read(HARDWARE / node) for ref in part.refs}
    missing = {ref for ref in drawn_parts(node) if ref not in listed and f"{ref}1" not in listed}
    assert not missing


@pytest.mark.parametrize("node", NODES)
def test_every_part_has_two_sources_and_a_dated_estimate(node: str) -> None:
    for part in bom.read(HARDWARE / node):
        (first, first_term), (second, second_term) = part.suppliers
        assert first != second, part
        assert first_term, part
        assert second_term, part
        assert part.currency == "USD"
        assert part.note.startswith("estimate"), part


def test_parts_per_aerator_divide_by_the_aerators() -> None:
    for part in bom.read(HARDWARE / "panel_node"):
        if part.per == "aerator" and not {"V3", "K9"} & part.refs:
            assert part.quantity % registers.MAX_AERATORS == 0, part


def test_the_entry_page_names_what_the_parts_cost() -> None:
    page = (ROOT / "docs/building-a-node.md").read_text(encoding="utf-8")
    for node in NODES:
        named = re.search(rf"{node}/bom.csv\), about ([\d,]+) USD", page)
        assert named is not None
        assert float(named[1].replace(",", "")) == pytest.approx(bom.cost(bom.read(HARDWARE / node)), rel=0.02)


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in (ROOT / "docs/building-a-node.md", *HARDWARE.glob("*_node/*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists() or target == "technician.md", f"{page.name}: {target}"


def test_the_current_board_gives_what_the_firmware_expects() -> None:
    assert sensing.volts_per_ampere() * 1e6 == pytest.approx(pins.MICROVOLTS_PER_AMPERE, rel=0.01)
    assert sensing.volts_at_zero() * 1e6 == pytest.approx(pins.MICROVOLTS_AT_ZERO_AMPERE, rel=0.01)


def test_a_line_at_rest_is_biased_beyond_what_a_receiver_needs() -> None:
    assert pond.idle_line_v() > 0.2


def test_a_pond_node_outlives_three_days_without_sun_and_gains_on_the_darkest() -> None:
    budget = power.read(HARDWARE / "pond_node")
    assert budget.mean_w == pytest.approx(2.30, abs=0.01)
    assert budget.autonomy_h > 72
    assert budget.harvest_wh > 1.5 * budget.day_wh


def test_a_panel_outlives_a_night_without_mains() -> None:
    budget = power.read(HARDWARE / "panel_node")
    assert budget.autonomy_h > 12
    assert budget.mean_w < 13.8 * 1.9


@pytest.mark.parametrize("name", pages.DRAWINGS)
def test_no_words_run_off_a_drawing(name: str) -> None:
    path = HARDWARE / name
    width = float(ElementTree.parse(path).getroot().attrib["width"])
    for one in words(path):
        size, x = float(one.attrib["font-size"]), float(one.attrib["x"])
        length = 0.56 * size * len("".join(one.itertext()))
        right = x + {"start": length, "middle": length / 2, "end": 0.0}[one.attrib["text-anchor"]]
        assert right <= width, one.text
