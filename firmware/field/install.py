"""`install`: the application onto a board by cable; only what differs is sent."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from firmware.build import BuildError, build
from firmware.field import ports
from firmware.field.board import Board
from firmware.field.frame import Screen, run
from firmware.field.text import words
from firmware.field.trouble import Trouble
from firmware.node.settings import Settings

OWN_FOLDERS = ("/lib/", "/a/")
KEPT = ("/settings", "/cal/", "/log/", "/errors", "/b/")
SETTINGS_FILES = ("settings.json", "settings.old")
MANIFEST = "/a/manifest"
LAST = (MANIFEST, "/main.py")
CHOOSE_FIRST_SLOT = """
try:
    from esp32 import NVS
    nvs = NVS('pondkeeper')
    nvs.set_i32('slots', 0)
    nvs.commit()
except ImportError:
    pass
"""


def register(app: typer.Typer) -> None:
    """Add `install`."""

    @app.command("install", help=words("install.help"))
    def install(
        port: Annotated[str | None, typer.Option("--port", help=words("frame.option.port"))] = None,
        firmware: Annotated[Path | None, typer.Option("--firmware", help=words("install.option.firmware"))] = None,
        update_key: Annotated[
            Path | None, typer.Option("--update-key", help=words("install.option.update_key"))
        ] = None,
    ) -> None:
        def work(screen: Screen) -> None:
            key = None if update_key is None else public_key(update_key)
            wanted = tree(firmware or _built())
            with Board(ports.choose(port)) as board:
                put(screen, board, wanted)
                board.run(CHOOSE_FIRST_SLOT)
                if key is not None:
                    write_update_key(board, key)
                board.reset()
            screen.passed("install.done", port=board.port)

        run(work)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a firmware folder by its path on the board."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not (folder / "main.py").is_file():
        raise Trouble("E-IMAGE-07", folder=folder)
    return {"/" + file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def put(screen: Screen, board: Board, wanted: dict[str, bytes]) -> None:
    """Make the board's own folders equal to `wanted`.

    The manifest is removed first and written last, so that a slot that has one is whole.
    """
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in wanted.items()}
    changed, stale = differences(board.digests(KEPT), digests)
    gone = [MANIFEST, *stale] if MANIFEST in changed else stale
    board.run(f"for p in {gone!r}: remove(p)")
    sent = 0

    def add(size: int) -> None:
        nonlocal sent
        sent += size
        show(sent)

    with screen.progress(sum(len(wanted[path]) for path in changed) or 1, "install.sending", n=len(changed)) as show:
        for path in changed:
            board.write(path, wanted[path], digests[path], add)
    screen.say("install.sent", sent=len(changed), same=len(wanted) - len(changed), removed=len(stale))
    screen.result({"port": board.port, "sent": changed, "same": len(wanted) - len(changed), "removed": stale})


def differences(there: dict[str, str], wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    """What to send, in order, and what to remove, from the digests on the board and those that are wanted."""
    stale = sorted(
        path for path in there if path not in wanted and (path.startswith(OWN_FOLDERS) or path.endswith(".new"))
    )
    changed = {path for path in wanted if there.get(path) != wanted[path]}
    if MANIFEST in wanted and any(path.startswith("/a/") for path in [*changed, *stale]):
        changed.add(MANIFEST)
    return sorted(changed, key=lambda path: (LAST.index(path) if path in LAST else -1, path)), stale


def public_key(path: Path) -> str:
    """The 64 hexadecimal digits of an Ed25519 public key file, PEM or bare digits."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Trouble("E-FILE-11", path=path, problem=error.strerror) from error
    try:
        raw = _from_pem(data) if data.startswith(b"-----") else bytes.fromhex(data.decode().strip())
    except ValueError as error:
        raise Trouble("E-FILE-13", path=path) from error
    if len(raw) != 32:
        raise Trouble("E-FILE-13", path=path)
    return raw.hex()


def write_update_key(board: Board, key: str) -> None:
    """Put the key into the board's settings and leave every other setting as it is."""
    with tempfile.TemporaryDirectory() as folder:
        for name in SETTINGS_FILES:
            data = board.read(f"/{name}")
            if data is not None:
                (Path(folder) / name).write_bytes(data)
        settings = Settings(folder + "/")
        settings.load()
        if settings.update_key == key:  # type: ignore[attr-defined]
            return
        settings.update_key = key  # type: ignore[attr-defined]
        settings.save()
        for name in reversed(SETTINGS_FILES):
            file = Path(folder) / name
            if file.exists():
                board.write(f"/{name}", file.read_bytes(), hashlib.sha256(file.read_bytes()).hexdigest())


def _from_pem(data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(data)
    return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else b""


def _built() -> Path:
    """The firmware of this version, compiled into the cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path("~/.cache").expanduser()) / "pondkeeper/firmware"
    try:
        build(folder)
    except BuildError as error:
        raise Trouble("E-IMAGE-08", problem=error) from error
    except OSError as error:
        raise Trouble("E-FILE-12", path=folder, problem=error.strerror) from error
    return folder
