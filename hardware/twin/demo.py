"""The whole chain on one computer: twin, gateway and cloud, until Ctrl-C."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hardware.twin.console import Console, make_server
from hardware.twin.farm import FarmPlan, TwinFarm
from hardware.twin.services import Service, Services

READY_S = 60.0
OWNER = "demo"
ADMINISTRATOR = "demo@example.org"

PONDS = (
    """[[pond]]
id = "ao-1"
name = "Ao 1"
node = "node-1"
panel = "panel-1"
aerators = [1, 2, 3, 4, 5, 6, 7, 8]
setpoint = 4.6
mixing = 3
dense = true
area_m2 = 1000
depth_m = 1.3
power_kw = 2.2
kg_o2_per_kwh = 1.4""",
    """[[pond]]
id = "ao-2"
name = "Ao 2"
node = "node-2"
panel = "panel-2"
aerators = [1, 2, 3, 4, 5, 6]
mixing = 1
area_m2 = 3000
depth_m = 1.2
power_kw = 1.5""",
    """[[pond]]
id = "ao-3"
name = "Ao 3"
node = "node-3"
area_m2 = 10000
depth_m = 0.6""",
)


@dataclass(frozen=True, kw_only=True)
class DemoPlan:
    """Where everything of one demo lies and listens; `folder` keeps its history from one run to the next."""

    folder: Path
    farm: FarmPlan
    gateway_port: int = 8080
    cloud_port: int = 8090
    broker_port: int = 18830
    console_port: int = 8070
    mqtt_url: str | None = None
    host: str = "127.0.0.1"

    @property
    def gateway_url(self) -> str:
        """The farm's page."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def cloud_url(self) -> str:
        """The cloud's page."""
        return f"http://127.0.0.1:{self.cloud_port}"

    @property
    def console_url(self) -> str:
        """The twin's console."""
        return f"http://127.0.0.1:{self.console_port}"

    @property
    def broker_url(self) -> str:
        """The broker that gateway and cloud use."""
        return self.mqtt_url or f"mqtt://127.0.0.1:{self.broker_port}"

    @property
    def cloud_folder(self) -> Path:
        """The cloud's data."""
        return self.folder / "cloud"

    @property
    def cloud_link_file(self) -> Path:
        """The link with which the cloud's administrator sets a password, once."""
        return self.folder / "cloud-link"

    @property
    def cloud_token_file(self) -> Path:
        """The key with which machines read the cloud as its administrator does."""
        return self.folder / "cloud-token"

    @property
    def farm_file(self) -> Path:
        """The gateway's description of the farm."""
        return self.folder / "gateway" / "farm.toml"


class PortTaken(Exception):
    """Another program listens where the demo would; the text says where and what to do."""


def farm_toml(plan: DemoPlan, farm: TwinFarm, command_key: str) -> str:
    """The demo farm as the gateway reads it."""
    hour, now_s = farm.hour_of_day()
    parts = [
        'id = "demo"',
        'name = "Trại tôm Hòn Đất"',
        'data = "data"',
        f'[web]\nhost = "{plan.host}"\nport = {plan.gateway_port}\nvisitors = "read"',
        f"[simulation]\nspeed = {plan.farm.speed}\nbegins_hour = {hour:.5f}\nbegins_s = {now_s:.3f}",
        '[tariff]\nname = "vn-under-6kv"',
        f'[uplink]\nurl = "{plan.broker_url}"\npassword_file = "password"\ncommand_key = "{command_key}"',
    ]
    parts += [
        f'[[line]]\nid = "{name}"\nport = "{farm.gateway_port(name)}"\nbaud = {plan.farm.baud}'
        for name in plan.farm.lines
    ]
    for board in plan.farm.boards:
        kind = "panel" if board.panel else "node"
        parts.append(f'[[{kind}]]\nid = "{board.name}"\nline = "{board.line}"\nunit = {board.unit_id}')
    parts += [*PONDS, f'[[person]]\nid = "{OWNER}"\nname = "{OWNER}"\nrole = "owner"']
    return "\n\n".join(parts) + "\n"


