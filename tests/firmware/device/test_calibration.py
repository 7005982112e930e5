import json
import math
import os
import struct

from firmware.node.bank import Bank
from firmware.node.calibration import Calibration
from firmware.node.channel import Channel
from firmware.node.refused import Refused
from hardware.registers import (
    BAD,
    CALIBRATE,
    CALIBRATE_BEGIN,
    CALIBRATE_END,
    CALIBRATE_UNDO,
    GOOD,
    PROBES,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_PH,
    RAW,
    REASON_CALIBRATING,
    REASON_NO_PASSPORT,
    REFUSED_CONTENT,
    REFUSED_NOTHING,
    UNCERTAIN,
)

FOLDER = "calibration_test/"
PH = 2


class Steps:
    ms = 5000

    def uptime_ms(self):
        return self.ms


class Water:
    salinity_psu = 12.5
    pressure_hpa = 1004.0


class Rounds:
    sequence = 41


class Probe:
    answering = True

    def __init__(self, serial, *channels):
        self.serial = serial
        self.channels = list(channels)


class Node:
    # Two probes with three channels as they stand after a boot with the files of FOLDER.
    def __init__(self, entries=(["y504", 1, {}], ["y532", 3, {}])):
        self.clock = Steps()
        oxygen = Probe(b"YL0112345678", Channel(QUANTITY_DO, 0.0, 25.0), Channel(QUANTITY_DO_SATURATION, 0.0, 250.0))
        oxygen.channels[0].derived = True
        self.probes = [oxygen, Probe(b"", Channel(QUANTITY_PH, 0.0, 14.0))]
        self.probes[1].answering = False
        self.channels = oxygen.channels + self.probes[1].channels
        self.entries = entries
        self.start_calibration()
        self.bank = Bank()
        self.made.serve(self.bank)
        self.made.apply()

    def start_calibration(self):
        self.made = Calibration(self.channels, self.probes, self.entries, Rounds(), Water(), self.clock, 77, FOLDER)

    def act(self, action, channel=PH, minutes=10):
        words = bytearray(struct.pack(">HHH", action, channel, minutes))
        self.bank.write(CALIBRATE.address, CALIBRATE.length, words, 0)

    def read(self, block):
        frame = bytearray(2 * block.length)
        self.bank.read(block.address, block.length, frame, 0)
        return frame

    def add(self, values, channel=PH):
        return self.made.add(channel, received(values))

    def shown(self, raw):
        channel = self.channels[PH]
        channel.put(raw, self.clock.ms)
        channel.settle(self.clock.ms)
        return channel.value

    def passport(self, channel=PH):
        return json.loads(self.made.read(channel))


def clean():
    for folder in (FOLDER + "cal", FOLDER[:-1]):
        try:
            for name in os.listdir(folder):
                if name != "cal":
                    os.remove(folder + "/" + name)
        except OSError:
            pass
    try:
        os.mkdir(FOLDER[:-1])
    except OSError:
        pass


def received(values):
    # A document as the transfer hands it over.
    with open(FOLDER + "incoming", "w") as file:
        file.write(values if isinstance(values, str) else json.dumps(values))
    return FOLDER + "incoming"


def entry(**changes):
    values = {
        "kind": "ph_2",
        "points": [[7.0, 6.86], [4.25, 4.0]],
        "curve": [[-1e9, 1.04, -0.42]],
        "who": "Nguyễn Văn An",
        "when": 1790000000,
        "standard": "6.86 + 4.01",
        "temperature_c": 28.5,
        "salinity_psu": 12.5,
        "pressure_hpa": 1004.0,
        "before": 7.0,
        "after": 6.86,
        "due": 1792592000,
    }
    values.update(changes)
    return values


def offset(shift, when=1790000000):
    return entry(kind="offset", points=[[7.0, 7.0 + shift]], curve=[[-1e9, 1.0, shift]], when=when)


