import os
import struct

from firmware.node.bank import Bank
from firmware.node.channel import Channel
from firmware.node.log import RESERVE_BYTES, Log
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler
from firmware.node.segment import HEAD_BYTES
from hardware.registers import ACKNOWLEDGE, RING, TIME

PERIOD_MS = 10000
WALL_S = 1800000000


class Steps:
    ms = 0

    def uptime_ms(self):
        return self.ms


class Set:
    log_period_s = 60
    sample_period_ms = PERIOD_MS


class Node:
    # A node's memory from boot to power cut; `flash` is its folder, which outlives it.
    def __init__(self, boot_id, channels=2, slots=48, longest=10080, free=10000000, flash="log"):
        self.clock = Steps()
        self.boot_id = boot_id
        self.free = free
        self.log = Log(flash, channels, longest, boot_id, lambda: self.free)
        ring = Ring(bytearray(slots * (8 + 6 * channels)), channels)
        made = [Channel(quantity + 1) for quantity in range(channels)]
        self.sampler = Sampler(made, ring, self.clock, boot_id, Set(), self.log)
        self.memory = self.sampler.memory
        self.bank = Bank()
        self.sampler.serve(self.bank)

    def tend(self):
        while self.memory.tend():
            pass

    def live(self, samples):
        for _ in range(samples):
            self.clock.ms += PERIOD_MS
            self.sampler.take()
            self.tend()

    def window(self):
        frame = bytearray(2 * RING.length)
        self.bank.read(RING.address, RING.length, frame, 0)
        _, boot_id, channels, records, unread, wall_s, quantities = struct.unpack_from(">HIHHII12s", frame, 0)
        found = []
        for n in range(records):
            found.append(struct.unpack_from(">II", frame, 30 + n * (8 + 6 * channels)))
        return boot_id, found, unread, wall_s, quantities

    def acknowledge(self, boot_id, sequence):
        data = bytearray(struct.pack(">II", boot_id, sequence))
        self.bank.write(ACKNOWLEDGE.address, ACKNOWLEDGE.length, data, 0)
        self.tend()

    def tell_time(self, wall_s):
        self.bank.write(TIME.address, TIME.length, bytearray(struct.pack(">I", wall_s)), 0)

    def fetch_all(self):
        # What a gateway does: window, acknowledge, window, until nothing is unread.
        fetched = []
        while True:
            self.tend()
            boot_id, records, unread, _, _ = self.window()
            if not records:
                assert unread == 0
                return fetched
            fetched.extend([(boot_id, sequence) for sequence, _ in records])
            self.acknowledge(boot_id, records[-1][0])


def files():
    try:
        return sorted(os.listdir("log"))
    except OSError:
        return []


def data_of(name):
    with open("log/" + name, "rb") as file:
        return file.read()


def write(name, data):
    with open("log/" + name, "wb") as file:
        file.write(data)


def clean():
    for name in files():
        os.remove("log/" + name)


def test_flash_rests_while_the_gateway_fetches():
    clean()
    node = Node(7)
    for _ in range(200):
        node.live(20)
        node.acknowledge(7, node.sampler.ring.last)
    assert files() == []
    assert (node.log.erases, node.memory.dropped, node.memory.unread) == (0, 0, 0)


def test_five_unread_minutes_go_to_flash_in_one_go():
    clean()
    node = Node(7)
    node.live(30)
    assert node.log.erases == 0
    node.live(1)
    assert (node.log.erases, node.log.records) == (1, 6)
    node.live(35)
    assert node.log.erases == 1
    node.live(1)
    assert (node.log.erases, node.log.records) == (2, 12)


def test_a_short_absence_is_fetched_in_full():
    clean()
    node = Node(7)
    node.live(45)
    assert node.memory.unread == 45
    assert node.fetch_all() == [(7, n + 1) for n in range(45)]
    assert files() == []
    assert node.log.records == 0


def test_a_long_absence_is_fetched_oldest_first_and_thinned_to_one_a_minute():
    clean()
    node = Node(7)
    node.live(1000)
    fetched = [sequence for _, sequence in node.fetch_all()]
    assert fetched == sorted(fetched)
    assert fetched[-48:] == list(range(953, 1001))
    assert fetched[:-48] == list(range(1, 953, 6))
    assert node.memory.dropped == 0
    assert files() == []


def test_samples_of_an_earlier_boot_come_first_with_its_date_and_quantities():
    clean()
    node = Node(7, channels=3)
    node.clock.ms = 5000
    node.tell_time(WALL_S)
    node.live(100)
    again = Node(8)
    again.live(3)
    boot_id, records, _, wall_s, quantities = again.window()
    assert (boot_id, records[0], wall_s) == (7, (1, 15000), WALL_S - 5)
    assert quantities[:4] == b"\x01\x02\x03\x00"
    fetched = again.fetch_all()
    assert fetched[:12] == [(7, n) for n in range(1, 68, 6)]
    assert fetched[-3:] == [(8, 1), (8, 2), (8, 3)]
    assert files() == []


def test_a_power_cut_loses_five_minutes_at_most():
    clean()
    node = Node(7)
    node.live(500)
    kept = [sequence for _, sequence in Node(8).fetch_all()]
    assert kept == list(range(1, kept[-1] + 1, 6))
    assert 500 - kept[-1] <= 36


