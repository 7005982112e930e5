import math
import struct

from firmware.node.probes.water import Water
from hardware.registers import (
    BAD,
    QUANTITY_AIR_PRESSURE,
    QUANTITY_AMMONIUM,
    QUANTITY_CONDUCTIVITY,
    QUANTITY_CURRENT,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_ENERGY,
    QUANTITY_PH,
    QUANTITY_POWER,
    QUANTITY_SALINITY,
    QUANTITY_TEMPERATURE,
    QUANTITY_TURBIDITY,
    QUANTITY_VOLTAGE,
    REASON_BAD_FRAME,
    REASON_NO_SIGNAL,
    REASON_NOT_READY,
    REASON_PROBE_FAULT,
    REASON_RANGE,
    REASON_TIMEOUT,
)
from wires import Buses, Nowhere, Port, made, read, refused, reply, sealed

SERIAL = reply(1, b"YL0116010023\x00\x00")


def ask(driver, *replies, options=None, water=None, unit_id=1):
    port = Port(*replies)
    buses = Buses(port)
    probe = made([driver, unit_id, options or {}], buses, water)
    return read(probe), port, probe, buses.counters


def channel(**fields):
    options = {"quantity": QUANTITY_AMMONIUM, "register": 0x10, "type": "f32", "low": 0, "high": 100}
    options.update(fields)
    return options


def generic(data, **fields):
    said = reply(1, data, fields.get("function", 3))
    channels, port, _, _ = ask("modbus", said, options={"channels": [channel(**fields)]})
    return channels[fields.get("quantity", QUANTITY_AMMONIUM)], port


def test_y504_computes_oxygen_from_saturation_and_salinity():
    water = Water(Nowhere())
    water.salinity_psu = 25.0
    channels, port, probe, _ = ask("y504", reply(1, struct.pack("<fff", 30.0, 0.5, 3.78)), SERIAL, water=water)
    assert port.sent[0] == b"\x01\x03\x26\x00\x00\x06\xce\x80"
    assert abs(channels[QUANTITY_DO].value - 6.589 / 2) < 0.002
    assert abs(channels[QUANTITY_DO_SATURATION].value - 50.0) < 0.001
    assert channels[QUANTITY_TEMPERATURE].value == 30.0
    assert [one.quality for one in probe.channels] == [0, 0, 0]
    assert water.temperature_c == 30.0


def test_oxygen_follows_the_calibrated_saturation():
    channels, _, probe, _ = ask("y504", reply(1, struct.pack("<fff", 30.0, 0.5, 0.0)))
    before = channels[QUANTITY_DO].value
    channels[QUANTITY_DO_SATURATION].curve = ((0.0, 1.1, 0.0),)
    probe._master._port.replies = [reply(1, struct.pack("<fff", 30.0, 0.5, 0.0))]
    assert abs(read(probe)[QUANTITY_DO].value - 1.1 * before) < 0.001


def test_a_probe_that_comes_back_tells_its_serial_number_once():
    values = reply(1, struct.pack("<fff", 30.0, 0.5, 0.0))
    _, port, probe, _ = ask("y504", values, SERIAL)
    assert (probe.serial, probe.answering) == (b"YL0116010023", True)
    port.replies = [values]
    read(probe)
    assert port.sent[1] == b"\x01\x03\x09\x00\x00\x07\x07\x94"
    assert len(port.sent) == 3
    port.replies = [b"", b""]
    read(probe)
    assert not probe.answering
    port.replies = [values, reply(1, b"YL0116019999\x00\x00")]
    read(probe)
    assert (probe.serial, probe.answering) == (b"YL0116019999", True)


def test_a_probe_without_serial_number_is_read_all_the_same():
    channels, _, probe, _ = ask("y532", reply(1, struct.pack("<f", 8.25)), b"")
    assert (channels[QUANTITY_PH].value, probe.serial, probe.answering) == (8.25, b"", True)


def test_an_older_probe_is_told_to_measure_before_it_is_believed():
    started = reply(1, b"")
    channels, port, probe, _ = ask("y504", started, options={"start": 1})
    assert port.sent == [b"\x01\x03\x25\x00\x00\x00\x4e\xc6"]
    assert channels[QUANTITY_DO].quality == BAD << 8 | REASON_NOT_READY
    port.replies = [reply(1, struct.pack("<fff", 30.0, 0.5, 0.0)), SERIAL]
    assert read(probe)[QUANTITY_DO].quality == 0
    assert len(port.sent) == 3


def test_y520_gives_salinity_to_the_oxygen_probe():
    water = Water(Nowhere())
    channels, _, _, _ = ask("y520", reply(1, struct.pack("<ff", 15.0, 42.914) + b"\x00\x00"), water=water)
    assert abs(channels[QUANTITY_SALINITY].value - 35.0) < 0.001
    assert water.salinity_psu == channels[QUANTITY_SALINITY].value


