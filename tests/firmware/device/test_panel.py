import struct

from firmware.node.refused import Refused
from hardware.registers import (
    COMMAND,
    MAINS_WIRED,
    PANEL_BOOT,
    PANEL_COMMAND_EXPIRED,
    PANEL_LEASE_LOST,
    PANEL_LEASED,
    PANEL_OWN_PROBE,
)
from panels import Rig

GOOD = 0
UNCERTAIN = 1 << 8
BAD = 2 << 8


def refused(rig, *words):
    try:
        rig.bank.write(COMMAND.address, len(words), bytearray(struct.pack(">" + "H" * len(words), *words)), 0)
    except Refused:
        return True
    return False


def test_lost_lease_brings_all_on_and_says_why():
    rig = Rig()
    rig.command(0)
    rig.run(14.999)
    assert (rig.relays.mask, rig.panel.reason) == (0, PANEL_LEASED)
    rig.run(20)
    assert (rig.relays.mask, rig.panel.reason, rig.panel.lease_losses) == (0b1111, PANEL_LEASE_LOST, 1)


def test_the_returning_gateway_has_its_way_again():
    rig = Rig()
    rig.command(0)
    assert rig.run(60) == 0b1111
    assert rig.leased(20, 0b0010) == 0b0010
    assert rig.panel.reason == PANEL_LEASED
    rig.run(60)
    assert rig.panel.lease_losses == 2


def test_same_counter_renews_nothing():
    rig = Rig()
    for _ in range(5):
        rig.counter = 0
        rig.command(0)
        rig.run(4)
    assert rig.panel.reason == PANEL_LEASE_LOST


def test_expired_command_brings_all_on_though_the_lease_lives():
    rig = Rig()
    rig.command(0, expiry_s=2)
    assert rig.run(1.5) == 0
    rig.run(5)
    assert (rig.relays.mask, rig.panel.reason) == (0b0001, PANEL_COMMAND_EXPIRED)


def test_a_panel_that_no_gateway_ever_called_is_alone_after_the_lease():
    rig = Rig()
    rig.run(14)
    assert rig.panel.reason == PANEL_BOOT
    rig.run(1)
    assert (rig.panel.reason, rig.panel.lease_losses) == (PANEL_LEASE_LOST, 0)


def test_a_command_beyond_the_map_is_refused_and_changes_nothing():
    rig = Rig()
    rig.command(0b0001)
    assert refused(rig, 9, 0b10000, 60, 0)
    assert refused(rig, 9, 0, 0, 0)
    assert refused(rig, 9, 0, 601, 0)
    assert refused(rig, 9, 0, 60, 2)
    assert refused(rig, 9, 0, 60)
    assert rig.show()["wanted"] == 0b0001
    assert rig.show()["lease_counter"] == 1


def test_siren_sounds_while_the_command_holds():
    rig = Rig(siren_after_s=0)
    rig.command(0, expiry_s=10, siren=1)
    rig.run(9)
    assert rig.relays.sounding
    assert rig.show()["siren"] == 1
    rig.run(1)
    assert not rig.relays.sounding
    assert rig.show()["siren"] == 0


def test_siren_sounds_by_itself_when_the_gateway_stays_away_and_stops_when_it_returns():
    rig = Rig(siren_after_s=300)
    rig.command(0)
    rig.run(15 + 299)
    assert not rig.relays.sounding
    rig.run(1)
    assert rig.relays.sounding
    rig.command(0)
    assert not rig.relays.sounding


def test_siren_never_sounds_by_itself_when_set_so():
    rig = Rig(siren_after_s=0)
    rig.run(4000)
    assert not rig.relays.sounding


class Probe:
    def __init__(self):
        self.reading = (8.0, GOOD, 1)

    def __call__(self):
        return self.reading


def alone(do_mg_l):
    # A panel with a probe of its own, left by its gateway.
    probe = Probe()
    rig = Rig(probe, own_probe_on_mg_l=4.5, own_probe_off_mg_l=6.0, sample_period_ms=10000)
    probe.reading = (do_mg_l, GOOD, 1)
    rig.run(60)
    return rig, probe


