"""An update over a line that goes on being polled: how long it takes, and what it costs the other nodes."""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.log import SafeLedger
from bench.nodes import FIRST_UNIT, pond_nodes
from bench.nodes import plan as make_plan
from bench.table import show
from firmware import release
from firmware.build import build_application
from firmware.field.documents import send
from firmware.field.doors import open_door
from firmware.field.node_client import NodeClient
from firmware.field.release import read_release
from firmware.field.rtu import Rtu
from gateway.bus.device import Device
from gateway.bus.guest import GuestDoor
from gateway.bus.line import Line
from gateway.bus.node import Node
from gateway.bus.poller import Poller
from hardware.registers import DOCUMENT_FILE, DOCUMENT_MANIFEST
from hardware.twin.farm import TwinFarm

NODES = 8
BYTES = 60_000
POLL_S = 0.5
ALONE_S = 20.0
VERSION = (0, 9, 0)


def make_release(folder: Path, key: Ed25519PrivateKey) -> int:
    """An application of about 60 kB of which the node has no file; returns its bytes."""
    build_application(folder, VERSION)
    total = 0
    for path in sorted(folder.rglob("*.mpy"), key=lambda path: path.stat().st_size, reverse=True):
        if total + path.stat().st_size > BYTES:
            path.unlink()
            continue
        path.write_bytes(path.read_bytes() + os.urandom(4))
        total += path.stat().st_size
    release.sign(folder, VERSION, key)
    return total


def send_all(port: str, folder: Path) -> float:
    """Manifest and every file to the first node; returns the seconds that took, its checks included."""
    rtu = Rtu(open_door(port, 19200))
    client = NodeClient(rtu, FIRST_UNIT)
    made = read_release(folder)
    started = time.monotonic()
    send(client, DOCUMENT_MANIFEST, made.manifest, 0, None)
    while (fields := client.transfer())["next_file"] < fields["files"]:
        send(client, DOCUMENT_FILE, made.files[fields["next_file"]], fields["next_file"], None)
    rtu.close()
    return time.monotonic() - started


async def measure(farm: TwinFarm, folder: Path, socket: Path) -> tuple[float, float, float]:
    """Samples a second of the other nodes before the update and during it, and how long it took."""
    line = Line(str(farm.gateway_port("ponds")), baud=19200)
    heard: list[str] = []
    nodes = [
        Node(Device(line, FIRST_UNIT + at), f"node-{at + 1}", SafeLedger(), lambda node, _: heard.append(node.name),
             lambda *_: None)
        for at in range(NODES)
    ]  # fmt: skip
    tasks = [asyncio.create_task(Poller(nodes, POLL_S, lambda *_: None).run())]
    tasks.append(asyncio.create_task(GuestDoor(line, socket).run()))
    await asyncio.sleep(5)
    heard.clear()
    await asyncio.sleep(ALONE_S)
    before = sum(name != "node-1" for name in heard) / ALONE_S
    heard.clear()
    took_s = await asyncio.to_thread(send_all, f"unix:{socket}", folder)
    during = sum(name != "node-1" for name in heard) / took_s
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    line.close()
    return before, during, took_s


def run() -> None:
    """One update through the guest door of a line with eight nodes."""
    key = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = make_release(folder / "release", key)
        boards = tuple(replace(board, update_key=release.public_text(key)) for board in pond_nodes(NODES))
        with TwinFarm(make_plan(folder / "farm", boards)) as farm:
            time.sleep(4)
            before, during, took_s = asyncio.run(measure(farm, folder / "release", folder / "line.sock"))
        shutil.rmtree(folder / "release")
    show(
        "Update through the gateway's guest door, 19200 baud, 8 nodes polled twice a second, a sample a second each",
        ["figure", "measured", "to reach"],
        [
            [f"{size / 1000:.1f} kB sent and checked", f"{took_s:.1f} s", "90 s"],
            ["samples a second of the other 7, before", f"{before:.2f}", "-"],
            ["the same during the update", f"{during:.2f} ({100 * during / before:.0f} %)", "80 %"],
        ],
    )


if __name__ == "__main__":
    run()
