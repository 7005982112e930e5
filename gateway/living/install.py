"""`install` and `uninstall`: the gateway as a part of the system, and the system without it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import typer

from gateway.living import units
from gateway.living.layer import Foreign, Layer
from gateway.living.system_files import DATA, FARM, system_files
from gateway.living.tls import Certificates, own_names, utc_now
from gateway.text import Text

VERSIONS = Path("/opt/pondkeeper/versions")
CURRENT = Path("/opt/pondkeeper/current")
TMPFILES = "pondkeeper.conf"
CANNOT = 1


def install_under(root: Path, farm: Path, dry_run: bool, words: Text) -> None:
    """Lay the files, make the certificates, set everything going; typer.Exit 1 when it cannot be done."""
    _must_be_root(root, dry_run, words)
    if not farm.is_absolute() or farm.parent.name != "pondkeeper":
        _end(words("install.folder", farm=farm, usual=FARM))
    if root == Path("/") and not dry_run:
        point_current(Path(sys.prefix))
    command = own_command()
    if hidden := hidden_folder(command):
        _end(words("install.hidden", folder=str(hidden), python=sys.executable))
    try:
        changed = Layer.of(root).lay(system_files(str(command), str(farm)), dry_run)
    except Foreign as error:
        _end(str(error))
    for path in changed:
        typer.echo(words("install.would" if dry_run else "install.laid", path=path))
    if dry_run:
        return
    Certificates(root / DATA[1:] / "tls").ensure(own_names(), utc_now())
    for step in steps(root):
        _run(step, words)
    typer.echo(words("install.done", host=own_names()[0]))


def uninstall_under(root: Path, dry_run: bool, words: Text) -> None:
    """Stop the services, take the files out; the data stays. typer.Exit 1 without the right to do it."""
    _must_be_root(root, dry_run, words)
    here = root == Path("/") and not dry_run
    if here:
        _run(["systemctl", "stop", "pondkeeper.target", *map(units.unit, units.SERVICES)], words)
    for path in Layer.of(root).take_out(dry_run):
        typer.echo(words("uninstall.would" if dry_run else "uninstall.gone", path=path))
    if here:
        for step in (["systemctl", "daemon-reload"], ["udevadm", "control", "--reload"], ["userdel", "pondkeeper"]):
            _run(step, words)
    if not dry_run:
        typer.echo(words("uninstall.done", data=DATA, farm=FARM))


def own_command() -> Path:
    """The pondkeeper-gateway of this Python; by the link that `upgrade` moves, where that is how it is run."""
    command = Path(sys.prefix) / "bin/pondkeeper-gateway"
    if command.is_relative_to(VERSIONS) and CURRENT.is_symlink():
        return CURRENT / "bin/pondkeeper-gateway"
    return command


def point_current(environment: Path) -> None:
    """The link that `upgrade` moves, where this version lies among the versions and there is no link yet."""
    if environment.parent == VERSIONS and not CURRENT.is_symlink():
        CURRENT.symlink_to(environment.relative_to(CURRENT.parent))


def hidden_folder(command: Path) -> Path | None:
    """A folder on the way to the command that the services' user cannot see; None when there is none."""
    for folder in reversed(command.parents):
        if folder == Path("/home") or (folder.is_dir() and not folder.stat().st_mode & 0o001):
            return folder
    return None


def steps(root: Path) -> list[list[str]]:
    """What makes the laid files work: all of it now, or for an image what can be done without its system running."""
    if root != Path("/"):
        return [["systemd-sysusers", f"--root={root}"], ["systemd-tmpfiles", "--create", f"--root={root}", TMPFILES]]
    return [
        ["systemd-sysusers"],
        ["systemd-tmpfiles", "--create", TMPFILES],
        ["udevadm", "control", "--reload"],
        ["udevadm", "trigger", "--subsystem-match=tty", "--subsystem-match=usb-serial"],
        ["systemctl", "daemon-reexec"],
        ["systemctl", "restart", "systemd-journald"],
        ["systemctl", "daemon-reload"],
        ["systemctl", "restart", *map(units.unit, units.SERVICES), "pondkeeper.target"],
    ]


def _run(step: list[str], words: Text) -> None:
    """One step; what fails is said with the command, and the next steps are taken all the same."""
    if shutil.which(step[0]) is None:
        typer.echo(words("install.no_program", program=step[0], command=" ".join(step)), err=True)
        return
    done = subprocess.run(step, capture_output=True, text=True, check=False)
    if done.returncode:
        typer.echo(words("install.step_failed", command=" ".join(step), detail=done.stderr.strip()), err=True)


def _must_be_root(root: Path, dry_run: bool, words: Text) -> None:
    if root == Path("/") and not dry_run and os.geteuid() != 0:
        _end(words("install.not_root", command=" ".join(["sudo", str(own_command()), *sys.argv[1:]])))


def _end(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(CANNOT)
