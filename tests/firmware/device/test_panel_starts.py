from firmware.node.starts import order_of
from hardware.registers import MAINS_WIRED
from panels import Rig

try:
    from random import getrandbits, seed
except ImportError:
    from urandom import getrandbits, seed


def gaps_ms(relays):
    times = [ms for _, ms in relays.starts()]
    return [times[i + 1] - times[i] for i in range(len(times) - 1)]


def test_boot_brings_all_on_one_after_another():
    rig = Rig()
    seen = []
    rig.panel.step()
    assert rig.relays.mask == 0
    for _ in range(4):
        seen.append(rig.run(5))
    assert seen == [0b0001, 0b0011, 0b0111, 0b1111]


def test_starts_follow_the_ponds_order_of_machines():
    rig = Rig(start_order=[2, 0])
    rig.run(60)
    assert [aerator for aerator, _ in rig.relays.starts()] == [2, 0, 1, 3]


def test_an_order_that_names_nonsense_still_starts_every_machine_once():
    rig = Rig(start_order=[3, 9, -1, 3, 1])
    assert order_of(rig.settings) == [3, 1, 0, 2]


def test_a_reset_keeps_what_ran():
    rig = Rig()
    rig.leased(30, 0b0101)
    rig.boot()
    rig.panel.step()
    assert rig.relays.mask == 0b0101


def test_those_beyond_the_power_limit_wait_and_the_rest_run():
    rig = Rig(power_kw=[3.0, 3.0, 3.0, 1.0], power_limit_kw=7.0)
    assert rig.run(60) == 0b1011
    assert rig.show()["held_off"] == 0b0100
    assert rig.show()["running_centi_kw"] == 700


def test_the_first_runs_even_when_it_alone_exceeds_the_limit():
    rig = Rig(power_kw=[3.0, 3.0, 3.0, 3.0], power_limit_kw=2.0, start_order=[1])
    assert rig.run(60) == 0b0010


def test_the_gateways_command_is_held_within_the_limit_too():
    rig = Rig(power_kw=[3.0] * 4, power_limit_kw=6.0)
    assert rig.leased(60, 0b1110) == 0b0110
    assert rig.leased(60, 0b1100) == 0b1100


def test_a_limit_that_is_lowered_sheds_the_last_of_the_order():
    rig = Rig(power_kw=[3.0] * 4)
    assert rig.run(60) == 0b1111
    rig.settings.power_limit_kw = 6.0
    assert rig.run(1) == 0b0011


def test_what_runs_is_not_stopped_for_one_earlier_in_the_order():
    rig = Rig(power_kw=[3.0] * 4, power_limit_kw=6.0)
    assert rig.leased(60, 0b1100) == 0b1100
    assert rig.run(120) == 0b1100
    assert rig.show()["held_off"] == 0b0011


def test_what_runs_by_hand_counts_against_the_limit():
    rig = Rig(power_kw=[3.0] * 4, power_limit_kw=6.0)
    rig.relays.switches = 0x5595
    assert rig.leased(60, 0b0111) == 0b0001
    assert rig.show()["running_centi_kw"] == 600


def test_machines_that_are_switched_off_leave_their_share_to_others():
    rig = Rig(power_kw=[3.0] * 4, power_limit_kw=6.0)
    rig.relays.switches = 0x5550
    assert rig.run(60) == 0b1100


def test_switches_that_all_read_off_stop_nobody():
    rig = Rig(power_kw=[3.0] * 4, power_limit_kw=6.0)
    rig.relays.switches = 0
    assert rig.run(60) == 0b0011


def test_a_stopped_aerator_rests_even_when_the_lease_is_lost():
    rig = Rig(min_off_s=60)
    rig.leased(30, 0b1111)
    rig.leased(20, 0b0000)
    assert rig.run(35) == 0
    assert rig.show()["held_off"] == 0b1111
    assert rig.run(25) == 0b1111
    assert all(ms - 30000 >= 60000 for _, ms in rig.relays.starts()[4:])


def test_the_rest_survives_a_reset():
    rig = Rig(min_off_s=60)
    rig.leased(30, 0b1111)
    rig.leased(20, 0b1110)
    rig.boot()
    rig.run(38)
    assert rig.relays.mask == 0b1110
    rig.run(6)
    assert rig.relays.mask == 0b1111


def test_resets_in_a_row_wear_the_rest_down_all_the_same():
    rig = Rig(min_off_s=60, stagger_ms=0)
    rig.leased(30, 0b1111)
    rig.leased(5, 0b0000)
    for _ in range(30):
        rig.boot()
        rig.run(4)
    assert rig.relays.mask == 0b1111


