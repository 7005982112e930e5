"""Who holds a serial port: read from /proc, as far as we may."""

from dataclasses import dataclass
from pathlib import Path

# Services that take every new serial port, and the command that stops each for good.
SERVICES = {
    "brltty": "sudo apt remove brltty",
    "ModemManager": "sudo systemctl disable --now ModemManager",
}


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A process that has the port open."""

    pid: int
    name: str

    @property
    def service(self) -> bool:
        """True for a service that grabs ports by itself."""
        return self.name in SERVICES

    @property
    def mend(self) -> str:
        """The command that frees the port."""
        return SERVICES.get(self.name, f"kill {self.pid}")


def holders(device: str, proc: Path = Path("/proc")) -> list[Holder]:
    """The processes that have the device open; those of other users are seen by root only."""
    target = Path(device).resolve()
    found = []
    for process in sorted(proc.glob("[0-9]*")):
        if any(_points_at(link, target) for link in _links(process / "fd")):
            found.append(Holder(pid=int(process.name), name=_name(process)))
    return found


def running(names: frozenset[str], proc: Path = Path("/proc")) -> list[Holder]:
    """The running processes with one of these names."""
    every = (Holder(pid=int(process.name), name=_name(process)) for process in sorted(proc.glob("[0-9]*")))
    return [holder for holder in every if holder.name in names]


def _links(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _points_at(link: Path, target: Path) -> bool:
    try:
        return link.readlink() == target
    except OSError:
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
