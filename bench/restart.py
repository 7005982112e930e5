"""The gateway is killed and started again: how long until control runs, and whether any aerator stood below its floor."""

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from bench.nodes import FIRMWARE
from bench.process import processes
from bench.table import show
from hardware.twin.demo import Demo, DemoPlan
from hardware.twin.farm import FarmPlan

KILLS = 5
POND = "ao-1"
LOOK_S = 0.05
MOST_S = 60.0


def kill() -> None:
    """kill -9 for the gateway's parent, control, web and messages."""
    for process in processes():
        os.kill(process.pid, signal.SIGKILL)


def running(http: httpx.Client, console: str) -> int:
    """How many aerators of the pond truly run."""
    truth: dict[str, Any] = http.get(f"{console}/api/truth").json()
    return sum(machine["running"] for machine in truth["ponds"][POND]["machines"])


def good(http: httpx.Client, gateway: str) -> bool:
    """True when the page has a reading that is believed, of a control process that speaks."""
    try:
        reply = http.get(f"{gateway}/api/farm")
    except httpx.HTTPError:
        return False
    return reply.status_code == 200 and all(pond["do_state"] == "good" for pond in reply.json()["ponds"])


def once(http: httpx.Client, plan: DemoPlan) -> tuple[float, int, int]:
    """Seconds until control was back, machines before, fewest machines meanwhile."""
    before = fewest = running(http, plan.console_url)
    kill()
    began_s = time.monotonic()
    while not good(http, plan.gateway_url) and time.monotonic() - began_s < MOST_S:
        fewest = min(fewest, running(http, plan.console_url))
        time.sleep(LOOK_S)
    return time.monotonic() - began_s, before, fewest


def run() -> None:
    """The demo farm, its gateway killed five times; Ao 1 has a floor of three mixing machines."""
    with tempfile.TemporaryDirectory() as folder:
        farm = FarmPlan(folder=Path(folder) / "twin", firmware=FIRMWARE.resolve(), speed=1)
        plan = DemoPlan(
            folder=Path(folder), farm=farm, gateway_port=18080, cloud_port=18090, broker_port=18831, console_port=18070
        )
        rows = []
        with Demo(plan) as demo, httpx.Client(timeout=5) as http:
            demo.wait_until_live()
            time.sleep(20)
            for number in range(1, KILLS + 1):
                took_s, before, fewest = once(http, plan)
                rows.append([str(number), f"{took_s:.1f} s", str(before), str(fewest)])
                time.sleep(10)
    show(
        "kill -9 of the whole gateway (to reach: control again within 10 s, never off below the floor of 3)",
        ["kill", "control back after", "aerators before", "fewest meanwhile"],
        rows,
        "Its service manager waits 3 s before it starts the gateway again; that is part of the time.",
    )
