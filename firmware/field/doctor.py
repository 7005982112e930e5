"""`doctor`: from the USB plug to the RS-485 line, what is in order and the command that mends what is not."""

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from firmware.field import ports
from firmware.field.doors import Door, open_door
from firmware.field.frame import Screen, run
from firmware.field.holders import SERVICES, holders, running
from firmware.field.rtu import NoAnswer, Refused, Rtu
from firmware.field.text import words
from firmware.field.trouble import Trouble
from firmware.field.usb import Device, devices
from hardware.registers import IDENTITY

BAUDS = (19200, 9600, 115200, 38400, 57600, 4800)
DRIVER_THAT_TAKES_PORTS = "usbfs"  # a program in user space has the device, and the kernel's driver had to leave


def register(app: typer.Typer) -> None:
    """Add `doctor`."""

    @app.command("doctor", help=words("doctor.help"))
    def doctor(
        port: Annotated[str | None, typer.Option("--port", help=words("doctor.option.port"))] = None,
        line: Annotated[str | None, typer.Option("--line", help=words("doctor.option.line"))] = None,
        unit: Annotated[int, typer.Option("--unit", min=1, max=247, help=words("doctor.option.unit"))] = 1,
        sysfs: Annotated[Path, typer.Option("--sysfs", hidden=True)] = Path("/sys"),
        proc: Annotated[Path, typer.Option("--proc", hidden=True)] = Path("/proc"),
        dev: Annotated[Path, typer.Option("--dev", hidden=True)] = Path("/dev"),
    ) -> None:
        def work(screen: Screen) -> None:
            steps = Steps(screen)
            if line is not None:
                steps.take("doctor.line", lambda: line_answers(line, unit), port=line, unit=unit)
            else:
                for device in _plugged(steps, port, sysfs, proc):
                    examine(steps, str(dev / device), proc)
            steps.conclude()

        run(work)


class Steps:
    """The checks so far: each is shown at once, and a trouble does not keep the next from being made."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._done: list[dict[str, object]] = []
        self._code: str | None = None

    def take(self, key: str, check: Callable[[], object], **values: object) -> bool:
        """Make one check; True when nothing is wrong."""
        try:
            check()
        except Trouble as trouble:
            cause, step = self._screen.words_of(trouble)
            self._note(key, ok=False, code=trouble.code, cause=cause, next=step, **values)
            self._screen.trouble(trouble)
            return False
        self._note(key, ok=True, **values)
        self._screen.say("doctor.fine", what=self._screen.text(key, **values))
        return True

    def _note(self, key: str, **values: object) -> None:
        self._done.append({"check": key.split(".")[1], **values})

    def conclude(self) -> None:
        """A large PASS or FAIL over all of them."""
        bad = [step for step in self._done if not step["ok"]]
        self._screen.result({"checks": self._done})
        if bad:
            self._screen.failed("doctor.bad", n=len(bad))
        else:
            self._screen.passed("doctor.good")


def _plugged(steps: Steps, port: str | None, sysfs: Path, proc: Path) -> Iterator[str]:
    """The names of the ports to look at."""
    if port is not None:
        yield Path(port).name if Path(port).parent == Path("/dev") else port
        return
    found = devices(sysfs)
    steps.take("doctor.usb", lambda: _any(found), names=", ".join(device.bridge for device in found))
    for device in found:
        if steps.take("doctor.driver", functools.partial(driven, device, proc), bridge=device.bridge) and device.port:
            yield device.port


def _any(found: list[Device]) -> None:
    if not found:
        raise Trouble("E-PORT-01")


def driven(device: Device, proc: Path) -> None:
    """A bridge without a port has no driver, or one that somebody took away from it."""
    if device.port is not None:
        return
    thieves = running(frozenset({"brltty"}), proc)
    if device.driver == DRIVER_THAT_TAKES_PORTS and thieves:
        raise ports.held(device.bridge, thieves[0])
    raise Trouble("E-PORT-09", bridge=device.bridge, module=device.module)


def examine(steps: Steps, device: str, proc: Path) -> None:
    """One port: is it there, may we use it, does anybody else?"""
    if not steps.take("doctor.there", lambda: there(device), port=device):
        return
    allowed = steps.take("doctor.allowed", lambda: permitted(device), port=device)
    free = steps.take("doctor.free", lambda: unheld(device, proc), port=device)
    steps.take("doctor.services", lambda: no_grabber(proc), names=", ".join(SERVICES))
    if allowed and free:
        steps.take("doctor.opens", lambda: ports.claim(device, proc), port=device)


def there(device: str) -> None:
    """The port exists."""
    if not Path(device).exists():
        raise Trouble("E-PORT-03", port=device)


def permitted(device: str) -> None:
    """This account may read and write it."""
    if not os.access(device, os.R_OK | os.W_OK):
        raise ports.no_permission(device)


def unheld(device: str, proc: Path) -> None:
    """No other process has it open."""
    others = [holder for holder in holders(device, proc) if holder.pid != os.getpid()]
    if others:
        raise ports.held(device, others[0])


def no_grabber(proc: Path) -> None:
    """No service runs that grabs serial ports when they appear."""
    for holder in running(frozenset(SERVICES), proc):
        raise Trouble("E-PORT-10", name=holder.name, pid=holder.pid, mend=holder.mend)


def line_answers(port: str, unit: int, open_at: Callable[[str, int], Door] = open_door) -> int:
    """The baud rate at which the unit answers; Trouble tells senseless bytes (A and B swapped) from silence."""
    heard = False
    for baud in BAUDS:
        rtu = Rtu(open_at(port, baud))
        try:
            rtu.read(unit, IDENTITY.address, 2, retries=1)
            return baud
        except Refused:
            return baud
        except NoAnswer as trouble:
            heard = heard or trouble.heard
        finally:
            rtu.close()
    raise Trouble("E-LINE-11" if heard else "E-LINE-12", unit=unit, port=port)
