import binascii
import hashlib

from firmware.node.ed25519 import _ORDER, _P, verify
from firmware.node.sha512 import Sha512

# Public key, message and signature of RFC 8032, section 7.1, tests 1 to 3.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
            "55141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb0"
            "0d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
            "27beceea1ec40a"
        ),
    ),
)


def vector(number):
    return [binascii.unhexlify(text) for text in VECTORS[number]]


def accepts(public, message, signature):
    return verify(public, signature, (message,), lambda: None)


def test_the_standards_own_signatures_are_right():
    for number in range(len(VECTORS)):
        assert accepts(*vector(number))


def test_one_other_bit_anywhere_is_wrong():
    public, message, signature = vector(2)
    for at in range(0, 64, 7):
        changed = bytearray(signature)
        changed[at] ^= 1 << at % 8
        assert not accepts(public, message, bytes(changed))
    for at in (0, 15, 31):
        changed = bytearray(public)
        changed[at] ^= 4
        assert not accepts(bytes(changed), message, signature)
    assert not accepts(public, b"\xaf\x83", signature)
    assert not accepts(public, message + b"\0", signature)


def test_a_second_spelling_of_the_same_number_is_wrong():
    public, message, signature = vector(1)
    s = int.from_bytes(signature[32:], "little") + _ORDER
    assert not accepts(public, message, signature[:32] + s.to_bytes(32, "little"))


def test_keys_of_small_order_sign_nothing():
    for y in (1, _P - 1, 0, _P, _P + 1):
        key = y.to_bytes(32, "little")
        for signature in (key + bytes(32), (1).to_bytes(32, "little") + bytes(32)):
            assert not accepts(key, b"anything", signature)


def test_what_is_no_point_is_wrong():
    public, message, signature = vector(1)
    assert not accepts((2).to_bytes(32, "little"), message, signature)
    assert not accepts((1 | 1 << 255).to_bytes(32, "little"), message, signature)
    assert not accepts(public[:31], message, signature)
    assert not accepts(public, message, signature[:63])


def test_the_watchdog_is_fed_all_the_time():
    public, message, signature = vector(1)
    fed = []
    assert verify(public, signature, (message,), lambda: fed.append(1))
    assert len(fed) > 250


def test_sha512_in_pieces_of_any_size():
    message = bytes([n * 7 & 0xFF for n in range(500)])
    whole = Sha512()
    whole.update(message)
    expected = whole.digest()
    for size in (1, 63, 128, 129):
        digest = Sha512()
        for at in range(0, len(message), size):
            digest.update(message[at : at + size])
        assert digest.digest() == expected
    if hasattr(hashlib, "sha512"):
        assert hashlib.sha512(message).digest() == expected
