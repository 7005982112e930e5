import hashlib
import struct

from firmware.node.bank import Bank
from firmware.node.refused import Refused
from firmware.node.transfer import Transfer
from hardware.registers import (
    CHUNK,
    DOCUMENT,
    DOCUMENT_SETTINGS,
    OFFER,
    REFUSED_CONTENT,
    REFUSED_HASH,
    SELECT,
    TRANSFER,
    TRANSFER_CHECKING,
    TRANSFER_DONE,
    TRANSFER_RECEIVING,
    TRANSFER_REFUSED,
)

DATA = bytes([n * 11 & 0xFF for n in range(500)])


class Node:
    def __init__(self, answer=0, shown=None):
        self.bank = Bank()
        self.transfer = Transfer(lambda: None)
        self.taken = []
        self.answer = answer
        self.transfer.offer_to(DOCUMENT_SETTINGS, lambda index: shown, self._take)
        self.transfer.serve(self.bank)

    def _take(self, index, path):
        with open(path, "rb") as file:
            self.taken.append((index, file.read()))
        return self.answer

    def write(self, block, data):
        self.bank.write(block.address, len(data) // 2, bytearray(data), 0)

    def offer(self, data, digest=None, document=DOCUMENT_SETTINGS):
        self.write(OFFER, struct.pack(">HHI", document, 3, len(data)) + (digest or hashlib.sha256(data).digest()))

    def chunk(self, at, data):
        piece = data[at : at + 240]
        self.write(CHUNK, struct.pack(">I", at) + piece + bytes(240 - len(piece)))

    def state(self):
        frame = bytearray(2 * TRANSFER.length)
        self.bank.read(TRANSFER.address, TRANSFER.length, frame, 0)
        _, state, refused, _, _, _, at = struct.unpack_from(">HHHHHII", frame, 0)
        return state, refused, at

    def finish(self):
        while self.transfer.step():
            pass
        return self.state()


def refuses(call, *words):
    try:
        call(*words)
    except Refused as refused:
        return refused.args[0]
    return 0


def test_a_document_arrives_whole():
    node = Node()
    node.offer(DATA)
    assert node.state() == (TRANSFER_RECEIVING, 0, 0)
    for at in (0, 240, 480):
        node.chunk(at, DATA)
    assert node.state()[0] == TRANSFER_CHECKING
    assert node.finish()[0] == TRANSFER_DONE
    assert node.taken == [(3, DATA)]


def test_a_chunk_out_of_place_is_refused_and_the_rest_goes_on():
    node = Node()
    node.offer(DATA)
    node.chunk(0, DATA)
    assert refuses(node.chunk, 480, DATA) == 3
    assert refuses(node.chunk, 0, DATA) == 3
    node.chunk(240, DATA)
    node.chunk(480, DATA)
    assert node.finish()[0] == TRANSFER_DONE
    assert refuses(node.chunk, 500, DATA) == 3


def test_an_equal_offer_resumes_another_begins_anew():
    node = Node()
    node.offer(DATA)
    node.chunk(0, DATA)
    node.offer(DATA)
    assert node.state() == (TRANSFER_RECEIVING, 0, 240)
    node.offer(DATA[:300])
    assert node.state() == (TRANSFER_RECEIVING, 0, 0)


def test_any_changed_byte_is_refused():
    for at in (0, 239, 240, 499):
        node = Node()
        damaged = bytearray(DATA)
        damaged[at] ^= 1
        node.offer(bytes(damaged), hashlib.sha256(DATA).digest())
        for start in (0, 240, 480):
            node.chunk(start, bytes(damaged))
        assert node.finish()[:2] == (TRANSFER_REFUSED, REFUSED_HASH)
        assert node.taken == []


def test_the_owner_has_the_last_word():
    node = Node(answer=REFUSED_CONTENT)
    node.offer(DATA[:10])
    node.chunk(0, DATA[:10])
    assert node.finish()[:2] == (TRANSFER_REFUSED, REFUSED_CONTENT)


def test_what_nobody_takes_is_an_exception():
    node = Node()
    assert refuses(node.offer, DATA, None, 77) == 3
    assert refuses(node.offer, b"") == 3
    assert refuses(node.chunk, 0, DATA) == 3


def read_document(node, size):
    found = b""
    while len(found) < size:
        node.write(SELECT, struct.pack(">HHI", DOCUMENT_SETTINGS, 0, len(found)))
        frame = bytearray(2 * DOCUMENT.length)
        node.bank.read(DOCUMENT.address, DOCUMENT.length, frame, 0)
        total, at = struct.unpack_from(">II", frame, 6)
        assert (total, at) == (size, len(found))
        found += bytes(frame[14:])[: size - at]
    return found


def test_bytes_and_files_are_read_in_pieces():
    with open("shown.bin", "wb") as file:
        file.write(DATA)
    for shown in (DATA, "shown.bin"):
        assert read_document(Node(shown=shown), len(DATA)) == DATA
    for shown in (None, "missing.bin"):
        node = Node(shown=shown)
        node.write(SELECT, struct.pack(">HHI", DOCUMENT_SETTINGS, 0, 0))
        frame = bytearray(2 * DOCUMENT.length)
        node.bank.read(DOCUMENT.address, DOCUMENT.length, frame, 0)
        assert struct.unpack_from(">I", frame, 6)[0] == 0