def test_a_calibration_holds_at_once_and_after_the_next_boot():
    clean()
    node = Node()
    assert node.add(entry()) == REFUSED_NOTHING
    assert abs(node.shown(7.0) - 6.86) < 1e-6
    node = Node()
    assert abs(node.shown(4.25) - 4.0) < 1e-6
    assert node.passport()["key"] == "y532@3-6"
    assert node.passport()["entries"][0]["who"] == "Nguyễn Văn An"


def test_two_segments_meet_in_the_middle_point():
    clean()
    node = Node()
    points = [[4.0, 4.0], [7.0, 6.7], [9.0, 9.1]]
    curve = [[-1e9, 0.9, 0.4], [7.0, 1.2, -1.7]]
    assert node.add(entry(kind="ph_3", points=points, curve=curve)) == REFUSED_NOTHING
    for raw, true in points:
        assert abs(node.shown(raw) - true) < 1e-6


def test_the_last_five_are_kept_and_undone_one_by_one():
    clean()
    node = Node()
    for n in range(7):
        node.add(offset(n / 10, 1790000000 + n))
    assert [one["when"] - 1790000000 for one in node.passport()["entries"]] == [6, 5, 4, 3, 2]
    node.act(CALIBRATE_UNDO)
    node.made.step()
    assert abs(node.shown(7.0) - 7.5) < 1e-6
    for _ in range(4):
        node.act(CALIBRATE_UNDO)
        node.made.step()
    assert node.shown(7.0) == 7.0
    assert Node().shown(7.0) == 7.0
    assert refused(node, CALIBRATE_UNDO)


def refused(node, *words):
    try:
        node.act(*words)
    except Refused:
        return True
    return False


def test_an_entry_that_makes_no_sense_is_refused_and_changes_nothing():
    clean()
    node = Node()
    node.add(offset(0.1))
    wrong = [
        entry(kind="ph_9"),
        entry(kind=["ph_2"]),
        entry(kind="do_1"),
        entry(points=[[7.0, 6.86]]),
        entry(points=[[7.0, 6.86], [4.25, 5.0]]),
        entry(points=[[7.0, 6.86], ["4.25", 4.0]]),
        entry(curve=[[-1e9, 0.1, 0.0]]),
        entry(curve=[[-1e9, -1.04, 14.0]]),
        entry(curve=[]),
        entry(curve=[[-1e9, 1.04, -0.42], [5.0, 1.0, 0.0]]),
        entry(curve=[[9.0, 1.04, -0.42], [5.0, 1.04, -0.42]]),
        entry(curve=[[-1e9, True, 0.0]]),
        entry(who=""),
        entry(who="x" * 200),
        entry(when=0),
        entry(when=1.5),
        entry(due=1),
        entry(before=None),
        entry(temperature_c="warm"),
        [],
        {},
        "no JSON at all",
        '{"kind": "ph_2", "points": [[1e999, 1]]}',
        "",
    ]
    for values in wrong:
        assert node.add(values) == REFUSED_CONTENT, values
    assert len(node.passport()["entries"]) == 1
    assert abs(node.shown(7.0) - 7.1) < 1e-6


def test_what_is_computed_from_others_is_not_calibrated():
    clean()
    node = Node()
    assert node.add(offset(0.1), channel=0) == REFUSED_CONTENT
    assert refused(node, CALIBRATE_BEGIN, 0)
    assert node.add(offset(0.1), channel=3) == REFUSED_CONTENT


def test_a_passport_is_restored_as_it_was_read_and_to_its_own_channel_only():
    clean()
    node = Node()
    node.add(offset(0.1))
    node.add(offset(0.2))
    kept = node.made.read(PH).decode()
    clean()
    node = Node()
    assert node.made.read(PH) is None
    assert node.made.restore(1, received(kept)) == REFUSED_CONTENT
    assert node.made.restore(PH, received(kept)) == REFUSED_NOTHING
    assert abs(node.shown(7.0) - 7.2) < 1e-6
    assert json.loads(kept) == node.passport()


