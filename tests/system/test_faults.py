"""Faults that strike the whole farm at once, one whose cloud hears it through a broker that is not ours."""

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import httpx
import pytest

from hardware.twin.demo import Demo
from tests.faults import Fault
from tests.ports import free_ports
from tests.system.conftest import Chain, eventually, make_plan
from tests.system.test_ledger import assert_nothing_lost

BOARDS = ("node-1", "node-2", "node-3", "panel-1", "panel-2")
CLIENTS = 50


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's broker with the same rights as the built-in one; passwords are set before it starts."""
    folder = tmp_path_factory.mktemp("mosquitto")
    (port,) = free_ports(1)
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user in ("cloud", "demo"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, f"{user}-secret"], check=True)
    (folder / "acl").write_text(
        "user cloud\ntopic readwrite farm/#\n\npattern write farm/%u/up/#\npattern read farm/%u/down/#\n"
    )
    (folder / "acl").chmod(0o600)
    user = f"user {'root' if os.getuid() == 0 else os.environ.get('USER', 'nobody')}\n"
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {folder / 'acl'}\n"
        f"persistence false\n{user}"
    )
    process = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    yield f"mqtt://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, firmware: Path, let_in: Path, mosquitto: str) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("chain")
    shutil.copytree(let_in, folder, dirs_exist_ok=True)
    plan = make_plan(folder, firmware, mqtt_url=mosquitto)
    demo = Demo(plan)
    (plan.cloud_folder / "broker-password").write_text("cloud-secret")
    with demo, httpx.Client(timeout=5) as http:
        (plan.farm_file.parent / "password").write_text("demo-secret")
        demo.wait_until_live()
        yield Chain(demo, http)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_chain_over_mosquitto(chain: Chain) -> None:
    eventually(lambda: chain.cloud("farms/demo/samples/count") > 10, 60, "rows over mosquitto")
    assert_nothing_lost(chain, 60)


@pytest.mark.fault("27", "mains and all boards come back at the same moment, the panels' batteries being dead")
def test_all_boards_boot_together_after_a_cut(chain: Chain, fault: Fault) -> None:
    chain.break_it("mains", on=False)
    for board in BOARDS:
        chain.break_it(f"board/{board}/power_cut")
    eventually(lambda: not any(chain.running("ao-1") + chain.running("ao-2")), 3, "all is dark")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "stale", 8, "no node speaks")
    for board in BOARDS:
        chain.break_it(f"board/{board}/power_on")
    chain.break_it("mains", on=True)
    air_s = eventually(lambda: all(chain.running("ao-1") + chain.running("ao-2")), 5, "air at once")
    control_s = eventually(
        lambda: all(pond["do_state"] == "good" for pond in chain.belief()["ponds"]), 40, "readings are believed again"
    )
    eventually(lambda: sum(chain.running("ao-2")) < 6, 60, "control rests what is not needed")
    fault.measured(
        aerators=f"all 14 ran after {air_s:.1f} s, at once: relays are normally closed, a board that boots lets them run; "
        "a panel with its battery brings them back one after another (docs/building-a-node.md)",
        lost="what the nodes held in memory and had not written to flash",
        told=f"page; control again after {air_s + control_s:.0f} s; an event for each board",
    )


async def crowd(url: str, answered: "Synchronized[int]") -> None:
    """Fifty phones that load the page and its charts without pause, until the process is ended."""

    async def phone() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=10) as http:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    for path in ("/", "/api/ponds/ao-1/series", "/events", "/api/farm"):
                        reply = await http.get(path)
                        answered.value += reply.status_code == 200

    await asyncio.gather(*(phone() for _ in range(CLIENTS)))


def hammer(url: str, answered: "Synchronized[int]") -> None:
    """In a process of its own: the twin's has enough to do."""
    asyncio.run(crowd(url, answered))


@contextlib.contextmanager
def hammered(url: str) -> Iterator["Synchronized[int]"]:
    """The crowd is there; yields how often it was answered."""
    spawn = multiprocessing.get_context("spawn")
    answered = spawn.Value("i", 0)
    process = spawn.Process(target=hammer, args=(url, answered), daemon=True)
    process.start()
    try:
        yield answered
    finally:
        process.terminate()
        process.join()


@pytest.mark.fault("28", "50 clients hammer the page while oxygen falls")
def test_a_hammered_page_does_not_hold_control_up(chain: Chain, fault: Fault) -> None:
    with hammered(chain.demo.plan.gateway_url) as answered:
        eventually(lambda: answered.value > CLIENTS, 20, "the page is hammered")
        chain.break_it("pond/ao-2", do_mg_l=3.0)
        on_s = eventually(lambda: all(chain.running("ao-2")), 15, "all on")
        began_s, before = time.monotonic(), answered.value
        time.sleep(2)
        rate = (answered.value - before) / (time.monotonic() - began_s)
    fault.measured(
        aerators=f"all on {on_s:.0f} s after oxygen fell, as without clients",
        lost="nothing",
        told=f"page and event; {rate:.0f} requests a second were answered meanwhile",
    )
