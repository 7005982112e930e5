"""Serial ports: boards found by their USB id, ports opened for us alone, and what stands in the way."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import serial
from serial.tools import list_ports

from firmware.field.holders import Holder, holders
from firmware.field.trouble import Trouble

# USB ids of the serial bridges on ESP32 boards and of the chips' own USB; any product of the maker where it is None.
BOARD_IDS: dict[tuple[int, int | None], str] = {
    (0x10C4, 0xEA60): "CP210x",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x5523): "CH341",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6015): "FT231X",
    (0x303A, None): "Espressif",
}


class Listed(Protocol):
    """What pyserial tells of a port."""

    device: str
    vid: int | None
    pid: int | None


Lister = Callable[[], Iterable[Listed]]


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port where a board may answer, and the chip that carries its bytes."""

    device: str
    bridge: str


def bridge(vid: int | None, pid: int | None) -> str | None:
    """The name of a serial bridge by its USB id; None for anything that is no board."""
    if vid is None or pid is None:
        return None
    return BOARD_IDS.get((vid, pid)) or BOARD_IDS.get((vid, None))


def boards(lister: Lister = list_ports.comports) -> list[Port]:
    """Every port with the USB id of a board; a port without USB id (ttyS0) is never touched."""
    found = [(port.device, bridge(port.vid, port.pid)) for port in lister()]
    return [Port(device=device, bridge=name) for device, name in sorted(found) if name]


def choose(wanted: str | None, lister: Lister = list_ports.comports) -> str:
    """The port to work on: the wanted one, else the only board there is; Trouble says why there is none."""
    if wanted is not None:
        return wanted
    found = boards(lister)
    if not found:
        raise Trouble("E-PORT-01")
    if len(found) > 1:
        raise Trouble("E-PORT-02", ports=", ".join(port.device for port in found), port=found[0].device)
    return found[0].device


def claim(device: str, proc: Path = Path("/proc")) -> None:
    """Prove that the port can be opened by us alone; Trouble names what stands in the way."""
    try:
        serial.Serial(device, exclusive=True).close()
    except (OSError, ValueError) as error:
        raise port_trouble(device, error, proc) from error


def port_trouble(device: str, error: Exception, proc: Path = Path("/proc")) -> Trouble:
    """What a failed opening means."""
    if not Path(device).exists():
        return Trouble("E-PORT-03", port=device)
    if not os.access(device, os.R_OK | os.W_OK):
        return no_permission(device)
    others = [holder for holder in holders(device, proc) if holder.pid != os.getpid()]
    return held(device, others[0]) if others else Trouble("E-PORT-07", port=device, detail=str(error))


def no_permission(device: str) -> Trouble:
    """This account may not use the port."""
    return Trouble("E-PORT-04", port=device, group=group_of(device), user=_user())


def held(device: str, holder: Holder) -> Trouble:
    """The port is in the hands of another process."""
    if holder.service:
        return Trouble("E-PORT-06", port=device, name=holder.name, pid=holder.pid, mend=holder.mend)
    return Trouble("E-PORT-05", port=device, name=holder.name, pid=holder.pid, mend=holder.mend)


def group_of(device: str) -> str:
    """The group that may use the port."""
    try:
        return Path(device).group()
    except (OSError, KeyError):
        return "dialout"


def _user() -> str:
    return os.environ.get("USER", "$USER")
