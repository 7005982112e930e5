# What MicroPython's build freezes into the interpreter image; README.md has the command.

include("$(PORT_DIR)/boards/manifest.py")  # type: ignore[name-defined]  # noqa: F821
freeze(".", "_boot.py")  # type: ignore[name-defined]  # noqa: F821
freeze_mpy("$(BASE_FOLDER)/lib")  # type: ignore[name-defined]  # noqa: F821
