"""Puts files on a board's flash before it boots, as the factory's programmer would."""

import os
import shutil
import subprocess
from pathlib import Path

from hardware.twin.board import layout
from hardware.twin.board.shared import BoardState, ensure_file
from hardware.twin.board.tools import find_micropython, prepare_shim


def install(directory: Path, image: Path, once: dict[str, bytes]) -> None:
    """Copy the folder `image` to the flash of the board in `directory`; files of `once` only where there are none.

    Its `main.py` and `lib` are also what the board's interpreter carries frozen within itself.
    Raises subprocess.CalledProcessError with the interpreter's words when the flash refuses.
    """
    directory.mkdir(parents=True, exist_ok=True)
    shim = prepare_shim(directory / "shim")
    ensure_file(directory / "flash.img", layout.FLASH_SIZE, b"\xff")
    BoardState(directory / "pins.bin").close()
    freeze(directory, image)
    folder = directory / "install"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(image, folder)
    (folder / "once").mkdir()
    for name, data in once.items():
        (folder / "once" / name).write_bytes(data)
    environment = {**os.environ, "BOARD_DIRECTORY": str(directory.resolve()), "MICROPYPATH": f"{shim}:.frozen"}
    subprocess.run(
        [find_micropython(), "-c", "__import__('_install').run()"],
        env=environment,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    shutil.rmtree(folder)


def freeze(directory: Path, image: Path) -> None:
    """Make `main.py` and `lib` of `image` part of the board's interpreter."""
    frozen = directory / "frozen"
    shutil.rmtree(frozen, ignore_errors=True)
    if (image / "lib").is_dir():
        shutil.copytree(image / "lib", frozen / "lib")
        shutil.copy(image / "main.py", frozen / "main.py")
