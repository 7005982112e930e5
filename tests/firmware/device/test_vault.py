import os

from firmware.node import vault

PATH = "vault_test/one.json"


def clean():
    for name in ("one.json", "one.old", "one.new"):
        try:
            os.remove("vault_test/" + name)
        except OSError:
            pass


def read(name):
    with open(name, "rb") as file:
        return file.read()


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def two_generations():
    clean()
    vault.save(PATH, {"n": 1, "text": "cũ"})
    vault.save(PATH, {"n": 2, "text": "mới"})


def mutations(data):
    # Every byte with every single bit turned, and as zero, blank, and letter of the other case.
    for at in range(len(data)):
        for other in [data[at] ^ 1 << bit for bit in range(8)] + [0, 0x20, 0xFF, data[at] ^ 0x20]:
            if other != data[at]:
                damaged = bytearray(data)
                damaged[at] = other
                yield damaged


def test_a_document_comes_back_as_it_was_saved():
    two_generations()
    assert vault.load(PATH) == {"n": 2, "text": "mới"}
    assert vault.body(PATH)[:1] == b"{"


def test_nothing_stored_is_nothing():
    clean()
    assert vault.load(PATH) is None
    assert not vault.holds(PATH)


def test_no_mutation_of_a_byte_is_accepted():
    two_generations()
    for damaged in mutations(read(PATH)):
        write(PATH, damaged)
        assert vault.load(PATH)["n"] == 1, damaged


def test_with_both_generations_damaged_there_is_no_document_but_it_is_known_that_there_was():
    two_generations()
    old = bytearray(read("vault_test/one.old"))
    old[12] ^= 1
    write("vault_test/one.old", old)
    for damaged in mutations(read(PATH)):
        write(PATH, damaged)
        assert vault.load(PATH) is None
    assert vault.holds(PATH)


def test_a_file_cut_anywhere_is_not_accepted():
    two_generations()
    whole = read(PATH)
    for length in range(len(whole)):
        write(PATH, whole[:length])
        assert vault.load(PATH)["n"] == 1


def test_a_damaged_document_never_pushes_out_the_whole_one():
    two_generations()
    write(PATH, b"nonsense")
    vault.save(PATH, {"n": 3})
    assert vault.load(PATH) == {"n": 3}
    write(PATH, b"nonsense")
    assert vault.load(PATH)["n"] == 1
