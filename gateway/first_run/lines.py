"""What hangs on this computer's serial lines: every adapter, every board that answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from firmware.field.node_client import NodeClient
from firmware.field.scan import Found, open_line, scan
from firmware.field.trouble import Trouble
from hardware.registers import ACTION_IDENTIFY, ROLE_PANEL

BAUDS = (19200, 9600, 115200)
UNITS = range(1, 61)
BY_ID = Path("/dev/serial/by-id")
NAMED = Path("/dev/pondkeeper")
BUILT_IN = ("/dev/ttyAMA0", "/dev/serial0")

Progress = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Board:
    """One board of ours that answered, or what else did: `trouble` is then "clash" or "stranger"."""

    port: str
    baud: int
    unit: int
    hardware_id: str = ""
    panel: bool = False
    aerators: int = 0
    firmware: str = ""
    trouble: str = ""

    @property
    def key(self) -> str:
        """Tells boards of one farm apart."""
        return f"{self.port} {self.unit}"


def ports(folders: Iterable[Path] = (NAMED, BY_ID), built_in: Iterable[str] = BUILT_IN) -> list[str]:
    """Paths of adapters that survive replugging, then the built-in ports; one device is listed once."""
    found: dict[str, str] = {}
    candidates = [path for folder in folders for path in sorted(folder.glob("*"))]
    for path in (*candidates, *(Path(name) for name in built_in)):
        if path.exists():
            found.setdefault(str(path.resolve()), str(path))
    return list(found.values())


def look_at(port: str, on_progress: Progress = lambda _: None, units: Iterable[int] = UNITS) -> list[Board]:
    """Every board on a line, at the first speed at which somebody answers; Trouble when the port cannot be used.

    `on_progress` hears the share of the work that is done; a line on which nobody answers takes 5 s a speed.
    """
    asked = list(units)
    for nth, baud in enumerate(BAUDS):

        def told(done: int, before: int = nth) -> None:
            on_progress((before + done / len(asked)) / len(BAUDS))

        with open_line(port, baud) as rtu:
            found = scan(rtu, asked, told)
        if any(one.identity for one in found):
            return [_board(port, baud, one) for one in found]
    return []


def blink(board: Board) -> None:
    """Make the board's lamp blink; Trouble when it does not answer."""
    with open_line(board.port, board.baud) as rtu:
        NodeClient(rtu, board.unit).action(ACTION_IDENTIFY)


def _board(port: str, baud: int, found: Found) -> Board:
    identity = found.identity
    if found.clash or identity is None:
        trouble = "clash" if found.clash else "stranger"
        return Board(
            port=port, baud=baud, unit=found.unit_id, hardware_id=", ".join(found.hardware_ids), trouble=trouble
        )
    return Board(
        port=port,
        baud=baud,
        unit=found.unit_id,
        hardware_id=identity.hardware_id,
        panel=identity.role == ROLE_PANEL,
        aerators=identity.aerators,
        firmware=identity.firmware,
    )


__all__ = ["Board", "Trouble", "blink", "look_at", "ports"]
