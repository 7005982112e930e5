"""Real wheels of this tree beside each other: a good one stays, a broken one is gone again and the farm goes on."""

import contextlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.farm import WebSettings
from gateway.living.upgrade import Upgrade, UpgradeError, health_url
from tests.gateway.farms import FARM, small_farm
from tests.ports import free_ports

TREE = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this tree as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("hardware", "firmware", "gateway", "cloud"):
        shutil.copytree(TREE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TREE / name, folder)
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=folder, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def renamed(wheel: Path, folder: Path, version: str, changes: dict[str, str] | None = None) -> Path:
    """The same wheel as another version, with files of another content."""
    old = wheel.name.split("-")[1]
    other = folder / f"pondkeeper-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            held = source.read(name)
            if name.endswith(".dist-info/METADATA"):
                held = re.sub(rb"(?m)^Version: .*$", b"Version: " + version.encode(), held)
            if name.endswith(".dist-info/RECORD"):
                held = held.replace(f"pondkeeper-{old}.dist-info".encode(), f"pondkeeper-{version}.dist-info".encode())
            held = (changes or {}).get(name, "").encode() or held
            target.writestr(name.replace(f"pondkeeper-{old}.dist-info", f"pondkeeper-{version}.dist-info"), held)
    return other


class Services:
    """Stands for systemd: runs the farm by the link `current`."""

    def __init__(self, home: Path, farm: Path) -> None:
        self.command = [str(home / "current/bin/pondkeeper-gateway"), "run", str(farm)]
        self.process: subprocess.Popen[bytes] | None = None

    def restart(self) -> None:
        self.stop()
        self.process = subprocess.Popen(self.command, cwd="/", stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


def with_our_packages(folder: Path) -> None:
    """An environment that finds the dependencies where they are installed already."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    (tmp_path / "home/versions").mkdir(parents=True)
    running = Services(tmp_path / "home", tmp_path / "farm.toml")
    with contextlib.ExitStack() as stack:
        stack.callback(running.stop)
        yield running


@pytest.mark.soak
def test_a_good_version_stays_and_a_broken_one_goes(
    wheel: Path, tmp_path: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_DEPS", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (port,) = free_ports(1)
    small_farm(tmp_path, f"{FARM}\n[web]\nport = {port}\n")
    home = tmp_path / "home"
    (home / "current").symlink_to("versions/first")
    upgrade = Upgrade(
        home=home,
        farm=tmp_path / "farm.toml",
        make=with_our_packages,
        restart=services.restart,
        within_s=25,
        look_s=0.3,
    )
    assert upgrade.to(str(renamed(wheel, tmp_path, "7.1"))) == "7.1"
    assert str((home / "current").readlink()) == "versions/7.1"

    broken = renamed(wheel, tmp_path, "7.2", {"gateway/process.py": "raise RuntimeError('broken')\n"})
    with pytest.raises(UpgradeError, match=r"back: 7\.1"):
        Upgrade(**{**vars(upgrade), "within_s": 5}).to(str(broken))
    assert str((home / "current").readlink()) == "versions/7.1"
    assert upgrade._healthy("7.1")

    farmless = renamed(wheel, tmp_path, "7.3", {"gateway/journal/schema.py": "VERSION = 99\n"})
    with pytest.raises(UpgradeError, match="journal_newer"):
        upgrade.to(str(farmless))
    assert upgrade._told() == {"version": "7.1", "control": True}
    with pytest.raises(UpgradeError, match="no_wheel"):
        upgrade.to("rubbish.whl")


@pytest.mark.parametrize(
    ("host", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("192.168.1.5", "192.168.1.5"), ("::", "[::1]"), ("fd00::5", "[fd00::5]")],
)
def test_health_is_asked_where_the_pages_listen(host: str, asked: str) -> None:
    assert health_url(WebSettings(host=host, port=8080)) == f"http://{asked}:8080/healthz"
