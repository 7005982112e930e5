"""A signed release over the line, by the technician's command on virtual boards."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.build import build_application
from firmware.field import documents
from firmware.field.farm_file import read_lines
from firmware.field.release import read_release
from firmware.field.trouble import Trouble
from firmware.release import public_text, sign
from hardware.registers import DOCUMENT_MANIFEST
from hardware.twin.farm import BoardPlan, TwinFarm
from tests.firmware.field.lines import change, client, twin_farm
from tests.firmware.field.tool import Tool

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
LINE = "ponds"
VERSION = (9, 0, 1)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    build_application(folder, VERSION)
    sign(folder, VERSION, KEY)
    return folder


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, firmware: Path) -> Iterator[TwinFarm]:
    boards = [BoardPlan(name=f"node-{unit}", line=LINE, unit_id=unit, serial=unit, pond="ao-1") for unit in (11, 12)]
    with twin_farm(tmp_path_factory.mktemp("farm"), firmware, *boards) as made:
        for unit in (11, 12):
            with client(made, LINE, unit) as node:
                change(node, update_key=public_text(KEY))
        yield made


def update(tool: Tool, farm: TwinFarm, release: Path, units: str) -> tuple[int, dict[str, object]]:
    port = str(farm.gateway_port(LINE))
    ended = tool.json("update", release, "--units", units, "--no-wait", "--port", port)
    return ended.code, ended.json


def test_a_foreign_signature_stops_at_the_first_node(tool: Tool, farm: TwinFarm, release: Path, tmp_path: Path) -> None:
    foreign = shutil.copytree(release, tmp_path / "foreign")
    sign(foreign, VERSION, OTHER)
    code, said = update(tool, farm, foreign, "11,12")
    assert (code, said["code"]) == (7, "E-NODE-13")
    for unit in (11, 12):
        with client(farm, LINE, unit) as node:
            assert node.identity().firmware != "9.0.1"


def test_a_damaged_release_goes_nowhere(tool: Tool, farm: TwinFarm, release: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(release, tmp_path / "damaged")
    file = damaged / read_release(release).paths[0]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    code, said = update(tool, farm, damaged, "11")
    assert (code, said["code"]) == (5, "E-IMAGE-61")


def test_a_cut_transfer_goes_on_where_it_stopped(farm: TwinFarm, release: Path) -> None:
    manifest = read_release(release).manifest
    assert len(manifest) > 3 * documents.CHUNK_BYTES
    there: list[int] = []

    def cut(bytes_there: int) -> None:
        there.append(bytes_there)
        if len(there) == 3:
            raise KeyboardInterrupt

    with client(farm, LINE, 12) as node:
        with pytest.raises(KeyboardInterrupt):
            node.send_document(DOCUMENT_MANIFEST, manifest, on_progress=cut)
        again: list[int] = []
        node.send_document(DOCUMENT_MANIFEST, manifest, on_progress=again.append)
        assert again[0] == there[-1] > 0
        assert node.transfer()["files"] == len(read_release(release).files)


def test_a_release_goes_to_one_node_after_another(tool: Tool, farm: TwinFarm, release: Path) -> None:
    code, said = update(tool, farm, release, "11,12")
    assert (code, said["updated"]) == (0, [11, 12])
    for unit in (11, 12):
        with client(farm, LINE, unit) as node:
            assert node.identity().firmware == "9.0.1"
            assert (node.status()["slot"], node.status()["on_trial"]) == (1, 1)
    code, said = update(tool, farm, release, "11")
    assert (code, said["updated"]) == (0, [])


def test_a_farm_file_says_where_the_nodes_are(tmp_path: Path) -> None:
    farm_file = tmp_path / "farm.toml"
    farm_file.write_text(
        'id = "f"\n[[line]]\nid = "ponds"\nport = "/dev/x"\nbaud = 9600\n'
        '[[node]]\nid = "a"\nline = "ponds"\nunit = 11\n[[panel]]\nid = "p"\nline = "ponds"\nunit = 21\n'
    )
    (line,) = read_lines(farm_file)
    assert (line.port, line.baud, line.units) == ("/dev/x", 9600, (11, 21))
    farm_file.write_text("[[line]]\n")
    with pytest.raises(Trouble):
        read_lines(farm_file)
