"""A virtual ESP32: runs MicroPython firmware in a process and plays the hardware around it."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from hardware.twin.board import layout
from hardware.twin.board.bus import Bus
from hardware.twin.board.console import Console, open_pty
from hardware.twin.board.layout import CutMode, Request, ResetCause
from hardware.twin.board.rack import TICK_SECONDS, Rack
from hardware.twin.board.shared import BoardState, I2cBus, ensure_file
from hardware.twin.board.tools import find_micropython, heap_bytes, prepare_shim

BOOT_CODE = "__import__('_boot').start(globals())"
UART_IDS = (0, 1, 2)


@dataclass(frozen=True)
class Status:
    """What the supervisor knows about a board."""

    running: bool = False
    boots: int = 0
    last_exit: str = ""
    reset_cause: ResetCause = ResetCause.PWRON_RESET
    process_id: int | None = None


class Watchdog:
    """Decides whether the feed counter stood still for too long."""

    def __init__(self, state: BoardState) -> None:
        self._state = state
        self._feeds = 0
        self._age = 0.0
        self._checked_at = 0.0

    def disarm(self) -> None:
        """Forget the watchdog, as every hard reset does."""
        self._state.set_word(layout.WDT_TIMEOUT, 0)
        self._age = 0.0

    def has_bitten(self, now: float) -> bool:
        """Return whether time is up; pauses of the host itself do not count."""
        elapsed = min(now - self._checked_at, 10 * TICK_SECONDS)
        self._checked_at = now
        feeds = self._state.word(layout.WDT_FEEDS)
        timeout = self._state.word(layout.WDT_TIMEOUT) / 1000
        self._age = 0.0 if feeds != self._feeds or not timeout else self._age + elapsed
        self._feeds = feeds
        return bool(timeout) and self._age > timeout


class QuietLine:
    """Stand-in for an absent UART pty: a FIFO on which the firmware sleeps until poked."""

    def __init__(self, directory: Path, state: BoardState, uart: int) -> None:
        self._link = directory / f"uart{uart}"
        self._flag = layout.UART_WAITING + uart
        self._state = state
        path = directory / f"uart{uart}.quiet"
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def close(self) -> None:
        """Release the FIFO."""
        os.close(self._descriptor)

    def tick(self) -> None:
        """Wake the firmware when the pty it waits for is there."""
        if self._state.byte(self._flag) and self._link.exists():
            self._state.set_byte(self._flag, 0)
            os.write(self._descriptor, b"!")


# A board dies with its console, also where the whole twin was started by nohup.
HANGS_UP = ["env", "--default-signal=HUP"]


class Board:
    """One virtual board in a directory of its own, served by a rack; `heap_size` is what the firmware finds free at boot."""

    def __init__(
        self,
        rack: Rack,
        directory: Path,
        *,
        heap_size: str = "160k",
        unique_id: bytes = b"\x02\0\0\0\0\x01",
    ) -> None:
        self.directory = directory.resolve()
        self._rack = rack
        self._heap_size = heap_size
        self._unique_id = unique_id
        self.bus = Bus()
        self._status = Status()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def status(self) -> Status:
        """Return a snapshot of the board's state."""
        return self._status

    @property
    def usb(self) -> str:
        """Return the /dev/pts path for mpremote."""
        return str((self.directory / "usb").readlink())

    def start(self) -> None:
        """Create the board's files and ports and switch the power on."""
        with self._rack.lock:
            self._open()
            self._rack.add_ticker(self._tick)
            self.power_on()

    def stop(self) -> None:
        """Switch off and leave neither a process nor a pty behind."""
        with self._rack.lock:
            self._switch_off("stopped")
            self._rack.remove_ticker(self._tick)
            self._close()

    def reset(self) -> None:
        """Press the reset button."""
        with self._rack.lock:
            self._restart(ResetCause.HARD_RESET, "reset button")

    def power_cut(self) -> None:
        """Take the power away; the board stays off."""
        with self._rack.lock:
            self._switch_off("power cut")

    def power_on(self) -> None:
        """Switch the power on unless it is."""
        with self._rack.lock:
            if not self._status.running:
                self._spawn(ResetCause.PWRON_RESET, run_main=True)

    def cut_power_after(self, operations: int, mode: CutMode = CutMode.HALF) -> None:
        """Let the power fail in the n-th flash operation from now; 0 cancels."""
        self._state.set_byte(layout.CUT_MODE, mode)
        self._state.set_word(layout.CUT_COUNTDOWN, operations)

    def flash_operations(self) -> int:
        """Return the number of program and erase operations so far."""
        return self._state.word(layout.FLASH_OPERATIONS)

    def level(self, pin: int) -> int:
        """Return the level of a GPIO."""
        return self._state.byte(layout.LEVELS + pin)

    def set_level(self, pin: int, level: int) -> None:
        """Drive a GPIO from outside."""
        self._state.set_byte(layout.LEVELS + pin, level)

    def set_adc_uv(self, pin: int, microvolts: int) -> None:
        """Apply a voltage to an analogue input."""
        self._state.set_word(layout.ADC + 4 * pin, microvolts)

    def i2c_set(self, address: int, register: int, data: bytes, width: int = 1) -> None:
        """Store register bytes of an I2C device, which is present from now on."""
        self._i2c.set(address, register, data, width)

    def i2c_get(self, address: int, register: int, size: int) -> bytes:
        """Return register bytes of an I2C device."""
        return self._i2c.get(address, register, size)

    def i2c_remove(self, address: int) -> None:
        """Unplug an I2C device."""
        self._i2c.remove(address)

    def _open(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._shim = prepare_shim(self.directory / "shim")
        ensure_file(self.directory / "flash.img", layout.FLASH_SIZE, b"\xff")
        ensure_file(self.directory / "rtc.bin", layout.RTC_SIZE)
        self._state = BoardState(self.directory / "pins.bin")
        self._state.set_unique_id(self._unique_id)
        self._i2c = I2cBus(self.directory / "i2c.bin")
        self.bus.open(self._rack, self.directory, self._i2c)
        self._watchdog = Watchdog(self._state)
        self._quiet = [QuietLine(self.directory, self._state, uart) for uart in UART_IDS]
        self._heap = heap_bytes(self._heap_size, self.directory, self._shim)
        self._console = Console(self._rack, self.directory / "usb")

    def _close(self) -> None:
        self._console.close()
        for line in self._quiet:
            line.close()
        self.bus.close()
        self._i2c.close()
        self._state.close()

    def _tick(self, now: float) -> None:
        self._console.tick(now)
        if self._process is None:
            return
        if self._state.byte(layout.READY):
            self._console.release()
        for line in self._quiet:
            line.tick()
        self._check_process(self._process, now)

    def _check_process(self, process: subprocess.Popen[bytes], now: float) -> None:
        request = self._state.byte(layout.REQUEST)
        if request == Request.RESET:
            self._restart(ResetCause.HARD_RESET, "machine.reset")
        elif request == Request.POWER_CUT:
            self._switch_off("power cut in flash operation")
        elif self._watchdog.has_bitten(now):
            self._restart(ResetCause.WDT_RESET, "watchdog")
        elif process.poll() is not None:
            self._process_ended(process.returncode)

    def _process_ended(self, code: int) -> None:
        if code < 0:
            self._restart(ResetCause.HARD_RESET, f"crash by signal {-code}")
        else:
            self._soft_reset(code)

    def _soft_reset(self, code: int) -> None:
        self._end_process(f"soft reset, exit code {code}")
        self._console.print(b"MPY: soft reboot\r\n")
        self._spawn(ResetCause.SOFT_RESET, run_main=not self._console.raw_mode)

    def _restart(self, cause: ResetCause, reason: str) -> None:
        self._end_process(reason)
        self._console.raw_mode = False
        self._watchdog.disarm()
        self._state.release_outputs()
        self._spawn(cause, run_main=True)

    def _switch_off(self, reason: str) -> None:
        if not self._status.running:
            return
        self._end_process(reason)
        self._console.raw_mode = False
        self._watchdog.disarm()
        self._state.clear_pins()
        self._state.set_word(layout.CUT_COUNTDOWN, 0)
        (self.directory / "rtc.bin").write_bytes(bytes(layout.RTC_SIZE))

    def _end_process(self, reason: str) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._console.disconnect()
        self._status = replace(self._status, running=False, last_exit=reason, process_id=None)

    def _spawn(self, cause: ResetCause, run_main: bool) -> None:
        self._state.prepare_boot(cause)
        master, slave = open_pty()
        self._process = subprocess.Popen(
            [*HANGS_UP, find_micropython(), "-X", f"heapsize={self._heap}", "-i", "-c", BOOT_CODE],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self._environment(run_main),
            start_new_session=True,
        )
        os.close(slave)
        self._console.connect(master, self._process.pid, enter_raw=not run_main)
        self._status = Status(True, self._status.boots + 1, self._status.last_exit, cause, self._process.pid)

    def _environment(self, run_main: bool) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if key != "HOME"}
        environment["BOARD_DIRECTORY"] = str(self.directory)
        environment["BOARD_RUN_MAIN"] = "1" if run_main else "0"
        environment["MICROPYPATH"] = f"{self._shim}:.frozen"
        return environment