def test_own_probe_rests_all_above_and_runs_all_below_with_hysteresis():
    rig, probe = alone(7.0)
    assert (rig.relays.mask, rig.panel.reason) == (0, PANEL_OWN_PROBE)
    probe.reading = (5.0, GOOD, 1)
    assert rig.run(60) == 0
    probe.reading = (4.4, GOOD, 1)
    assert rig.run(60) == 0b1111
    probe.reading = (5.9, GOOD, 1)
    assert rig.run(60) == 0b1111
    probe.reading = (6.1, GOOD, 1)
    assert rig.run(60) == 0
    assert rig.panel.reason == PANEL_OWN_PROBE


def test_own_probe_between_the_limits_lets_all_run_at_first():
    rig, _ = alone(5.0)
    assert rig.relays.mask == 0b1111


def test_any_doubt_about_the_own_probe_means_air():
    doubts = (
        None,
        (float("nan"), GOOD, 1),
        (-1.0, GOOD, 1),
        (8.0, UNCERTAIN, 1),
        (8.0, BAD | 7, 1),
        (8.0, GOOD, 31),
        (8.0, GOOD, float("nan")),
    )
    for doubt in doubts:
        rig, probe = alone(8.0)
        assert rig.relays.mask == 0
        probe.reading = doubt
        assert rig.run(30) == 0b1111, doubt
        assert rig.panel.reason == PANEL_LEASE_LOST


def test_the_gateway_overrules_the_own_probe():
    rig, _ = alone(8.0)
    assert rig.leased(30, 0b0101) == 0b0101


def test_the_own_probe_begins_with_air_at_each_loss():
    rig, probe = alone(8.0)
    rig.leased(10, 0)
    probe.reading = (5.0, GOOD, 1)
    assert rig.run(60) == 0b1111


def test_an_aerator_without_current_is_reported_after_ten_seconds():
    rig = Rig()
    rig.leased(30, 0b1111)
    assert rig.show()["not_running"] == 0
    rig.relays.tripped = 0b0100
    rig.leased(5, 0b1111)
    assert rig.show()["not_running"] == 0
    rig.leased(10, 0b1111)
    assert rig.show()["not_running"] == 0b0100
    assert rig.show()["currents"] == 0b1011
    assert rig.relays.mask == 0b1111
    rig.relays.tripped = 0
    rig.run(1)
    assert rig.show()["not_running"] == 0


def test_nobody_misses_an_aerator_that_is_switched_off_or_has_no_phases():
    rig = Rig(phases=7)
    rig.relays.mains_word = MAINS_WIRED | 7
    rig.leased(30, 0b1111)
    rig.relays.switches = 0x5554
    rig.leased(20, 0b1111)
    assert rig.show()["not_running"] == 0
    rig.relays.tripped = 0b1110
    rig.relays.mains_word = MAINS_WIRED | 5
    rig.leased(20, 0b1111)
    assert rig.show()["not_running"] == 0
    assert rig.show()["mains"] == MAINS_WIRED | 5


def test_a_broken_current_wire_is_no_proof_of_a_standing_motor():
    rig = Rig()
    rig.leased(30, 0b1111)
    rig.relays.broken_wires = 0b0001
    assert rig.leased(30, 0b1111) == 0b1111
    assert rig.show()["currents"] == 0b1110
    assert rig.show()["not_running"] == 0


def test_the_block_shows_what_the_gateway_needs():
    rig = Rig(power_kw=[2.2, 1.5, 1.5, 0.75], power_limit_kw=4.0)
    rig.leased(60, 0b1111)
    shown = rig.show()
    assert shown["reason"] == PANEL_LEASED
    assert shown["coils"] == rig.relays.mask == 0b0011
    assert shown["held_off"] == 0b1100
    assert shown["currents"] == 0b0011
    assert shown["running_centi_kw"] == 370
    assert shown["hoa"] == 0x5555
