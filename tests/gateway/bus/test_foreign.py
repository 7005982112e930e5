"""Foreign probes, meters on a real port: right numbers, and never a number that means a fault."""

import struct
from pathlib import Path

import pytest

from gateway.bus.errors import NoReply
from gateway.bus.foreign import Meter
from gateway.bus.samples import Quality
from gateway.bus.template import parse_template
from hardware.registers import REASON_NOT_READY, REASON_PROBE_FAULT, REASON_RANGE
from hardware.twin.foreign.probes import Sen0681, SupDo7013, Yosemitech
from hardware.twin.foreign.pzem import Pzem
from hardware.twin.foreign.slave import Slave
from hardware.water import conductivity_ms_cm, oxygen_solubility_mg_l
from tests.gateway.bus.stall import Stall, values


@pytest.mark.parametrize(
    ("template", "probe"),
    [
        ("yosemitech-y504", Yosemitech(1, "y504")),
        ("dfrobot-sen0681", Sen0681(1)),
        ("sup-do7013", SupDo7013(1)),
    ],
)
async def test_oxygen_is_reckoned_with_the_ponds_salinity(tmp_path: Path, template: str, probe: Slave) -> None:
    """28 degC, 70 %, 15 psu; the probes' own mg/L, for fresh water or none at all, are not used."""
    with Stall(tmp_path, [probe]) as stall:
        sample = await stall.warm(stall.device(template, 1, salinity=lambda: 15.0))
    assert (sample.node, sample.boot, sample.sequence) == ("dev:test:device-1", 5, 2)
    assert sample.readings[0].quantity == "do_mg_l"
    assert values(sample)["do_mg_l"] == pytest.approx(0.7 * oxygen_solubility_mg_l(28.0, 15.0), abs=0.01)
    assert values(sample)["do_sat"] == pytest.approx(70.0, abs=0.1)
    assert all(reading.quality is Quality.GOOD for reading in sample.readings)


async def test_without_a_salinity_there_is_no_oxygen(tmp_path: Path) -> None:
    with Stall(tmp_path, [Yosemitech(1, "y504")]) as stall:
        reading = (await stall.warm(stall.device("yosemitech-y504", 1))).readings[0]
    assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, REASON_NOT_READY)


async def test_other_yosemitech_probes(tmp_path: Path) -> None:
    ph, salt = Yosemitech(2, "y532"), Yosemitech(3, "y520")
    ph.water(29.0, 7.8)
    salt.water(29.0, conductivity_ms_cm(15.0, 29.0))
    with Stall(tmp_path, [ph, salt]) as stall:
        assert values(await stall.warm(stall.device("yosemitech-y532", 2))) == pytest.approx(
            {"ph": 7.8, "temperature_c": 29.0}
        )
        assert values(await stall.warm(stall.device("yosemitech-y520", 3)))["salinity_psu"] == pytest.approx(
            15.0, abs=0.01
        )
        salt.water(29.0, 20.0, error=1)
        faulty = await stall.warm(stall.device("yosemitech-y520", 3))
    assert {(reading.value, reading.reason) for reading in faulty.readings} == {(None, REASON_PROBE_FAULT)}


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.0, 300.0])
async def test_what_cannot_be_true_is_no_number(tmp_path: Path, wrong: float) -> None:
    probe = Yosemitech(1, "y504")
    probe.water(28.0, wrong)
    with Stall(tmp_path, [probe]) as stall:
        sample = await stall.warm(stall.device("yosemitech-y504", 1, salinity=lambda: 15.0))
    for quantity in ("do_mg_l", "do_sat"):
        reading = sample.reading(quantity)
        assert reading is not None
        assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, REASON_RANGE)
    assert values(sample)["temperature_c"] == 28.0


async def test_a_probe_is_started_and_warms_up_after_each_silence(tmp_path: Path) -> None:
    probe = Yosemitech(1, "y504")
    with Stall(tmp_path, [probe]) as stall:
        device = stall.device("yosemitech-y504", 1, salinity=lambda: 15.0)
        await device.poll()
        assert probe.started
        assert {reading.reason for reading in stall.kept[-1].readings} == {REASON_NOT_READY}
        assert (await stall.warm(device)).readings[0].quality is Quality.GOOD
        probe.dead, probe.started = True, False
        for _ in range(4):
            with pytest.raises(NoReply):
                await device.poll()
        probe.dead = False
        stall.clock.forward(60)
        await device.poll()
        assert probe.started
        assert stall.kept[-1].readings[0].reason == REASON_NOT_READY


async def test_one_reply_that_got_lost_does_not_make_a_probe_warm_up(tmp_path: Path) -> None:
    probe = Yosemitech(1, "y504")
    with Stall(tmp_path, [probe]) as stall:
        device = stall.device("yosemitech-y504", 1, salinity=lambda: 15.0)
        await stall.warm(device)
        probe.dead = True
        with pytest.raises(NoReply):
            await device.poll()
        probe.dead = False
        stall.clock.forward(5)
        await device.poll()
        assert stall.kept[-1].readings[0].quality is Quality.GOOD


async def test_a_meter_with_its_low_word_first_and_its_own_reset(tmp_path: Path) -> None:
    meter = Pzem(3)
    meter.energy_wh = 70500
    meter.load(1234.5)
    with Stall(tmp_path, [meter]) as stall:
        device = stall.device("pzem-004t-v3", 3)
        seen = values(await stall.warm(device))
        assert seen["voltage_v"] == 230.0
        assert seen["power_kw"] == pytest.approx(1.2345)
        assert seen["energy_kwh"] == pytest.approx(70.5)
        assert len(meter.asked) == 2
        assert Meter(device, lambda: stall.clock.now_s).current_a() == pytest.approx(6.315, abs=0.001)
        await device.reset_energy()
        assert values(await stall.warm(device))["energy_kwh"] == 0
        stall.clock.forward(30)
        assert Meter(device, lambda: stall.clock.now_s).current_a() is None


MINE = """
name = "Mine"
role = "probe"

[[register]]
gives = "temperature_c"
address = 0
scale = 0.1
unit = "°C"

[[register]]
gives = "ph"
address = 9
scale = 0.01
unit = "pH"
"""


async def test_a_device_that_refuses_the_registers_between_is_read_in_pieces_from_then_on(tmp_path: Path) -> None:
    slave = Slave(4)
    slave.holding = {0: 281, 9: 755}
    with Stall(tmp_path, [slave]) as stall:
        device = stall.device(parse_template("mine.toml", MINE), 4)
        assert values(await stall.warm(device)) == pytest.approx({"temperature_c": 28.1, "ph": 7.55})
    counts = [struct.unpack(">BHH", body)[2] for body in slave.asked]
    assert counts == [10, 1, 1, 1, 1]
