"""A farm of foreign devices only: what farm.toml may say, and the control process on real ports."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.farm import FarmError
from gateway.process import ControlProcess
from hardware.twin.foreign.drives import Gd20
from hardware.twin.foreign.probes import Yosemitech
from hardware.twin.foreign.pzem import Pzem
from hardware.twin.foreign.waveshare import WaveshareRelay
from hardware.twin.foreign.wired import SerialSlaves, TcpSlaves
from tests.gateway.farms import small_farm

FARM = """
id = "hon-dat"
name = "Old devices"
data = "data"
poll_ms = 200

[[line]]
id = "one"
port = "PORT"
baud = 115200

[[line]]
id = "two"
modbus_tcp = "127.0.0.1:TCP"

[[device]]
id = "do-1"
line = "one"
unit = 1
template = "yosemitech-y504"
salinity_psu = 15

[[device]]
id = "relays-1"
line = "one"
unit = 2
template = "waveshare-relay-8"
wiring = "normally_closed"

[[device]]
id = "meter-1"
line = "one"
unit = 3
template = "pzem-004t-v3"
measures = "ao-1/2"

[[device]]
id = "drive-1"
line = "two"
unit = 4
template = "invt-gd20"

[[pond]]
id = "ao-1"
name = "Ao 1"
node = "do-1"
panel = "relays-1"
aerators = [1, 2]

[[pond]]
id = "ao-2"
name = "Ao 2"
node = "do-1"
drives = ["drive-1"]
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('wiring = "normally_closed"', ""), "device.2.wiring: 'relays-1' has no watchdog"),
        (("salinity_psu = 15", ""), "device.1.salinity_psu: 'do-1': mg/L are reckoned"),
        (("salinity_psu = 15", 'salinity_from = "ec"'), "line 21, device.1.salinity_from"),
        (('measures = "ao-1/2"', 'measures = "ao-1/3"'), "device.3.measures: 'ao-1/3' is not among"),
        (('template = "invt-gd20"', 'template = "gd20"'), "line 41, device.4.template: template 'gd20' is not among"),
        (('template = "invt-gd20"', 'template = "mine.toml"'), "Put it beside farm.toml"),
        (('drives = ["drive-1"]', 'drives = ["meter-1"]'), "pond.2.drives: 'meter-1' is no drive"),
        (('drives = ["drive-1"]', 'drives = ["drive-2"]'), "drives ['drive-2'] are not among"),
        (('drives = ["drive-1"]', 'drives = ["drive-1"]\npanel = "relays-1"'), "in the place of panel"),
        (('node = "do-1"\npanel', 'node = "meter-1"\npanel'), "pond.1.node: 'meter-1' measures no oxygen"),
        (('panel = "relays-1"', 'panel = "drive-1"'), "pond.1.panel: 'drive-1' is no relay board"),
        (("aerators = [1, 2]", "aerators = [1, 2]\nfeeder = 3"), "feeder"),
        (("unit = 3", "unit = 2"), "both have unit 2 of one"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(FarmError) as wrong:
        small_farm(tmp_path, FARM.replace("TCP", "502").replace(*change))
    assert words in str(wrong.value)


def test_a_template_of_ones_own_lies_beside_farm_toml(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "x"\nrole = "probe"\nwarmup = 3\n', encoding="utf-8")
    with pytest.raises(FarmError, match=r"mine\.toml, line 3, warmup"):
        small_farm(tmp_path, FARM.replace("TCP", "502").replace("yosemitech-y504", "mine.toml"))


async def test_a_pond_with_devices_that_the_farm_already_owned(tmp_path: Path) -> None:
    """Little oxygen: all aerators run by relay board and drive; the meter says that one of them does not."""
    probe, board, meter, drive = Yosemitech(1, "y504"), WaveshareRelay(2), Pzem(3), Gd20(4)
    probe.water(29.0, 30.0)
    board.coils = dict.fromkeys(range(8), True)
    serial, tcp = SerialSlaves(tmp_path / "port", [probe, board, meter]), TcpSlaves([drive], mbap=True)
    text = FARM.replace("PORT", str(tmp_path / "port")).replace("TCP", str(tcp.port))
    process = ControlProcess(small_farm(tmp_path, text), Clock())
    running = asyncio.create_task(process.run())
    for _ in range(100):
        await asyncio.sleep(0.1)
        if process.snapshot()["ponds"][1]["machines"][0]["current_a"] and meter.asked and not board.coils[1]:
            break
    snapshot = process.snapshot()
    process._stop.set()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    serial.close()
    tcp.close()
    assert drive.running
    assert not board.coils[0]
    assert not board.coils[1]
    ponds = {pond["id"]: pond for pond in snapshot["ponds"]}
    assert [(row["allowed"], row["running"]) for row in ponds["ao-1"]["machines"]] == [(True, True), (True, False)]
    assert [(row["running"], row["current_a"]) for row in ponds["ao-2"]["machines"]] == [(True, 4.0)]
    devices = {row["name"]: row for row in snapshot["devices"]}
    assert {row["state"] for row in devices.values()} == {"ok"}
    assert devices["relays-1"]["on_gateway_death"] == devices["drive-1"]["on_gateway_death"] == "holds"
    assert devices["do-1"]["hardware_id"] == "dev:hon-dat:do-1"
    assert [(line["id"], line["way"], line["state"]) for line in snapshot["lines"]] == [
        ("one", "port", "ok"),
        ("two", "modbus_tcp", "ok"),
    ]
