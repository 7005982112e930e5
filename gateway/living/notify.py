"""What systemd, or the process that started this one, wants to hear: a datagram on the socket it names (sd_notify)."""

import contextlib
import os
import socket

USUAL_WATCHDOG_S = 30.0


def notify(*words: str) -> None:
    """Say these words ("READY=1"); nothing happens where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        speaker.setblocking(False)
        speaker.sendto("\n".join(words).encode(), "\0" + address[1:] if address[0] == "@" else address)


def watchdog_s() -> float:
    """After how many seconds without food this process is killed; the usual time where nobody says."""
    try:
        return int(os.environ["WATCHDOG_USEC"]) / 1e6
    except (KeyError, ValueError):
        return USUAL_WATCHDOG_S
