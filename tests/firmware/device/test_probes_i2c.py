# EZO circuits and the ADS1115 on a simulated I2C bus, byte by byte as their sources describe them.

import math

from firmware.node.probes.water import Water
from hardware.registers import (
    BAD,
    QUANTITY_CONDUCTIVITY,
    QUANTITY_DEPTH,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_ORP,
    QUANTITY_PH,
    QUANTITY_SALINITY,
    QUANTITY_VOLTAGE,
    REASON_BAD_FRAME,
    REASON_LOOP,
    REASON_NO_SIGNAL,
    REASON_NOT_READY,
    REASON_PROBE_FAULT,
    REASON_RANGE,
    REASON_TIMEOUT,
    UNCERTAIN,
)
from wires import Buses, Nowhere, made, read, refused

ENODEV = 19


class Circuit:
    # An EZO that is ready after `polls` reads; `answers` by command, "i" among them.
    def __init__(self, answers, polls=3):
        self.answers = answers
        self.polls = polls
        self.asked = []
        self.left = 0

    def writeto(self, address, data):
        self.asked.append(bytes(data))
        self.left = self.polls

    def readfrom_into(self, address, buffer):
        for at in range(len(buffer)):
            buffer[at] = 0
        self.left -= 1
        if self.left >= 0:
            buffer[0] = 254
            return
        said = self.answers.get(self.asked[-1], b"\x01")
        buffer[: len(said)] = said


class Nobody:
    def writeto(self, address, data):
        raise OSError(ENODEV)


class Converter:
    # An ADS1115 whose inputs have `millivolts`; a conversion lasts `polls` reads of the config.
    def __init__(self, millivolts, polls=2, forgets=False):
        self.millivolts = millivolts
        self.polls = polls
        self.forgets = forgets
        self.config = 0x8583
        self.starts = []

    def writeto_mem(self, address, register, data):
        assert (address, register) == (0x48, 1)
        self.config = data[0] << 8 | data[1]
        self.starts.append(self.config)
        self.left = self.polls

    def readfrom_mem_into(self, address, register, buffer):
        word = self.conversion() if register == 0 else self.status()
        buffer[0] = word >> 8
        buffer[1] = word & 0xFF

    def status(self):
        self.left -= 1
        config = 0x0583 if self.forgets else self.config
        return config | 0x8000 if self.left < 0 else config & 0x7FFF

    def conversion(self):
        full_scale_mv = (6144, 4096, 2048, 1024, 512, 256)[self.config >> 9 & 7]
        count = int(self.millivolts[self.config >> 12 & 7] * 32768 / full_scale_mv)
        return min(max(count, -32768), 32767) & 0xFFFF


def ezo(driver, answers, water=None, polls=3, options=None):
    circuit = Circuit(answers, polls)
    probe = made([driver, 0x61, options or {}], Buses(i2c=circuit), water)
    return read(probe), circuit, probe


def warm():
    # Water whose temperature is known.
    water = Water(Nowhere())

    class Thermometer:
        value = 28.0

    water.thermometers.append(Thermometer())
    water.salinity_psu = 15.0
    return water


PH = {b"i": b"\x01?I,pH,1.98", b"R": b"\x017.210"}
DO = {b"i": b"\x01?I,D.O.,1.98", b"R": b"\x0190.0", b"RT,28.0": b"\x0190.0"}


def test_an_ezo_is_asked_until_it_is_ready():
    channels, circuit, probe = ezo("ezo_ph", PH)
    assert abs(channels[QUANTITY_PH].value - 7.21) < 1e-6
    assert circuit.asked == [b"i", b"R", b"i"]
    assert (probe.serial, probe.answering) == (b"pH,1.98", True)
    circuit.asked.clear()
    read(probe)
    assert circuit.asked == [b"R"]


def test_an_ezo_that_is_never_ready_is_left_after_its_deadline():
    channels, circuit, probe = ezo("ezo_ph", PH, polls=1000)
    assert channels[QUANTITY_PH].quality == BAD << 8 | REASON_NOT_READY
    assert circuit.left > 900
    assert not probe.answering