def test_a_dry_or_impossible_conductivity_leaves_the_salinity_alone():
    for temperature_c, conductivity, reason in ((28.0, 0.0, REASON_NO_SIGNAL), (5.0, 99.0, REASON_RANGE)):
        water = Water(Nowhere())
        water.salinity_psu = 30.0
        data = struct.pack("<ff", temperature_c, conductivity) + b"\x00\x00"
        channels, _, _, _ = ask("y520", reply(1, data), water=water)
        assert channels[QUANTITY_SALINITY].quality == BAD << 8 | reason
        assert water.salinity_psu == 30.0


def test_an_error_byte_is_a_fault_whatever_the_value():
    data = struct.pack("<ff", 28.0, 12.5)
    channels, _, _, _ = ask("y510", reply(1, data + b"\x00\x00"))
    assert channels[QUANTITY_TURBIDITY].value == 12.5
    for driver, quantity in (("y510", QUANTITY_TURBIDITY), ("y520", QUANTITY_CONDUCTIVITY)):
        channels, _, _, _ = ask(driver, reply(1, data + b"\x04\x00"), reply(1, data + b"\x04\x00"))
        assert channels[quantity].quality == BAD << 8 | REASON_PROBE_FAULT


def test_sen0681_is_asked_at_its_own_speed_only():
    port = Port(reply(1, struct.pack(">fff", 0.9, 5.0, 28.0)), reply(2, struct.pack("<f", 8.0)), SERIAL)
    buses = Buses(port)
    water = Water(Nowhere())
    water.salinity_psu = 15.0
    channels = read(made(["sen0681", 1], buses, water))
    assert abs(channels[QUANTITY_DO].value - 0.9 * 7.201) < 0.002
    read(made(["y532", 2], buses))
    assert port.bauds == [4800, 9600]


def test_pzem_puts_the_low_word_first():
    words = (2301, 0x1170, 0x0001, 0x6CE0, 0x0001, 0x86A1, 0x0012, 500, 98, 0)
    channels, port, _, _ = ask("pzem004t", reply(1, struct.pack(">HHHHHHHHHH", *words), 4))
    assert port.sent == [b"\x01\x04\x00\x00\x00\x0a\x70\x0d"]
    assert abs(channels[QUANTITY_VOLTAGE].value - 230.1) < 0.01
    assert abs(channels[QUANTITY_CURRENT].value - 70.0) < 0.01
    assert abs(channels[QUANTITY_POWER].value - 9.3408) < 0.001
    assert abs(channels[QUANTITY_ENERGY].value - 1214.113) < 0.01


def test_a_probe_described_as_data_in_every_order_of_bytes():
    for order, data in (
        ("ABCD", b"\x41\x44\x00\x01"),
        ("DCBA", b"\x01\x00\x44\x41"),
        ("BADC", b"\x44\x41\x01\x00"),
        ("CDAB", b"\x00\x01\x41\x44"),
    ):
        value = struct.unpack(">f", b"\x41\x44\x00\x01")[0]
        assert abs(generic(data, order=order)[0].value - value) < 1e-6
    assert generic(b"\x02\x01", type="u16", order="BA", high=1000)[0].value == 0x0102
    assert generic(b"\xff\x9c", type="s16", low=-200)[0].value == -100
    assert generic(b"\xff\xff\xff\x9c", type="s32", low=-200)[0].value == -100
    assert generic(b"\xff\xff\xff\xfe", type="u32", high=1e9, scale=0.1)[0].value > 4e8


def test_a_probe_described_as_data_is_scaled_and_bounded():
    sent = generic(b"\x00\xfa", type="u16", scale=0.1, offset=-5, function=4)
    assert abs(sent[0].value - 20.0) < 1e-4
    assert sent[1].sent == [b"\x01\x04\x00\x10\x00\x01\x30\x0f"]
    for data in (struct.pack(">f", 101.0), struct.pack(">f", float("nan")), struct.pack(">f", float("inf"))):
        assert generic(data)[0].quality == BAD << 8 | REASON_RANGE


def test_a_weather_station_described_as_data_tells_the_pressure_of_the_air():
    water = Water(Nowhere())
    item = channel(quantity=QUANTITY_AIR_PRESSURE, type="u16", scale=0.1, low=800, high=1100)
    ask("modbus", reply(1, b"\x26\xac"), options={"channels": [item]}, water=water)
    assert abs(water.pressure_hpa - 990.0) < 0.01


