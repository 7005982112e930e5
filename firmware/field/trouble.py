"""What can go wrong, by code: the family of a code is the exit code of the process."""

from typing import Any

DONE = 0
CHECK_FAILED = 1
USAGE = 2
INTERRUPTED = 9
BUG = 10
EXIT_CODES = {
    "USAGE": USAGE,
    "PORT": 3,
    "BOARD": 4,
    "IMAGE": 5,
    "LINE": 6,
    "NODE": 7,
    "FILE": 8,
    "STOP": INTERRUPTED,
    "TOOL": BUG,
}


class Trouble(Exception):
    """Something the technician can mend: `Trouble("E-PORT-02", port=...)`; cause and next step come from the catalogues.

    `detail` is for the log file only.
    """

    def __init__(self, code: str, detail: str = "", **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.values = values

    @property
    def exit_code(self) -> int:
        """The exit code of the code's family."""
        return EXIT_CODES[self.code.split("-")[1]]

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.code} {shown} {self.detail}".strip()