def test_ezo_oxygen_takes_temperature_salinity_and_pressure_from_us():
    channels, circuit, _ = ezo("ezo_do", DO, warm())
    assert circuit.asked == [b"i", b"O,%,1", b"O,mg,0", b"S,0", b"P,101.3", b"RT,28.0", b"i"]
    assert abs(channels[QUANTITY_DO].value - 0.9 * 7.201) < 0.002


def test_ezo_oxygen_without_a_temperature_is_no_oxygen():
    channels, _, _ = ezo("ezo_do", DO)
    assert channels[QUANTITY_DO_SATURATION].value == 90.0
    assert channels[QUANTITY_DO].quality == BAD << 8 | REASON_NO_SIGNAL
    channels, _, _ = ezo("ezo_do", DO, options={"temperature_c": 20})
    assert abs(channels[QUANTITY_DO].value - 0.9 * 9.092) < 0.002


def test_ezo_conductivity_becomes_salinity():
    answers = {b"i": b"\x01?I,EC,2.16", b"R": b"\x0142914"}
    water = warm()
    channels, _, _ = ezo("ezo_ec", answers, water, options={"temperature_c": 15})
    assert abs(channels[QUANTITY_CONDUCTIVITY].value - 42.914) < 0.001
    assert abs(channels[QUANTITY_SALINITY].value - water.salinity_psu) < 0.001
    channels, _, _ = ezo("ezo_ec", {b"i": answers[b"i"], b"R": b"\x010.00"})
    assert channels[QUANTITY_CONDUCTIVITY].quality == BAD << 8 | REASON_NO_SIGNAL


def test_ezo_orp_may_be_negative():
    channels, _, _ = ezo("ezo_orp", {b"i": b"\x01?I,ORP,1.97", b"R": b"\x01-123.4"})
    assert abs(channels[QUANTITY_ORP].value + 123.4) < 1e-4


def test_an_ezo_of_another_kind_gives_no_value():
    channels, _, _ = ezo("ezo_do", PH)
    assert channels[QUANTITY_DO_SATURATION].quality == BAD << 8 | REASON_PROBE_FAULT


def test_what_an_ezo_says_must_be_one_plain_number():
    for said, reason in (
        (b"\x02", REASON_PROBE_FAULT),
        (b"\xff", REASON_NOT_READY),
        (b"\x07", REASON_BAD_FRAME),
        (b"\x01", REASON_BAD_FRAME),
        (b"\x01nan", REASON_BAD_FRAME),
        (b"\x017,5", REASON_BAD_FRAME),
        (b"\x017.2.1", REASON_BAD_FRAME),
        (b"\x017.", REASON_BAD_FRAME),
        (b"\x01--7", REASON_BAD_FRAME),
        (b"\x01" + b"7" * 31, REASON_BAD_FRAME),
        (b"\x0114.5", REASON_RANGE),
    ):
        channels, _, _ = ezo("ezo_ph", {b"i": b"\x01?I,pH,1.98", b"R": said})
        assert channels[QUANTITY_PH].quality == BAD << 8 | reason, said
        assert math.isnan(channels[QUANTITY_PH].value)


def test_nobody_at_the_address_is_silence():
    for entry, quantity in (
        (["ezo_ph", 0x63], QUANTITY_PH),
        (["ads1115", 0x48, {"inputs": [{"kind": "ph", "input": 0}]}], QUANTITY_PH),
    ):
        nobody = Nobody()
        nobody.writeto_mem = nobody.writeto if entry[0] == "ezo_ph" else lambda *_: nobody.writeto(0, b"")
        assert read(made(entry, Buses(i2c=nobody)))[quantity].quality == BAD << 8 | REASON_TIMEOUT


def analogue(inputs, converter, water=None):
    probe = made(["ads1115", 0x48, {"inputs": inputs}], Buses(i2c=converter), water)
    return read(probe)


def loop(ma):
    depth = {"kind": "loop", "input": 1, "quantity": QUANTITY_DEPTH, "shunt_ohm": 100, "low": 0, "high": 5}
    return analogue([depth], Converter({5: ma * 100}))[QUANTITY_DEPTH]