def test_saturation_described_as_data_becomes_oxygen():
    items = [
        channel(quantity=QUANTITY_DO_SATURATION, type="u16", scale=0.1, high=250),
        channel(quantity=QUANTITY_TEMPERATURE, type="u16", scale=0.1, high=45, register=0x11),
    ]
    channels, _, _, _ = ask("modbus", reply(1, b"\x03\xe8"), reply(1, b"\x00\xc8"), options={"channels": items})
    assert abs(channels[QUANTITY_DO].value - 9.092) < 0.002


def test_options_that_make_no_sense_are_refused_by_name():
    for fields, name in (
        ({"type": "f64"}, "type"),
        ({"order": "ACBD"}, "order"),
        ({"type": "u16", "order": "ABCD"}, "order"),
        ({"function": 16}, "function"),
        ({"quantity": 99}, "quantity"),
        ({"register": -1}, "register"),
        ({"register": 1.5}, "register"),
        ({"scale": "x"}, "scale"),
        ({"low": 5, "high": 5}, "high"),
        ({"low": float("nan")}, "low"),
        ({"gain": 2}, "gain"),
    ):
        said = refused(["modbus", 1, {"channels": [channel(**fields)]}])
        assert said.startswith("modbus: channels[0]: option " + name), said
    for options, name in (
        ({}, "channels"),
        ({"channels": [5]}, "channels[0]"),
        ({"channels": [channel()], "baud": 1}, "baud"),
        ({"channels": [channel()], "serial": [1]}, "serial"),
        ({"channels": [channel()], "wait_ms": 5}, "wait_ms"),
    ):
        assert refused(["modbus", 1, options]).startswith("modbus: option " + name)
    assert "no driver 'y999'" in refused(["y999", 1])
    assert "[driver, address, options]" in refused(["y504"])
    assert "[driver, address, options]" in refused("y504")
    assert "options are [1]" in refused(["y504", 1, [1]])
    assert "address is 248" in refused(["y504", 248])
    assert "address is '1'" in refused(["y504", "1", {}])
    assert "option speed is unknown" in refused(["sen0681", 1, {"speed": 1}])


def test_one_lost_reply_is_asked_again():
    channels, port, _, counters = ask("y532", b"", reply(1, struct.pack("<f", 7.5)), SERIAL)
    assert channels[QUANTITY_PH].value == 7.5
    assert (counters.probe_requests, counters.probe_timeouts) == (3, 1)


def test_noise_before_a_reply_does_no_harm():
    channels, _, _, _ = ask("y532", b"\x00\xff" + reply(1, struct.pack("<f", 7.5)))
    assert channels[QUANTITY_PH].value == 7.5


def test_what_a_probe_cannot_answer_is_its_fault_or_a_matter_of_time():
    for code, reason in ((2, REASON_PROBE_FAULT), (6, REASON_NOT_READY)):
        said = sealed(bytes((1, 0x83, code)))
        channels, _, _, counters = ask("y532", said, said)
        assert channels[QUANTITY_PH].quality == BAD << 8 | reason
        assert counters.probe_bad_frames == 0


def test_a_reply_that_comes_late_never_passes_for_the_next_answer():
    # Both registers are two long: only the order tells their replies apart.
    items = [channel(low=0, high=10), channel(quantity=QUANTITY_PH, register=0x20, low=0, high=14)]
    port = Port(b"", reply(1, struct.pack(">f", 1.5)), reply(1, struct.pack(">f", 7.5)))
    buses = Buses(port)
    waited = []

    async def late(ms):
        # The answer to the first question comes while the second is not yet asked.
        waited.append(ms)
        if ms > 100:
            port.waiting = reply(1, struct.pack(">f", 1.5))

    buses.master._sleep_ms = late
    channels = read(made(["modbus", 1, {"channels": items}], buses))
    assert (channels[QUANTITY_AMMONIUM].value, channels[QUANTITY_PH].value) == (1.5, 7.5)
    assert 300 in waited


def test_silence_damage_and_nonsense_are_bad_and_carry_no_value():
    good = reply(1, struct.pack("<f", 7.5))
    flipped = good[:4] + bytes((good[4] ^ 1,)) + good[5:]
    other = reply(2, struct.pack("<f", 7.5))
    for replies, reason in (
        ((), REASON_TIMEOUT),
        ((flipped, flipped), REASON_BAD_FRAME),
        ((other, other), REASON_BAD_FRAME),
        ((good[:5], good[:5]), REASON_BAD_FRAME),
    ):
        channels, _, _, _ = ask("y532", *replies)
        assert channels[QUANTITY_PH].quality == BAD << 8 | reason
        assert math.isnan(channels[QUANTITY_PH].value)
    for value in (15.0, -1.0, float("nan"), float("inf")):
        channels, _, _, _ = ask("y532", reply(1, struct.pack("<f", value)))
        assert channels[QUANTITY_PH].quality == BAD << 8 | REASON_RANGE
