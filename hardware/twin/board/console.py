"""The board's USB serial port: a pty for mpremote, pumped to the console of the firmware."""

import errno
import os
import selectors
import signal
import time
import tty
from pathlib import Path

from hardware.twin.board.rack import Rack

READ_SIZE = 4096
INPUT_LIMIT = 4096
TAIL_SIZE = 64
STALL_SECONDS = 1.0
INTERRUPT_SECONDS = 0.5

CTRL_A = b"\x01"
CTRL_C = b"\x03"
RAW_BANNER = b"raw REPL; CTRL-B to exit"
FRIENDLY_BANNER = b'Type "help()" for more information'
PROMPTS = (b">>> ", b"\x04>", RAW_BANNER + b"\r\n>")


def open_pty() -> tuple[int, int]:
    """Open a raw pty whose master does not block."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave


def is_executing(process_id: int) -> bool:
    """Return whether MicroPython runs code: only then it catches SIGINT."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return False
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << signal.SIGINT - 1)


class Console:
    """Pumps bytes between the USB client and the console of the running firmware."""

    def __init__(self, rack: Rack, link: Path) -> None:
        self.raw_mode = False
        self._rack = rack
        self._link = link
        self._usb, slave = open_pty()
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        os.close(slave)  # the slave stays closed: reading then tells whether a client is there
        self._client_present = False
        self._client_stalled = False
        self._child = -1
        self._process_id = -1
        self._enter_raw = False
        self._held_until = 0.0
        self._stalled_at = 0.0
        self._input = b""
        self._output = b""
        self._tail = b""

    def close(self) -> None:
        """Remove the USB port."""
        self.disconnect()
        self._rack.unwatch(self._usb)
        os.close(self._usb)
        self._link.unlink(missing_ok=True)

    def connect(self, master: int, process_id: int, enter_raw: bool) -> None:
        """Take over the console of a new process; input is held until release()."""
        self._child = master
        self._process_id = process_id
        self._enter_raw = enter_raw
        self._held_until = float("inf")
        self._tail = b""
        self._rack.watch(master, selectors.EVENT_READ, self._read_child)

    def disconnect(self) -> None:
        """Pass on the last output and let go of the process."""
        if self._child < 0:
            return
        self._drain_child()
        self._drop_child()

    def release(self) -> None:
        """Let input through: the firmware is ready for it."""
        if self._child >= 0 and self._held_until == float("inf") and not self._enter_raw:
            self._held_until = 0.0
            self._deliver()

    def print(self, text: bytes) -> None:
        """Write to the USB client on behalf of the board."""
        self._emit(text)

    def tick(self, now: float) -> None:
        """Notice clients that come, stop reading or get no answer to an interrupt."""
        if not self._client_present:
            self._read_client()
        if self._output and now - self._stalled_at > STALL_SECONDS:
            self._discard_output()
        if self._input and now >= self._held_until:
            self._deliver()

    def _read_client(self) -> None:
        try:
            data = os.read(self._usb, READ_SIZE)
        except BlockingIOError:
            data = b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._forget_client()
            return
        self._client_present = True
        self._input += data
        self._deliver()
        self._watch_client()

    def _forget_client(self) -> None:
        self._client_present = False
        self._rack.unwatch(self._usb)
        self._discard_output()

    def _watch_client(self) -> None:
        reading = selectors.EVENT_READ if len(self._input) < INPUT_LIMIT else 0
        writing = selectors.EVENT_WRITE if self._output else 0
        if reading | writing:
            self._rack.watch(self._usb, reading | writing, self._serve_client)
        else:
            self._rack.unwatch(self._usb)

    def _serve_client(self) -> None:
        if self._output:
            self._flush_output()
        if len(self._input) < INPUT_LIMIT:
            self._read_client()

    def _deliver(self) -> None:
        if time.monotonic() < self._held_until or self._child < 0:
            return
        if CTRL_C in self._input and is_executing(self._process_id):
            self._interrupt()
            return
        try:
            sent = os.write(self._child, self._input) if self._input else 0
        except OSError:
            sent = 0
        self._input = self._input[sent:]

    def _interrupt(self) -> None:
        self._input = self._input.split(CTRL_C, 1)[1]
        self._held_until = time.monotonic() + INTERRUPT_SECONDS
        os.kill(self._process_id, signal.SIGINT)

    def _read_child(self) -> None:
        try:
            data = os.read(self._child, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            self._rack.unwatch(self._child)
            return
        self._track(data)
        self._emit(data)

    def _drain_child(self) -> None:
        while True:
            try:
                data = os.read(self._child, READ_SIZE)
            except OSError:
                return
            self._track(data)
            self._emit(data)

    def _drop_child(self) -> None:
        self._rack.unwatch(self._child)
        os.close(self._child)
        self._child = -1

    def _track(self, data: bytes) -> None:
        seen = self._tail + data
        raw, friendly = seen.rfind(RAW_BANNER), seen.rfind(FRIENDLY_BANNER)
        if raw != friendly:
            self.raw_mode = raw > friendly
        self._tail = seen[-TAIL_SIZE:]
        if self._tail.endswith(PROMPTS):
            self._prompt_seen()

    def _prompt_seen(self) -> None:
        if self._enter_raw:
            self._enter_raw = False
            os.write(self._child, CTRL_A)
        elif self._held_until:
            self._held_until = 0.0
            self._deliver()

    def _emit(self, data: bytes) -> None:
        if not self._client_present:
            return
        self._output += data
        self._flush_output()

    def _flush_output(self) -> None:
        try:
            sent = os.write(self._usb, self._output)
            self._client_stalled = False
        except BlockingIOError:
            sent = 0
        except OSError:
            self._forget_client()
            return
        self._output = self._output[sent:]
        if self._output and self._client_stalled:
            self._output = b""
        self._apply_back_pressure()

    def _apply_back_pressure(self) -> None:
        if self._output:
            self._stalled_at = time.monotonic()
            self._rack.unwatch(self._child)
        elif self._child >= 0:
            self._rack.watch(self._child, selectors.EVENT_READ, self._read_child)
        self._watch_client()

    def _discard_output(self) -> None:
        self._output = b""
        self._client_stalled = True
        if self._child >= 0:
            self._rack.watch(self._child, selectors.EVENT_READ, self._read_child)
