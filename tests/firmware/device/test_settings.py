import os

from firmware.node import errorlog
from firmware.node.settings import DEFAULTS, Settings, problems

FOLDER = "settings_test/"


def clean():
    try:
        os.mkdir(FOLDER[:-1])
    except OSError:
        pass
    for name in os.listdir(FOLDER[:-1]):
        os.remove(FOLDER + name)


def saved(unit_id):
    settings = Settings(FOLDER)
    settings.load()
    settings.unit_id = unit_id
    settings.save()


def loaded():
    settings = Settings(FOLDER)
    return settings.load(), settings.unit_id, settings.generation


def test_defaults_when_nothing_is_stored():
    clean()
    assert loaded() == (False, 1, 0)


def test_save_and_load():
    clean()
    saved(7)
    assert loaded() == (True, 7, 1)


def test_any_damaged_byte_falls_back_to_the_generation_before():
    clean()
    saved(7)
    saved(8)
    with open(FOLDER + "settings.json", "rb") as file:
        whole = file.read()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        with open(FOLDER + "settings.json", "wb") as file:
            file.write(damaged)
        assert loaded() == (True, 7, 1)


def test_a_cut_between_the_two_renames_leaves_the_old_settings():
    clean()
    saved(7)
    os.rename(FOLDER + "settings.json", FOLDER + "settings.old")
    assert loaded() == (True, 7, 1)
    saved(9)
    assert loaded() == (True, 9, 2)


def test_error_log_cannot_grow():
    clean()
    for n in range(60):
        errorlog.write("error number %d " % n + "x" * 80, FOLDER)
    with open(FOLDER + "errors.log") as file:
        text = file.read()
    assert len(text) <= 2048
    assert "error number 59" in text


def whole(**changes):
    values = dict(DEFAULTS)
    values.update(changes)
    return values


def test_a_whole_set_of_settings_is_fine():
    probes = [["y504", 1, {}], ["ds18b20", "28ff64c1921503a7", {}], ["ads1115", 0x48]]
    assert problems(DEFAULTS) == ""
    assert problems({}) == ""
    assert problems(whole(probes=probes, start_order=[2, 0, 1], power_kw=[1.5, 2], update_key="0a" * 32)) == ""


def test_what_is_wrong_in_settings_is_named():
    wrong = (
        {"unit_id": 0},
        {"unit_id": 248},
        {"unit_id": "7"},
        {"unit_id": True},
        {"unit_id": 7.5},
        {"salinity_psu": float("nan")},
        {"pressure_hpa": 500},
        {"burst": 10},
        {"name": 5},
        {"name": "x" * 41},
        {"update_key": "0a" * 31},
        {"update_key": "zz" * 32},
        {"probes": {}},
        {"probes": [["y504", 1, {}]] * 9},
        {"probes": [["y999", 1, {}]]},
        {"probes": [["y504"]]},
        {"probes": [["y504", "../x", {}]]},
        {"probes": [["y504", 1, 5]]},
        {"start_order": [0, 0]},
        {"start_order": [8]},
        {"power_kw": [-1]},
        {"power_kw": [1] * 9},
        {"own_probe_off_mg_l": 4.0},
        {"wifi": "open"},
    )
    for changes in wrong:
        text = problems(whole(**changes))
        assert text.startswith(list(changes)[0] + ": "), (changes, text)
        assert all(" " <= letter <= "~" for letter in text)
    assert problems([]) == "settings: not an object"
