import asyncio
import gc
import math

from firmware.node.channel import Channel, apply, median
from firmware.node.filters import Follows, Frozen, OutOfWater, Rate, Timeout
from firmware.node.rounds import Rounds
from hardware.registers import (
    BAD,
    GOOD,
    QUANTITY_CONDUCTIVITY,
    QUANTITY_DO,
    QUANTITY_DO_SATURATION,
    QUANTITY_ENERGY,
    QUANTITY_PH,
    QUANTITY_TEMPERATURE,
    REASON_BAD_FRAME,
    REASON_CALIBRATING,
    REASON_FROZEN,
    REASON_NO_SIGNAL,
    REASON_OUT_OF_WATER,
    REASON_RANGE,
    REASON_RATE,
    REASON_TIMEOUT,
    UNCERTAIN,
)

MINUTE_MS = 60000


class Steps:
    ms = 0

    def uptime_ms(self):
        return self.ms


class Probe:
    # A probe whose channels read what `raws` says, None for a lost reading.
    def __init__(self, *channels):
        self.channels = list(channels)
        self.raws = [None] * len(channels)

    async def read(self, clock):
        for channel, raw in zip(self.channels, self.raws):
            if raw is None:
                channel.miss(REASON_TIMEOUT)
            else:
                channel.put(raw, clock.uptime_ms())

    def derive(self, now_ms):
        pass


def settled(channel, *raws, now_ms=1000):
    for raw in raws:
        channel.put(raw, now_ms)
    channel.settle(now_ms)
    return channel.value


def test_a_burst_gives_its_median():
    assert settled(Channel(1), 4.0, 90.0, 5.0) == 5.0
    assert settled(Channel(1), 4.0, 5.0, 90.0, 6.0) == 5.5
    for count in range(1, 10):
        values = [float(value * 7 % 11) for value in range(count)]
        ordered = sorted(values)
        expected = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
        assert median(values, count) == expected


def test_a_burst_that_mostly_failed_is_bad_with_the_last_reason():
    channel = Channel(1)
    channel.put(5.0, 0)
    channel.miss(REASON_TIMEOUT)
    channel.miss(REASON_BAD_FRAME)
    channel.settle(0)
    assert channel.quality == BAD << 8 | REASON_BAD_FRAME
    assert math.isnan(channel.value) and math.isnan(channel.raw)


def test_the_curve_stands_between_raw_and_value():
    channel = Channel(QUANTITY_PH, 0.0, 14.0)
    channel.curve = ((-1e9, 1.0, 0.25), (7.0, 2.0, -6.75))
    assert settled(channel, 4.0) == 4.25
    assert settled(channel, 8.0) == 9.25
    assert channel.raw == 8.0
    assert apply((), 3.5) == 3.5


def test_range_looks_at_the_calibrated_value_and_the_age_stays():
    channel = Channel(QUANTITY_PH, 0.0, 14.0)
    settled(channel, 7.0, now_ms=1000)
    for raw in (14.5, float("nan"), float("inf"), -0.5):
        settled(channel, raw, now_ms=9000)
        assert channel.quality == BAD << 8 | REASON_RANGE
        assert math.isnan(channel.value)
        assert channel.read_ms == 1000


def test_a_channel_under_calibration_shows_its_raw_value_only():
    channel = Channel(QUANTITY_PH, 0.0, 14.0)
    channel.calibrating = True
    settled(channel, 6.9)
    assert (channel.quality, channel.raw) == (BAD << 8 | REASON_CALIBRATING, 6.9)
    assert math.isnan(channel.value)
    channel.calibrating = False
    assert settled(channel, 6.9) == 6.9
    assert channel.quality == GOOD << 8


def test_a_derived_value_has_the_quality_it_is_given_and_its_own_range():
    channel = Channel(QUANTITY_DO, 0.0, 25.0)
    channel.derive(6.0, UNCERTAIN << 8 | REASON_RATE, 1000)
    assert (channel.value, channel.quality, channel.derived) == (6.0, UNCERTAIN << 8 | REASON_RATE, True)
    channel.derive(26.0, GOOD << 8, 2000)
    assert (channel.quality, channel.read_ms) == (BAD << 8 | REASON_RANGE, 1000)
    channel.derive(float("nan"), BAD << 8 | REASON_TIMEOUT, 3000)
    assert channel.quality == BAD << 8 | REASON_TIMEOUT


def test_a_jump_is_uncertain_until_it_persists():
    channel = Channel(QUANTITY_PH, 0.0, 14.0)
    channel.filters.append(Rate(1.0, 1.0))
    settled(channel, 7.0, now_ms=0)
    assert settled(channel, 10.0, now_ms=10000) == 10.0
    assert channel.quality == UNCERTAIN << 8 | REASON_RATE
    settled(channel, 7.1, now_ms=20000)
    assert channel.quality == GOOD << 8
    seen = []
    for n in range(1, 14):
        settled(channel, 10.0, now_ms=20000 + n * 10000)
        seen.append(channel.quality >> 8)
    assert seen == [UNCERTAIN] * 11 + [GOOD] * 2


def test_a_raw_value_that_stands_still_loses_trust_in_two_steps():
    channel = Channel(QUANTITY_DO_SATURATION)
    channel.filters.append(Frozen(30 * MINUTE_MS, 60 * MINUTE_MS))
    words = {}
    for minute in range(61):
        settled(channel, 55.5, now_ms=minute * MINUTE_MS)
        words[minute] = channel.quality
    assert (words[29], words[30], words[59], words[60]) == (
        GOOD << 8,
        UNCERTAIN << 8 | REASON_FROZEN,
        UNCERTAIN << 8 | REASON_FROZEN,
        BAD << 8 | REASON_FROZEN,
    )
    assert math.isnan(channel.value)
    settled(channel, 55.50001, now_ms=61 * MINUTE_MS)
    assert channel.quality == GOOD << 8