def test_an_acknowledgement_of_another_boot_or_beyond_what_was_shown_forgets_nothing():
    clean()
    node = Node(7)
    node.live(500)
    again = Node(8)
    again.live(1)
    before = again.window()
    again.acknowledge(6, 400)
    again.acknowledge(8, 400)
    assert again.window() == before
    again.acknowledge(7, 4000)
    boot_id, records, _, _, _ = again.window()
    assert (boot_id, records[0][0]) == (7, before[1][-1][0] + 6)


def test_a_window_may_be_acknowledged_in_parts():
    clean()
    Node(7).live(500)
    again = Node(8)
    again.tend()
    again.acknowledge(7, again.window()[1][2][0])
    assert again.window()[1][0][0] == 19


def test_what_was_fetched_of_this_boot_before_an_earlier_one_does_not_come_twice():
    clean()
    Node(7).live(100)
    node = Node(8)
    node.live(100)
    node.acknowledge(8, 100)
    assert [boot_id for boot_id, _ in node.fetch_all()] == [7] * 12


def test_a_window_is_empty_but_not_final_until_flash_was_read():
    clean()
    Node(7).live(100)
    node = Node(8)
    node.clock.ms += PERIOD_MS
    node.sampler.take()
    boot_id, records, unread, _, _ = node.window()
    assert (boot_id, records) == (8, [])
    assert unread > 0
    node.tend()
    assert node.window()[0] == 7


def test_the_oldest_goes_when_seven_days_are_full():
    clean()
    node = Node(7, longest=300)
    node.live(6 * 700)
    fetched = [sequence for _, sequence in node.fetch_all()]
    assert len(fetched) > 300
    assert len(files()) == 0
    lost = (fetched[0] - 1) // 6
    assert node.memory.dropped == lost
    assert lost > 0


def test_a_full_flash_keeps_its_reserve_and_the_newest():
    clean()
    node = Node(7)
    node.live(2000)
    node.free = RESERVE_BYTES - 1
    node.live(1000)
    assert node.memory.dropped > 0
    assert node.sampler.ring.last == 3000
    node.free = 10000000
    fetched = [sequence for _, sequence in node.fetch_all()]
    assert fetched[-1] == 3000
    assert node.memory.unread == 0


def test_flash_that_refuses_stops_no_sampling():
    clean()
    node = Node(7, flash="no/such/folder")
    node.live(200)
    assert node.sampler.ring.last == 200
    assert node.memory.dropped == (200 - 48 + 5) // 6
    assert [sequence for _, sequence in node.fetch_all()] == list(range(153, 201))


def test_a_segment_is_never_added_to_by_another_boot_or_under_another_date():
    clean()
    node = Node(7)
    node.live(100)
    node.tell_time(WALL_S)
    node.live(100)
    Node(8).live(100)
    assert len(files()) == 3


def test_records_on_both_sides_of_a_wrap_of_their_time_have_their_own_date():
    clean()
    node = Node(7)
    node.tell_time(WALL_S)
    node.clock.ms = 0xFFFFFFFF - 305000
    node.live(100)
    again = Node(8)
    dates = set()
    while True:
        again.tend()
        boot_id, records, _, wall_s, _ = again.window()
        if not records:
            break
        for _, uptime_ms in records:
            dates.add((wall_s, uptime_ms < 1000000))
        again.acknowledge(boot_id, records[-1][0])
    assert dates == {(WALL_S, False), (WALL_S + 4294967, True)}


def test_a_torn_tail_is_skipped():
    clean()
    Node(7).live(100)
    whole = data_of("1")
    for cut in range(1, 24):
        write("1", whole[:-cut])
        assert [sequence for _, sequence in Node(8).fetch_all()] == list(range(1, 67, 6)), cut
        assert files() == []


def test_no_changed_byte_of_a_segment_is_taken_for_good():
    clean()
    Node(7).live(160)
    whole = data_of("1")
    stride = 24
    sound = list(range(1, 6 * ((len(whole) - HEAD_BYTES) // stride), 6))
    for at in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(whole)
            changed[at] ^= flip
            write("1", changed)
            node = Node(8)
            node.tend()
            fetched = [sequence for boot_id, sequence in node.fetch_all() if boot_id == 7]
            hit = (at - HEAD_BYTES) // stride
            expected = [] if at < HEAD_BYTES else sound[:hit] + sound[hit + 1 :]
            assert fetched == expected, at
            assert at < HEAD_BYTES or node.memory.dropped == 1


def test_an_empty_segment_and_a_foreign_file_do_no_harm():
    clean()
    Node(7).live(100)
    write("2", b"")
    write("notes", b"mine")
    node = Node(8)
    node.live(100)
    assert len(node.fetch_all()) > 12
    assert files() == ["notes"]


def test_the_time_is_a_label_that_survives_small_differences():
    clean()
    node = Node(7)
    node.clock.ms = 10000
    node.tell_time(WALL_S)
    node.clock.ms = 20000
    node.tell_time(WALL_S + 11)
    assert node.sampler.wall.booted_s == WALL_S - 10
    node.tell_time(WALL_S + 100)
    assert node.sampler.wall.booted_s == WALL_S + 80
