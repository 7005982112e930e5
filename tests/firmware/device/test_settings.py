import os

from firmware.node import errorlog
from firmware.node.settings import Settings

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
