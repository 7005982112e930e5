"""`upgrade`: a new version beside the old one, and the old one again when the new one does not become healthy."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.farm import FarmError, WebSettings, read_farm
from gateway.journal.schema import VERSION as JOURNAL_VERSION
from gateway.living import units

HOME = Path("/opt/pondkeeper")
HEALTHY_WITHIN_S = 120.0
STEADY = 3
LOOK_S = 2.0
WHEEL = re.compile(r"^pondkeeper-([0-9][0-9a-zA-Z.+!]*)-.*\.whl$")
RELEASE = re.compile(r"^[0-9][0-9a-zA-Z.+!]*$")


class UpgradeError(Exception):
    """`code` names its text `upgrade.<code>`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def make_environment(folder: Path) -> None:
    """An environment of this Python with pip, for the upgrade after this one; subprocess.CalledProcessError."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)


def restart_services() -> None:
    """Control last of all stops, first of all starts: systemd does it at once."""
    subprocess.run(["systemctl", "restart", *map(units.unit, units.SERVICES)], check=False)


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """`home` holds `versions/<version>` and the link `current`."""

    home: Path
    farm: Path
    make: Callable[[Path], None] = make_environment
    restart: Callable[[], None] = restart_services
    within_s: float = HEALTHY_WITHIN_S
    look_s: float = LOOK_S

    def to(self, what: str, one_way: bool = False) -> str:
        """Change; returns the version; raises UpgradeError, and the version of before runs then."""
        current = self.home / "current"
        if not current.is_symlink():
            raise UpgradeError("no_home", str(self.home))
        before = current.readlink()
        name = self._named(what)
        folder = self.home / "versions" / name
        if folder == (self.home / before).resolve():
            raise UpgradeError("same", name)
        self._lay(what, folder)
        self._would_work(folder, one_way)
        self._point(folder)
        self.restart()
        if not self._healthy(name):
            self._point(before)
            self.restart()
            raise UpgradeError("back", before.name)
        self._tidy({folder, (self.home / before).resolve()})
        return name

    def _named(self, what: str) -> str:
        wheel = WHEEL.match(Path(what).name)
        if wheel and Path(what).is_file():
            return wheel[1]
        if RELEASE.match(what):
            return what
        raise UpgradeError("no_wheel")

    def _lay(self, what: str, folder: Path) -> None:
        """A version that was laid before and did not last is laid anew."""
        shutil.rmtree(folder, ignore_errors=True)
        wanted = f"{Path(what).resolve()}[gateway]" if Path(what).is_file() else f"pondkeeper[gateway]=={what}"
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--quiet", wanted]
        try:
            self.make(folder)
            subprocess.run(pip, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            said = (getattr(error, "stderr", "") or str(error)).strip()
            raise UpgradeError("not_laid", said.splitlines()[-1] if said else "") from error

    def _would_work(self, folder: Path, one_way: bool) -> None:
        """It can read this farm and this journal, and what it writes can be read by the version of now."""
        checked = self._ask(folder, "-m", "gateway", "check", str(self.farm))
        if checked.returncode:
            raise UpgradeError("refuses_farm", checked.stderr.strip()[-500:])
        asked = self._ask(folder, "-c", "from gateway.journal.schema import VERSION; print(VERSION)")
        journal = int(asked.stdout) if asked.stdout.strip().isdigit() else -1
        if journal < JOURNAL_VERSION or (journal > JOURNAL_VERSION and not one_way):
            raise UpgradeError("journal_older" if journal < JOURNAL_VERSION else "journal_newer")

    def _ask(self, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(folder / "bin/python"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.home)

    def _point(self, folder: Path) -> None:
        new = self.home / ".current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(folder if not folder.is_absolute() else os.path.relpath(folder, self.home))
        new.replace(self.home / "current")

    def _healthy(self, name: str) -> bool:
        """The pages of this version say several times on end that control speaks."""
        until_s, good = time.monotonic() + self.within_s, 0
        while time.monotonic() < until_s:
            good = good + 1 if self._told() == {"version": name, "control": True} else 0
            if good >= STEADY:
                return True
            time.sleep(self.look_s)
        return False

    def _told(self) -> object:
        try:
            with urllib.request.urlopen(health_url(read_farm(self.farm).web), timeout=3) as answer:
                return json.load(answer)
        except (OSError, ValueError, FarmError):
            return None

    def _tidy(self, kept: set[Path]) -> None:
        """The one that runs and the one before stay."""
        for folder in (self.home / "versions").iterdir():
            if folder.resolve() not in {each.resolve() for each in kept}:
                shutil.rmtree(folder, ignore_errors=True)


def health_url(web: WebSettings) -> str:
    """Where the pages of this computer say how they are."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    host = everywhere.get(web.host, f"[{web.host}]" if ":" in web.host else web.host)
    return f"http://{host}:{web.port}/healthz"
