"""What is shipped to a board: bytecode alone, complete, without a door to any network; and releases that are signed."""

import ast
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import build, release
from firmware.inline import inlined
from firmware.node.ed25519 import verify
from firmware.node.manifest import Manifest
from hardware.registers import LIVE

VERSION = (1, 2, 3)


def rest() -> None:
    """The watchdog of a PC."""


def imports(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


def test_everything_shipped_is_bytecode_for_any_chip(firmware: Path) -> None:
    files = [path for path in firmware.rglob("*") if path.is_file()]
    others = {str(path.relative_to(firmware)) for path in files if path.suffix != ".mpy"}
    assert others == {"main.py", "a/manifest"}
    for path in files:
        if path.suffix == ".mpy":
            magic, version, features, small_int_bits = path.read_bytes()[:4]
            assert (magic, version, features >> 2) == (ord("M"), 6, 0), path
            assert small_int_bits <= 31, path


def test_the_base_holds_all_that_it_imports() -> None:
    names = {f"firmware.node.{name}" for name in build.BASE}
    names |= {"firmware.node.app", "firmware.node.settings"}  # which the starter takes from a slot
    for source in build.base_sources():
        for name in imports((build.ROOT / source).read_text()):
            if name.startswith("firmware.node.") and (build.ROOT / (name.replace(".", "/") + ".py")).exists():
                assert name in names, f"{source} imports {name}"


def test_nothing_on_the_board_opens_a_network() -> None:
    for source in [build.MAIN, *build.base_sources(), *build.application_sources()]:
        found = {name.split(".")[0] for name in imports((build.ROOT / source).read_text())}
        assert not found & {"network", "webrepl", "socket", "usocket", "bluetooth", "espnow"}, source


def test_the_manifest_names_every_file_of_the_application(firmware: Path) -> None:
    manifest = Manifest(str(firmware / "a/manifest"))
    assert manifest.judge(b"", rest) == 0
    assert manifest.judge_files(str(firmware / "a"), rest) == 0
    assert manifest.files == len(list((firmware / "a").rglob("*.mpy")))


def test_numbers_of_the_maps_become_literals() -> None:
    source = "from hardware.registers import BAD, LIVE\nfrom hardware import pins\nx = BAD + LIVE.repeat + pins.LINE_TX"
    tree = inlined(source)
    assert ast.unparse(tree) == f"x = 2 + {LIVE.repeat} + 17"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("release")
    text = release.new_key(folder / "key.pem")
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
    release.make_release(folder / "out", VERSION, folder / "key.pem")
    return folder / "out", bytes.fromhex(text)


def test_a_release_is_what_a_node_accepts(signed: tuple[Path, bytes]) -> None:
    folder, public = signed
    manifest = Manifest(str(folder / "manifest"))
    assert manifest.version == VERSION
    assert manifest.judge(public, rest) == 0
    assert manifest.judge_files(str(folder), rest) == 0


def test_no_byte_of_a_stored_manifest_can_change(signed: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, public = signed
    whole = (folder / "manifest").read_bytes()
    for at in (*range(20), *range(20, len(whole) - 150, 997), *range(len(whole) - 150, len(whole), 7)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x20 if at % 2 else 0x01
        (tmp_path / "manifest").write_bytes(damaged)
        assert not accepted(tmp_path / "manifest", public), at


def accepted(path: Path, public: bytes) -> bool:
    try:
        return Manifest(str(path)).judge(public, rest) == 0
    except ValueError:
        return False


def test_a_release_needs_a_key_and_a_new_place(signed: tuple[Path, bytes], tmp_path: Path) -> None:
    (tmp_path / "none").write_text("no key")
    with pytest.raises(release.ReleaseError, match="holds no key"):
        release.make_release(tmp_path / "out", VERSION, tmp_path / "none")
    with pytest.raises(release.ReleaseError, match="there already"):
        release.make_release(signed[0], VERSION, signed[0].parent / "key.pem")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 63), st.integers(0, 255))
def test_our_check_agrees_with_a_library_of_the_world(message: bytes, at: int, flip: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    changed = bytearray(private.sign(message))
    changed[at] ^= flip
    try:
        private.public_key().verify(bytes(changed), message)
        expected = True
    except InvalidSignature:
        expected = False
    assert verify(private.public_key().public_bytes_raw(), bytes(changed), [message], rest) is expected