def test_a_power_up_knows_of_no_rest():
    rig = Rig(min_off_s=600)
    assert rig.run(20) == 0b1111


def test_without_a_decision_the_board_is_told_what_may_run():
    rig = Rig(power_kw=[3.0] * 4, power_limit_kw=6.0)
    assert rig.relays.fit == 0b0011
    rig.leased(60, 0b1000)
    assert rig.relays.fit == 0b1001


def fed(**values):
    rig = Rig(phases=7, **values)
    rig.relays.mains_word = MAINS_WIRED | 7
    rig.leased(30, 0b1111)
    return rig


def lose_mains(rig):
    rig.relays.power = False
    rig.relays.mains_word = MAINS_WIRED


def test_after_the_mains_return_the_motors_start_one_after_another():
    rig = fed(start_order=[2])
    lose_mains(rig)
    assert rig.leased(120, 0b1111) == 0b0100
    rig.relays.power = True
    rig.relays.mains_word = MAINS_WIRED | 7
    before = len(rig.relays.starts())
    assert rig.leased(30, 0b1111) == 0b1111
    again = rig.relays.starts()[before:]
    assert [aerator for aerator, _ in again] == [0, 1, 3]
    assert min(gaps_ms(rig.relays)) >= 5000


def test_a_machine_that_is_switched_off_is_no_witness_of_the_mains():
    rig = fed()
    rig.relays.switches = 0x5554
    lose_mains(rig)
    assert rig.leased(60, 0b1111) == 0b0010


def test_phases_that_lie_hold_nobody_off():
    rig = fed()
    rig.relays.mains_word = MAINS_WIRED
    assert rig.leased(60, 0b1111) == 0b1111
    rig.leased(10, 0b0000)
    assert rig.leased(60, 0b1111) == 0b1111


def test_a_panel_without_current_sense_believes_no_phase():
    rig = Rig(phases=7)
    lose_mains(rig)
    assert rig.run(60) == 0b1111


def test_the_loss_of_one_phase_moves_no_relay():
    rig = fed()
    rig.relays.mains_word = MAINS_WIRED | 3
    assert rig.leased(60, 0b1111) == 0b1111


def check_starts(rig):
    # No two starts closer than the stagger, none within the rest of its motor.
    stagger_ms = rig.settings.stagger_ms
    assert all(gap >= stagger_ms for gap in gaps_ms(rig.relays)), gaps_ms(rig.relays)
    stopped_ms = {}
    for aerator, run, ms in rig.relays.moves:
        if not run:
            stopped_ms[aerator] = ms
        elif aerator in stopped_ms:
            assert ms - stopped_ms[aerator] >= rig.settings.min_off_s * 1000, (aerator, ms)


def power_held(rig):
    starts = rig.panel.starts
    running = [a for a in range(starts.count) if starts.coils >> a & 1]
    total = sum(starts.centi_kw[a] for a in running)
    return total <= rig.settings.power_limit_kw * 100 + 0.5 or len(running) == 1


def one_night(number):
    # A night of any commands, losses, changes of mind and resets; then the gateway dies.
    seed(number)
    count = 1 + getrandbits(3)
    rig = Rig(
        aerators=count,
        stagger_ms=1000 * getrandbits(3),
        min_off_s=(0, 20, 60, 120)[getrandbits(2)],
        power_kw=[(0.75, 1.5, 2.2, 3.0)[getrandbits(2)] for _ in range(count)],
        power_limit_kw=float(1 + getrandbits(4)),
        start_order=[getrandbits(3) for _ in range(4)],
    )
    for _ in range(40):
        choice = getrandbits(3)
        if choice < 5:
            rig.command(getrandbits(8) & ((1 << count) - 1), expiry_s=1 + getrandbits(6))
        elif choice == 5:
            rig.boot()
        for _ in range(1 + getrandbits(4)):
            rig.run(1, step_ms=1000)
            assert power_held(rig)
    rig.run(rig.settings.lease_s + count * rig.settings.stagger_ms / 1000 + rig.settings.min_off_s + 5, step_ms=1000)
    check_starts(rig)
    starts = rig.panel.starts
    assert starts.coils == rig.relays.mask
    assert starts.coils
    assert power_held(rig)
    used = sum(starts.centi_kw[a] for a in range(count) if starts.coils >> a & 1)
    for aerator in range(count):
        if not starts.coils >> aerator & 1:
            assert used + starts.centi_kw[aerator] > rig.settings.power_limit_kw * 100


def test_any_night_ends_in_all_the_air_that_fits_without_a_hasty_start():
    for number in range(60):
        one_night(number)