class Demo:
    """Starts everything in order; `with Demo(plan) as demo: ...`."""

    def __init__(self, plan: DemoPlan) -> None:
        self.plan = plan
        self.farm = TwinFarm(plan.farm)
        self.services = Services()
        self._letting_in = threading.Thread(target=self.make_administrator, name="administrator")
        self.console = Console(self.farm, self.services, plan.gateway_url)
        self._server = make_server(self.console, plan.host, plan.console_port)
        self._web = threading.Thread(target=self._server.run, name="console", daemon=True)

    def __enter__(self) -> "Demo":
        check_ports(self.plan)
        self.farm.__enter__()
        self.write_farm()
        self._web.start()
        self.services.__enter__()
        for service in self._programs():
            self.services.add(service)
        self._letting_in.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._letting_in.join()
        self.services.__exit__(None, None, None)
        self._server.should_exit = True
        self._web.join(timeout=5)
        self.farm.__exit__(None, None, None)

    def wait_until_live(self) -> float:
        """Seconds until the farm's page shows a living number; TimeoutError when it does not come."""
        started = time.monotonic()
        while time.monotonic() - started < READY_S:
            believed = self.console.belief()
            if (
                believed
                and all(pond["do_state"] == "good" for pond in believed["ponds"])
                and _answers(self.plan.cloud_url)
            ):
                self._letting_in.join()
                return time.monotonic() - started
            time.sleep(0.2)
        raise TimeoutError(f"no living number after {READY_S:.0f} s; see the logs in {self.plan.folder / 'logs'}")

    def write_farm(self) -> None:
        """The gateway's file with the key of the cloud's commands, its owner's account, and its password at the cloud."""
        folder = self.plan.farm_file.parent
        folder.mkdir(parents=True, exist_ok=True)
        self._once({folder / "password": ("add-gateway", "demo"), folder / "command-key": ("command-key",)})
        key = (folder / "command-key").read_text().strip()
        self.plan.farm_file.write_text(farm_toml(self.plan, self.farm, key), encoding="utf-8")
        self._make_owner(folder / "owner-password")

    def make_administrator(self) -> None:
        """Who lets people into the cloud: a link for a person, and a token for machines, made once."""
        self._once(
            {
                self.plan.cloud_link_file: ("add-administrator", "Demo", ADMINISTRATOR),
                self.plan.cloud_token_file: ("add-token", "demo", ADMINISTRATOR),
            }
        )

    def _once(self, asked: dict[Path, tuple[str, ...]]) -> None:
        """What commands of the cloud print, each in a file of its own, unless it is there already."""
        for file, words in asked.items():
            if not file.exists():
                answer = self._ask_cloud(*words).strip()
                file.touch(mode=0o600)
                file.write_text(answer)

    def _ask_cloud(self, *words: str) -> str:
        """What a command of the cloud prints."""
        command = [sys.executable, "-m", "cloud", *words, "--data", str(self.plan.cloud_folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=self._environment()).stdout

    def _make_owner(self, file: Path) -> None:
        """The account that presses buttons; reading needs none in the demo."""
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(9))
            command = [sys.executable, "-m", "gateway", "password", str(self.plan.farm_file), OWNER]
            subprocess.run(command, input=file.read_text(), text=True, check=True, capture_output=True)

    def owner_password(self) -> str:
        """With which the owner signs in."""
        return (self.plan.farm_file.parent / "owner-password").read_text()

    def _programs(self) -> list[Service]:
        cloud = [sys.executable, "-m", "cloud"]
        data = ["--data", str(self.plan.cloud_folder)]
        commands = {
            "broker": [*cloud, "broker", *data],
            "ingest": [*cloud, "ingest", *data],
            "cloud-web": [*cloud, "web", *data],
            "gateway": [sys.executable, "-m", "gateway", "run", str(self.plan.farm_file)],
        }
        if self.plan.mqtt_url is not None:
            del commands["broker"]
        return [
            Service(name, command, self.plan.folder / "logs" / f"{name}.log", self._environment())
            for name, command in commands.items()
        ]

    def _environment(self) -> dict[str, str]:
        return {
            "PONDKEEPER_MQTT_URL": self.plan.broker_url,
            "PONDKEEPER_WEB_HOST": self.plan.host,
            "PONDKEEPER_WEB_PORT": str(self.plan.cloud_port),
            "PYTHONUNBUFFERED": "1",
        }


def check_ports(plan: DemoPlan) -> None:
    """Raises PortTaken for a port that is in use."""
    for port in (plan.gateway_port, plan.cloud_port, plan.console_port, plan.broker_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise PortTaken(
                    f"port {port} is in use (`ss -ltnp 'sport = :{port}'` names by whom). Stop that program, or choose "
                    'other ports: make demo OPTIONS="--gateway-port 9080 --cloud-port 9090 --console-port 9070 '
                    '--broker-port 19830"'
                ) from error


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def run_demo(plan: DemoPlan, say: Callable[[str], None]) -> None:
    """Run the demo until Ctrl-C or SIGTERM; OSError, PortTaken or TimeoutError when it cannot start."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    with Demo(plan) as demo:
        say("Starting twin, gateway and cloud ...")
        seconds = demo.wait_until_live()
        say(f"Live after {seconds:.0f} s. Ponds live {plan.farm.speed:g} times faster than the clock.")
        say(f"  the farmer's page   {plan.gateway_url}  (to press buttons sign in as {OWNER}, {demo.owner_password()})")
        say(f"  the cloud           {plan.cloud_url}  (REST: {plan.cloud_url}/docs)")
        say(f"    sign in as {ADMINISTRATOR}; the password is set once, by {plan.cloud_link_file.read_text()}")
        say(f"  the twin's console  {plan.console_url}  (the truth; break things here)")
        say(f"  data and logs       {os.path.relpath(plan.folder)}")
        say("Ctrl-C stops everything.")
        while not stop.wait(0.5):
            pass
        say("Stopping ...")
    say("Stopped. Nothing runs any more.")