def test_moving_a_probe_in_the_settings_keeps_its_passport():
    clean()
    Node().add(offset(0.1))
    node = Node((["sen0681", 9, {}], ["y532", 3, {}]))
    assert abs(node.shown(7.0) - 7.1) < 1e-6
    assert Node((["y504", 1, {}], ["y532", 4, {}])).shown(7.0) == 7.0


def test_two_inputs_of_one_kind_have_passports_of_their_own():
    node = Node()
    node.probes[1].channels.append(Channel(QUANTITY_PH, 0.0, 14.0))
    node.channels.append(node.probes[1].channels[1])
    assert [node.made.key(n) for n in range(4)] == ["y504@1-1", "y504@1-2", "y532@3-6", "y532@3-6-2"]


def test_a_damaged_passport_falls_back_or_makes_the_channel_uncertain():
    clean()
    node = Node()
    node.add(offset(0.1))
    node.add(offset(0.2))
    for name in ("json", "old"):
        with open(FOLDER + "cal/y532@3-6." + name, "rb") as file:
            data = bytearray(file.read())
        data[40] ^= 4
        with open(FOLDER + "cal/y532@3-6." + name, "wb") as file:
            file.write(data)
        node = Node()
        value = node.shown(7.0)
        if name == "json":
            assert abs(value - 7.1) < 1e-6
            assert node.channels[PH].quality == GOOD << 8
    assert node.channels[PH].quality == UNCERTAIN << 8 | REASON_NO_PASSPORT
    node.start_calibration()
    node.add(offset(0.3))
    assert abs(node.shown(7.0) - 7.3) < 1e-6
    assert node.channels[PH].quality == GOOD << 8


def test_a_channel_under_calibration_is_handed_back_by_itself():
    clean()
    node = Node()
    node.act(CALIBRATE_BEGIN, PH, 5)
    assert node.channels[PH].quality == BAD << 8 | REASON_CALIBRATING
    assert math.isnan(node.shown(6.9))
    assert struct.unpack_from(">HHH", node.read(RAW), 10) == (3, 1 << PH, 300)
    node.clock.ms += 299999
    node.made.step()
    assert math.isnan(node.shown(6.9))
    node.clock.ms += 1
    node.made.step()
    assert node.shown(6.9) == 6.9
    assert struct.unpack_from(">HHH", node.read(RAW), 10) == (3, 0, 0)


def test_it_is_handed_back_when_the_tool_says_so():
    clean()
    node = Node()
    node.act(CALIBRATE_BEGIN, PH, 60)
    node.act(CALIBRATE_END, PH, 0)
    assert node.shown(6.9) == 6.9
    for words in ((CALIBRATE_BEGIN, PH, 0), (CALIBRATE_BEGIN, PH, 61), (9, PH, 1), (CALIBRATE_BEGIN, 12, 5)):
        assert refused(node, *words)


def test_raw_shows_what_the_probes_said_and_the_water_they_stand_in():
    clean()
    node = Node()
    node.add(offset(0.5))
    node.shown(6.5)
    raw = node.read(RAW)
    assert struct.unpack_from(">HIIHHHff", raw, 0) == (RAW.number, 77, 41, 3, 0, 0, 12.5, 1004.0)
    values = struct.unpack_from(">12f", raw, 2 * RAW.head_length)
    assert values[PH] == 6.5
    assert all(math.isnan(values[n]) for n in range(12) if n != PH)


def test_probes_say_who_they_are_and_who_is_silent():
    probes = Node().read(PROBES)
    assert struct.unpack_from(">HHH", probes, 0) == (PROBES.number, 2, 0b01)
    assert struct.unpack_from(">H16sH16s", probes, 6) == (0, b"YL0112345678" + bytes(4), 2, bytes(16))
