import os
import sys

from firmware.node import key, nvs, slots
from firmware.node.essentials import Essentials, remember
from firmware.node.settings import Settings
from firmware.node.trial import Trial
from hardware.registers import SLOT_A, SLOT_B, SLOT_BASE


class NVS:
    # What the chip keeps, in memory; `commits` counts what wears it.
    values = {}
    commits = 0

    def __init__(self, space):
        pass

    def _get(self, name):
        if name not in NVS.values:
            raise OSError(2)
        return NVS.values[name]

    def get_i32(self, name):
        return self._get(name)

    def get_blob(self, name, buffer):
        data = self._get(name)
        buffer[: len(data)] = data
        return len(data)

    def set_i32(self, name, value):
        NVS.values[name] = value

    set_blob = set_i32

    def commit(self):
        NVS.commits += 1


class Chip:
    pass


class Clock:
    ms = 0

    def uptime_ms(self):
        return self.ms


def board(a=True, b=True):
    Chip.NVS = NVS
    sys.modules["esp32"] = Chip
    NVS.values = {}
    NVS.commits = 0
    slots.FOLDERS = ("slot_a", "slot_b")
    for folder, wanted in zip(slots.FOLDERS, (a, b)):
        if folder not in os.listdir():
            os.mkdir(folder)
        if "manifest" in os.listdir(folder):
            os.remove(folder + "/manifest")
        if wanted:
            with open(folder + "/manifest", "w") as file:
                file.write("here")


def test_a_healthy_boot_writes_nothing():
    board()
    for _ in range(5):
        assert slots.choose(False) == SLOT_A
        slots.keep()
    assert NVS.commits == 0


def test_a_good_slot_goes_after_three_crashes_in_a_row_then_the_base():
    board()
    assert [slots.choose(True) for _ in range(2)] == [SLOT_A, SLOT_A]
    slots.keep()
    assert [slots.choose(True) for _ in range(3)] == [SLOT_A, SLOT_A, SLOT_B]
    assert [slots.choose(True) for _ in range(3)] == [SLOT_B, SLOT_B, SLOT_BASE]
    assert slots.choose(False) == SLOT_BASE


def test_with_one_slot_three_crashes_end_in_the_base():
    board(b=False)
    assert [slots.choose(True) for _ in range(3)] == [SLOT_A, SLOT_A, SLOT_BASE]


def test_the_base_tries_again_and_one_crash_brings_it_back():
    board(b=False)
    for _ in range(3):
        slots.choose(True)
    assert slots.retry()
    assert slots.choose(False) == SLOT_A
    assert slots.choose(True) == SLOT_BASE


def test_nothing_installed_is_the_base_and_nothing_to_try():
    board(a=False, b=False)
    assert slots.choose(False) == SLOT_BASE
    assert not slots.retry()


def test_a_slot_on_trial_goes_back_at_its_first_crash():
    board()
    slots.switch(SLOT_B, 2)
    assert (slots.choose(False), slots.on_trial(), slots.probes_before()) == (SLOT_B, True, 2)
    assert slots.choose(True) == SLOT_A
    assert not slots.on_trial()


def test_a_slot_that_never_proves_itself_goes_back_after_three_boots():
    board()
    slots.switch(SLOT_B, 0)
    assert [slots.choose(False) for _ in range(4)] == [SLOT_B, SLOT_B, SLOT_B, SLOT_A]


def judged(seconds, requests, probes, before=2):
    # Whether the application was kept, given back, or is still on trial after these seconds.
    board()
    slots.switch(SLOT_B, before)
    slots.choose(False)
    clock = Clock()
    trial = Trial(clock, slots)
    for second in range(seconds):
        clock.ms = second * 1000
        if not trial.healthy(requests(second), probes(second)):
            return "given back"
    return "on trial" if slots.on_trial() else "kept"


def test_three_minutes_of_traffic_and_all_probes_keep_it():
    assert judged(175, lambda s: s, lambda s: 2) == "on trial"
    assert judged(185, lambda s: s, lambda s: 3) == "kept"


def test_a_probe_less_or_a_silent_line_gives_it_back_in_ten_minutes():
    assert judged(595, lambda s: s, lambda s: 1) == "on trial"
    assert judged(605, lambda s: s, lambda s: 1) == "given back"
    assert judged(605, lambda s: 1 if s else 0, lambda s: 2) == "given back"
    assert slots.chosen() == SLOT_A


def test_three_minutes_begin_again_after_a_pause():
    assert judged(250, lambda s: s if s < 100 or s > 150 else 100, lambda s: 2) == "on trial"


def test_the_key_is_made_once():
    board()
    first = key.own()
    assert len(first) == 32 and key.own() == first
    assert key.key_id() == key.key_id() != 0
    NVS.values = {}
    assert key.own() != first


def test_essentials_outlive_settings_and_are_written_only_when_they_differ():
    board()
    settings = Settings()
    settings.unit_id, settings.baud, settings.role, settings.aerators = 42, 9600, 2, 6
    settings.update_key, settings.repl_locked = "ab" * 32, 1
    remember(settings)
    written = NVS.commits
    remember(settings)
    assert NVS.commits == written
    kept = Essentials()
    assert (kept.unit_id, kept.baud, kept.role, kept.aerators, kept.update_key) == (42, 9600, 2, 6, "ab" * 32)
    assert nvs.number("locked", 0) == 1
