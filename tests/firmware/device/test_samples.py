import math
import struct

from firmware.node.bank import Bank
from firmware.node.channel import Channel, age_s
from firmware.node.heartbeat import Heartbeat
from firmware.node.oxygen import do_mg_l, salinity_psu
from firmware.node.clock import Clock
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler
from hardware.registers import ACKNOWLEDGE, BAD, LIVE, REASON_TIMEOUT, RING


class Steps:
    ms = 0

    def uptime_ms(self):
        return self.ms


def words(bank, block):
    frame = bytearray(2 * block.length)
    bank.read(block.address, block.length, frame, 0)
    return frame


def acknowledge(bank, boot_id, sequence):
    data = bytearray(struct.pack(">II", boot_id, sequence))
    bank.write(ACKNOWLEDGE.address, ACKNOWLEDGE.length, data, 0)


def sampler(capacity=5):
    clock = Steps()
    channels = [Channel(1), Channel(3)]
    ring = Ring(bytearray(capacity * 20), 2)
    made = Sampler(channels, ring, clock, 77)
    bank = Bank()
    made.serve(bank)
    return made, bank, clock


def test_live_shows_value_quality_and_age():
    made, bank, clock = sampler()
    made.channels[0].good(4.25, 0)
    clock.ms = 1000
    made.take()
    clock.ms = 3500
    live = words(bank, LIVE)
    assert struct.unpack_from(">HIIII", live, 0) == (LIVE.number, 77, 1, 1000, 2500)
    assert struct.unpack_from(">HfHH", live, 18) == (1, 4.25, 0, 3)
    quantity, value, quality, age_s = struct.unpack_from(">HfHH", live, 28)
    assert (quantity, quality >> 8, age_s) == (3, BAD, 0xFFFF)
    assert math.isnan(value)


def test_live_shows_the_sample_as_it_was_taken():
    made, bank, _ = sampler()
    made.channels[0].good(4.0, 0)
    made.take()
    made.channels[0].bad(REASON_TIMEOUT)
    quantity, value, quality, _ = struct.unpack_from(">HfHH", words(bank, LIVE), 18)
    assert (quantity, value, quality) == (1, 4.0, 0)


def test_the_window_leaves_the_spare_register_alone():
    ring = Ring(bytearray(4000), 0)
    for n in range(40):
        ring.append(n, ())
    image = bytearray(2 * RING.length)
    assert ring.window(image, 2 * RING.head_length) * 8 <= 2 * (RING.length - RING.spare - RING.head_length)


def test_a_fault_takes_the_value_away():
    channel = Channel(1)
    channel.good(5.0, 0)
    channel.bad(REASON_TIMEOUT)
    assert math.isnan(channel.value)
    assert channel.quality == BAD << 8 | REASON_TIMEOUT
    assert age_s(channel.read_ms, 9000) == 9


def test_window_shows_oldest_unread_until_acknowledged():
    made, bank, clock = sampler()
    for n in range(3):
        made.channels[0].good(float(n), clock.ms)
        made.take()
        clock.ms += 1000
    block, boot_id, channels, records, unread = struct.unpack_from(">HIHHI", words(bank, RING), 0)
    assert (block, boot_id, channels, records, unread) == (RING.number, 77, 2, 3, 3)
    acknowledge(bank, 77, 2)
    window = words(bank, RING)
    assert struct.unpack_from(">HI", window, 8) == (1, 1)
    assert struct.unpack_from(">I12s", window, 14) == (0, bytes((1, 3)) + bytes(10))
    assert struct.unpack_from(">IIf", window, 2 * RING.head_length) == (3, 2000, 2.0)


def test_acknowledgement_of_another_boot_or_twice_changes_nothing():
    made, bank, _ = sampler()
    for _ in range(3):
        made.take()
    acknowledge(bank, 76, 3)
    assert made.ring.unread() == 3
    acknowledge(bank, 77, 2)
    acknowledge(bank, 77, 1)
    acknowledge(bank, 77, 99)
    assert made.ring.unread() == 1


def test_full_ring_loses_the_oldest_and_counts_it():
    made, _, _ = sampler(capacity=5)
    for _ in range(7):
        made.take()
    assert (made.ring.unread(), made.ring.dropped) == (5, 2)
    image = bytearray(102)
    assert made.ring.window(image, 0) == 5
    assert struct.unpack_from(">I", image, 0)[0] == 3


def test_clock_goes_on_when_ticks_wrap():
    ticks = [1073741000]
    clock = Clock(lambda: ticks[0], lambda a, b: ((a - b + 536870912) & 1073741823) - 536870912)
    ticks[0] = (ticks[0] + 2000) & 1073741823
    assert clock.uptime_ms() == 2000


def test_heartbeat_names_the_task_that_stands_still():
    clock = Steps()
    fed = []
    heartbeat = Heartbeat(clock, lambda: fed.append(clock.ms))
    heartbeat.expect("line", 1000)
    heartbeat.expect("relays", 1000)
    heartbeat.check()
    clock.ms = 900
    heartbeat.mark("line")
    clock.ms = 1500
    heartbeat.check()
    assert heartbeat.late() == "relays"
    assert fed == [0]


def test_oxygen_of_the_published_tables():
    for temperature_c, salinity, expected in ((20, 0, 9.092), (28, 15, 7.201), (30, 25, 6.589), (34, 35, 5.858)):
        assert abs(do_mg_l(1.0, temperature_c, salinity, 1013.25) - expected) < 0.002
    assert abs(do_mg_l(1.0, 28, 15, 962.5875) - 6.827) < 0.002


def test_salinity_of_standard_seawater():
    assert abs(salinity_psu(42.914, 15.0) - 35.0) < 0.001
    assert salinity_psu(0.0, 28.0) == 0.0
