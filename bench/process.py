"""The gateway's processes for the demo farm: jitter of the control pass under load, memory and processor time."""

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from bench.nodes import FIRMWARE
from bench.table import percentile, show
from gateway.link import LinkClient
from hardware.twin.demo import Demo, DemoPlan
from hardware.twin.farm import FarmPlan

CLIENTS = 50
SECONDS = 120.0
PARTS = ("run", "control", "web", "messages")


def processes() -> list[psutil.Process]:
    """The gateway's parent, control, web and messages."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "gateway" in words and any(word in words for word in PARTS) and "-m" in words:
            found.append(process)
    return found


async def lateness(path: Path, seconds: float) -> list[float]:
    """How late each control pass was over the next seconds."""
    link = LinkClient(path)
    task = asyncio.create_task(link.run())
    await asyncio.sleep(seconds)
    late: list[float] = (await link.order({"do": "lateness"}))["late_s"]
    task.cancel()
    return late[-int(seconds) :]


async def client(url: str) -> None:
    """A phone: the page, its chart, then the stream for ever."""
    async with httpx.AsyncClient(base_url=url, timeout=None) as http:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                await http.get("/")
                await http.get("/api/ponds/ao-1/series")
                async with http.stream("GET", "/live") as stream:
                    ends = time.monotonic() + 5
                    async for _ in stream.aiter_bytes():
                        if time.monotonic() > ends:
                            break


async def under_load(url: str, path: Path) -> list[float]:
    """Fifty phones that open the page anew every five seconds."""
    clients = [asyncio.create_task(client(url)) for _ in range(CLIENTS)]
    late = await lateness(path, SECONDS)
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    return late


def usage(seconds: float = 30.0) -> list[list[str]]:
    """Resident memory and processor share of each process."""
    found = processes()
    before = [sum(process.cpu_times()[:2]) for process in found]
    time.sleep(seconds)
    rows = []
    total_mb = total_share = 0.0
    for process, spent in zip(found, before, strict=True):
        share = 100 * (sum(process.cpu_times()[:2]) - spent) / seconds
        resident_mb = process.memory_full_info().pss / 1e6
        name = next(word for word in PARTS if word in process.cmdline())
        rows.append([name, f"{resident_mb:.0f} MB", f"{process.memory_info().rss / 1e6:.0f} MB", f"{share:.1f} %"])
        total_mb += process.memory_info().rss / 1e6
        total_share += share
    rows.append(["together", "", f"{total_mb:.0f} MB", f"{total_share:.1f} %"])
    return rows


def run() -> None:
    """The demo farm, quiet and under load."""
    with tempfile.TemporaryDirectory() as folder:
        farm = FarmPlan(folder=Path(folder) / "twin", firmware=FIRMWARE.resolve(), speed=1)
        demo_plan = DemoPlan(
            folder=Path(folder), farm=farm, gateway_port=18080, cloud_port=18090, broker_port=18831, console_port=18070
        )
        with Demo(demo_plan) as demo:
            demo.wait_until_live()
            time.sleep(5)
            rows = usage()
            show(
                "The gateway's processes, demo farm, quiet (to reach: 150 MB, 10 %)",
                ["process", "PSS", "RSS", "of one core"],
                rows,
            )
            path = demo_plan.farm_file.parent / "data" / "control.sock"
            quiet = asyncio.run(lateness(path, 60))
            loaded = asyncio.run(under_load(demo_plan.gateway_url, path))
    rows = [
        [
            name,
            str(len(late)),
            *(f"{1000 * percentile(late, share):.1f} ms" for share in (0.5, 0.99, 0.999)),
            f"{1000 * max(late):.1f} ms",
        ]
        for name, late in (("no client", quiet), (f"{CLIENTS} clients", loaded))
    ]
    show(
        "How late a control pass begins (to reach: p99.9 under 50 ms)",
        ["load on the web process", "passes", "p50", "p99", "p99.9", "worst"],
        rows,
        "Twin, gateway, cloud and clients share the two cores of one PC.",
    )