def test_a_current_loop_is_broken_below_and_above_its_signal():
    for ma in (0.0, 3.5, 21.2, 40.0, 50.0):
        assert loop(ma).quality == BAD << 8 | REASON_LOOP
        assert math.isnan(loop(ma).value)


def test_a_current_loop_at_its_end_is_uncertain():
    for ma, value in ((3.8, 0.0), (20.5, 5.0)):
        assert loop(ma).quality == UNCERTAIN << 8 | REASON_LOOP
        assert loop(ma).value == value
    assert loop(12.0).quality == 0
    assert abs(loop(12.0).value - 2.5) < 0.002


def test_ph_and_oxygen_by_millivolt():
    inputs = [
        {"kind": "ph", "input": "0-1", "full_scale_v": 1.024},
        {"kind": "do", "input": 2, "full_mv": 1000},
        {"kind": "linear", "input": 3, "quantity": QUANTITY_VOLTAGE, "scale": 0.011, "low": 0, "high": 60},
    ]
    converter = Converter({0: -59.16, 6: 900, 7: 1200})
    channels = analogue(inputs, converter)
    assert converter.starts == [0x8703, 0xE303, 0xF303]
    assert abs(channels[QUANTITY_PH].value - 8.0) < 0.002
    assert abs(channels[QUANTITY_DO_SATURATION].value - 90.0) < 0.1
    assert channels[QUANTITY_DO].quality == BAD << 8 | REASON_NO_SIGNAL
    assert abs(channels[QUANTITY_VOLTAGE].value - 13.2) < 0.01
    channels = analogue(inputs, Converter({0: -59.16 * 301.15 / 298.15, 6: 900, 7: 1200}), warm())
    assert abs(channels[QUANTITY_PH].value - 8.0) < 0.002
    assert abs(channels[QUANTITY_DO].value - 0.9 * 7.201) < 0.01


def test_an_analogue_input_at_the_end_of_its_range_is_no_value():
    ph = {"kind": "ph", "input": 0}
    assert analogue([ph], Converter({4: 5000}))[QUANTITY_PH].quality == BAD << 8 | REASON_RANGE


def test_a_converter_that_never_ends_or_forgets_is_no_value():
    ph = {"kind": "ph", "input": 0}
    slow = analogue([ph], Converter({4: 0}, polls=1000))
    assert slow[QUANTITY_PH].quality == BAD << 8 | REASON_NOT_READY
    reset = analogue([ph], Converter({4: 0}, forgets=True))
    assert reset[QUANTITY_PH].quality == BAD << 8 | REASON_BAD_FRAME


def test_options_that_make_no_sense_are_refused_by_name():
    depth = {"kind": "loop", "input": 1, "quantity": QUANTITY_DEPTH, "shunt_ohm": 100, "low": 0, "high": 5}
    for change, name in (
        ({"kind": "mystery"}, "kind"),
        ({"input": 4}, "input"),
        ({"full_scale_v": 5}, "full_scale_v"),
        ({"shunt_ohm": 250}, "shunt_ohm"),
        ({"shunt_ohm": 0}, "shunt_ohm"),
        ({"range": 3}, "range"),
        ({"high": 0}, "high"),
    ):
        options = dict(depth)
        options.update(change)
        said = refused(["ads1115", 0x48, {"inputs": [options]}])
        assert said.startswith("ads1115: inputs[0]: option " + name), said
    assert refused(["ads1115", 0x48]).startswith("ads1115: option inputs")
    assert "address is 96" in refused(["ads1115", 0x60, {"inputs": [depth]}])
    assert "mv_per_ph" in refused(["ads1115", 0x48, {"inputs": [{"kind": "ph", "input": 0, "mv_per_ph": 0}]}])
    assert "full_mv" in refused(["ads1115", 0x48, {"inputs": [{"kind": "do", "input": 0}]}])
    assert "temperature_c" in refused(["ezo_do", 0x61, {"temperature_c": "warm"}])
    assert "option slope is unknown" in refused(["ezo_ph", 0x63, {"slope": 1}])