def test_a_lost_reading_does_not_thaw_a_frozen_one():
    channel = Channel(QUANTITY_DO_SATURATION)
    channel.filters.append(Frozen(30 * MINUTE_MS, 60 * MINUTE_MS))
    settled(channel, 55.5, now_ms=0)
    channel.miss(REASON_TIMEOUT)
    channel.settle(20 * MINUTE_MS)
    settled(channel, 55.5, now_ms=31 * MINUTE_MS)
    assert channel.quality == UNCERTAIN << 8 | REASON_FROZEN


def test_a_channel_that_nobody_reads_times_out_and_comes_back():
    channel = Channel(1)
    channel.filters.append(Timeout(3))
    settled(channel, 5.0, now_ms=0)
    words = []
    for n in range(1, 5):
        channel.settle(n * 10000)
        words.append(channel.quality)
    assert words == [GOOD << 8] * 3 + [BAD << 8 | REASON_TIMEOUT]
    assert channel.read_ms == 0
    assert settled(channel, 5.0, now_ms=50000) == 5.0


def oxygen(conductivity=None):
    saturation = Channel(QUANTITY_DO_SATURATION, 0.0, 250.0)
    temperature = Channel(QUANTITY_TEMPERATURE, 0.0, 45.0)
    air = OutOfWater(temperature, conductivity)
    saturation.filters.append(air)
    temperature.filters.append(Follows(air))
    return saturation, temperature


def sampled(channels, readings):
    # Settles temperature, then saturation; returns the saturation's quality words.
    words = []
    saturation, temperature = channels
    for n, (percent, celsius) in enumerate(readings):
        settled(temperature, celsius, now_ms=n * 10000)
        settled(saturation, percent, now_ms=n * 10000)
        words.append(saturation.quality)
    return words


def test_a_probe_pulled_out_of_the_water_is_bad_until_its_saturation_leaves_that_of_air():
    out = BAD << 8 | REASON_OUT_OF_WATER
    channels = oxygen()
    words = sampled(channels, ((60.0, 29.0), (80.0, 28.8), (99.0, 28.2), (100.0, 27.0), (100.2, 26.0), (62.0, 28.0)))
    assert words == [GOOD << 8, GOOD << 8, out, out, out, GOOD << 8]


def test_its_temperature_is_the_airs_from_the_next_round_on():
    channels = oxygen()
    sampled(channels, ((60.0, 29.0), (99.0, 28.2), (100.0, 27.0)))
    assert channels[1].quality == BAD << 8 | REASON_OUT_OF_WATER


def test_water_in_balance_with_air_is_no_air():
    slow = [(90.0 + n, 29.0 + n * 0.01) for n in range(12)]
    assert set(sampled(oxygen(), slow)) == {GOOD << 8}
    assert set(sampled(oxygen(), ((60.0, 29.0), (99.0, 29.0), (100.0, 29.0)))) == {GOOD << 8}


def test_a_conductivity_probe_tells_air_from_water():
    conductivity = Channel(QUANTITY_CONDUCTIVITY, 0.0, 100.0)
    channels = oxygen(conductivity)
    conductivity.miss(REASON_NO_SIGNAL)
    conductivity.settle(0)
    assert sampled(channels, ((100.0, 29.0),)) == [BAD << 8 | REASON_OUT_OF_WATER]
    settled(conductivity, 30.0)
    assert sampled(channels, ((100.0, 29.0), (60.0, 29.0), (100.0, 27.0))) == [GOOD << 8] * 3


def test_a_round_settles_oxygen_last_and_counts_itself():
    clock = Steps()
    probe = Probe(Channel(QUANTITY_DO_SATURATION, 0.0, 250.0), Channel(QUANTITY_TEMPERATURE, 0.0, 45.0))
    rounds = Rounds([probe], 3, clock)
    for raws in ((60.0, 29.0), (99.0, 28.0)):
        probe.raws = list(raws)
        clock.ms += 10000
        asyncio.run(rounds.run())
    assert probe.channels[0].quality == BAD << 8 | REASON_OUT_OF_WATER
    assert rounds.sequence == 2


def test_energy_may_stand_still_all_day():
    clock = Steps()
    probe = Probe(Channel(QUANTITY_ENERGY, 0.0, 1e7))
    rounds = Rounds([probe], 1, clock)
    probe.raws = [123.0]
    for _ in range(24):
        clock.ms += 60 * MINUTE_MS
        asyncio.run(rounds.run())
    assert probe.channels[0].quality == GOOD << 8


def test_a_thousand_rounds_leave_nothing_on_the_heap():
    if not hasattr(gc, "mem_alloc"):
        return
    channel = Channel(QUANTITY_DO_SATURATION, 0.0, 250.0)
    channel.curve = ((-1e9, 1.1, 0.5),)
    channel.filters += [Timeout(3), Rate(40.0, 120.0), Frozen(30 * MINUTE_MS, 60 * MINUTE_MS), OutOfWater(None, None)]
    raws = [50.0 + n % 7 for n in range(5)]

    def thousand():
        for n in range(1000):
            for raw in raws:
                channel.put(raw, n)
            channel.settle(n)

    thousand()
    gc.collect()
    before = gc.mem_alloc()
    gc.disable()
    thousand()
    used = gc.mem_alloc() - before
    gc.enable()
    gc.collect()
    kept = gc.mem_alloc() - before
    print("bytes a settle:", used / 1000, "kept:", kept)
    # Floats are objects on the heap: what is made are the results of sums, nothing else, and none of it stays.
    assert used / 1000 <= 256
    assert kept <= 512
