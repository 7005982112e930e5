"""From oxygen under its limit to push message and call: control and messages processes on a twin line."""

import asyncio
import contextlib
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.nodes import plan, pond_nodes
from bench.response import oxygen, until
from bench.table import percentile, show
from gateway.bus.samples import Sample
from gateway.children import this_command
from gateway.clock import Clock
from gateway.farm import read_farm
from gateway.people.subscriptions import Subscription, Subscriptions
from gateway.process import ControlProcess
from hardware.twin.farm import BoardPlan, TwinFarm
from hardware.twin.modem import Habits, SimulatedModem

ROUNDS = 5
LIMIT_MG_L = 4.0
HIGH_MG_L, LOW_MG_L = 4.5, 3.8
STEP_MG_L, STEP_S = 0.025, 0.5  # 0.3 mg/L in an hour of the ponds
CALL_AFTER_S = 15
PANEL = BoardPlan(name="panel-1", line="panels", unit_id=40, serial=0x40, pond="ao-2", panel=True, aerators=2)
REALISTIC = Habits(answer_s=0.03, send_s=1.5, ring_s=2.0)


def farm_text(farm: TwinFarm, modem: SimulatedModem, data: Path) -> str:
    """One pond, one person: a push message at once, a call when nobody has acknowledged for `CALL_AFTER_S`."""
    return f"""
id = "bench"
name = "Bench"
data = "{data}"
[simulation]
speed = 600
[modem]
port = "{modem.port}"
audio = "{modem.audio}"
[[line]]
id = "ponds"
port = "{farm.gateway_port("ponds")}"
[[line]]
id = "panels"
port = "{farm.gateway_port("panels")}"
[[node]]
id = "node-1"
line = "ponds"
unit = 11
[[panel]]
id = "panel-1"
line = "panels"
unit = 40
[[pond]]
id = "pond-1"
name = "Ao 1"
node = "node-1"
panel = "panel-1"
aerators = [1, 2]
[[person]]
id = "an"
name = "An"
phone = "+84901234567"
[[alarms.step]]
after_s = 0
channels = ["push"]
persons = ["an"]
[[alarms.step]]
after_s = {CALL_AFTER_S}
channels = ["call"]
persons = ["an"]
"""


@contextlib.contextmanager
def push_service(came_s: list[float]) -> Iterator[str]:
    """A push service that notes when a message came."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came_s.append(time.monotonic())
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/phone"
    server.shutdown()
    server.server_close()


def phone(endpoint: str) -> Subscription:
    """A browser that wants messages."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Subscription(endpoint, urlsafe_b64encode(point).decode(), urlsafe_b64encode(bytes(16)).decode())


class Watch:
    """Notes when a low sample was taken."""

    def __init__(self, process: ControlProcess) -> None:
        self.low_s: float | None = None
        self._take = process.control.take
        process.control.take = self._heard  # type: ignore[method-assign]

    def _heard(self, node: str, sample: Sample, period_s: float) -> None:
        reading = sample.reading("do_mg_l")
        if self.low_s is None and reading and reading.value is not None and reading.value < LIMIT_MG_L:
            self.low_s = sample.taken_s
        self._take(node, sample, period_s)


async def measure(farm: TwinFarm, modem: SimulatedModem, came_s: list[float], path: Path) -> list[list[float]]:
    """Let the oxygen fall again and again; seconds from the low sample to push message and call beyond its delay."""
    process = ControlProcess(read_farm(path), Clock(speed=600))
    running = asyncio.create_task(process.run())
    watch = Watch(process)
    messages = await asyncio.create_subprocess_exec(*this_command("gateway", "messages", str(path)))
    took_s: list[list[float]] = [[], []]
    try:
        await until(lambda: process.channels.get("modem", {}).get("ok"))
        for _ in range(ROUNDS):
            await _slowly(farm, 4.0, HIGH_MG_L)
            await until(lambda: not process.snapshot()["alarms"]["list"])
            await asyncio.sleep(1.3)
            watch.low_s = None
            calls, pushes = len(modem.calls), len(came_s)
            await _slowly(farm, HIGH_MG_L, LOW_MG_L)
            await until(lambda pushes=pushes: len(came_s) > pushes)
            await until(lambda calls=calls: len(modem.calls) > calls and modem.calls[-1].connected)
            assert watch.low_s is not None
            ends_s = (came_s[pushes], modem.calls[calls].at_s - CALL_AFTER_S)
            for taken, end_s in zip(took_s, ends_s, strict=True):
                taken.append(end_s - watch.low_s)
            modem.press("1")
    finally:
        with contextlib.suppress(ProcessLookupError):
            messages.terminate()
        await messages.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return took_s


async def _slowly(farm: TwinFarm, start_mg_l: float, end_mg_l: float) -> None:
    """As water does it: a jump would be taken for a broken probe."""
    steps = round(abs(end_mg_l - start_mg_l) / STEP_MG_L)
    for at in range(steps + 1):
        await oxygen(farm, start_mg_l + (end_mg_l - start_mg_l) * at / steps)
        await asyncio.sleep(STEP_S)


def run() -> None:
    """Five falls of oxygen, 40 s each."""
    came_s: list[float] = []
    with tempfile.TemporaryDirectory() as name, push_service(came_s) as endpoint:
        folder = Path(name)
        (folder / "data").mkdir()
        Subscriptions(folder / "data").add("an", phone(endpoint))
        with (
            SimulatedModem(folder / "tty", folder / "audio", REALISTIC) as modem,
            TwinFarm(plan(folder, (*pond_nodes(1), PANEL))) as farm,
        ):
            path = folder / "farm.toml"
            path.write_text(farm_text(farm, modem, folder / "data"), encoding="utf-8")
            time.sleep(3)
            took_s = asyncio.run(measure(farm, modem, came_s, path))
    names = ("push service has the first message", "modem dials, beyond the delay")
    limits = ("5 s", "0 s + what the modem takes")
    rows = [
        [name, str(len(taken)), f"{percentile(taken, 0.5):.2f} s", f"{max(taken):.2f} s", limit]
        for name, taken, limit in zip(names, took_s, limits, strict=True)
    ]
    show(
        "From the sample with oxygen under its limit (control in process, messages beside it)",
        ["to", "falls", "p50", "worst", "to reach"],
        rows,
        f"Calls are set to {CALL_AFTER_S} s here instead of 180 s; what is shown is how much later the modem dials. "
        "Modem and push service are simulated, on this PC.",
    )


if __name__ == "__main__":
    run()
