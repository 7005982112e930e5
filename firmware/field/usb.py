"""USB devices as the kernel shows them in sysfs: serial bridges, their drivers and their ports."""

from dataclasses import dataclass
from pathlib import Path

from firmware.field.ports import bridge

# Kernel module of each bridge, for the command that loads it.
MODULES = {
    "CP210x": "cp210x",
    "CH340": "ch341",
    "CH341": "ch341",
    "FT232": "ftdi_sio",
    "FT2232": "ftdi_sio",
    "FT231X": "ftdi_sio",
}
OTHER_MODULE = "cdc_acm"


@dataclass(frozen=True, kw_only=True)
class Device:
    """One serial bridge on USB."""

    bridge: str
    driver: str | None
    port: str | None

    @property
    def module(self) -> str:
        """The kernel module that drives it."""
        return MODULES.get(self.bridge, OTHER_MODULE)


def devices(sysfs: Path = Path("/sys")) -> list[Device]:
    """Every serial bridge that is plugged in, with or without a driver."""
    found = []
    for folder in sorted((sysfs / "bus/usb/devices").glob("*")):
        name = bridge(_number(folder / "idVendor"), _number(folder / "idProduct"))
        if name is not None:
            found.append(Device(bridge=name, driver=_driver(folder), port=_port(folder)))
    return found


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        return None


def _driver(folder: Path) -> str | None:
    links = sorted(folder.glob("*:*/driver"))
    return links[0].resolve().name if links else None


def _port(folder: Path) -> str | None:
    names = [path.name for pattern in ("*:*/ttyUSB*", "*:*/tty/ttyACM*") for path in sorted(folder.glob(pattern))]
    return names[0] if names else None
