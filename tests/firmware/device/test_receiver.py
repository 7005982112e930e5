from firmware.node.counters import Counters
from firmware.node.crc import crc16, seal
from firmware.node.receiver import Receiver


def frame(*body):
    data = bytearray(len(body) + 2)
    data[: len(body)] = bytes(body)
    seal(data, len(body))
    return bytes(data)


READ = frame(5, 3, 0x02, 0x00, 0, 49)
WRITE = frame(5, 16, 0x05, 0x00, 0, 3, 6, 0, 1, 0, 3, 0, 60)


def fresh(echo=False):
    return Receiver(5, Counters(), echo)


def test_crc_of_the_standard():
    assert crc16(b"\x02\x07", 0, 2) == 0x1241


def test_request_in_one_chunk():
    assert fresh().feed(READ, len(READ)) == 0


def test_request_byte_by_byte():
    receiver = fresh()
    found = [receiver.feed(bytes((byte,)), 1) for byte in WRITE]
    assert found == [-1] * (len(WRITE) - 1) + [0]


def test_request_behind_a_neighbours_reply_and_noise():
    receiver = fresh()
    neighbour = frame(4, 3, 98, *range(98))
    assert receiver.feed(neighbour, len(neighbour)) == -1
    assert receiver.feed(b"\x00\xff\x00", 3) == -1
    assert receiver.feed(READ, len(READ)) == len(neighbour) + 3


def test_silence_for_others_and_for_broadcast():
    receiver = fresh()
    for other in (frame(4, 3, 2, 0, 0, 49), frame(0, 6, 5, 0, 0, 1)):
        assert receiver.feed(other, len(other)) == -1
    assert receiver.counters.broadcasts == 1


def test_one_flipped_bit_is_refused_and_counted():
    for at in range(len(READ)):
        damaged = bytearray(READ)
        damaged[at] ^= 4
        receiver = fresh()
        assert receiver.feed(damaged, len(damaged)) == -1
    damaged = bytearray(READ)
    damaged[7] ^= 1
    receiver = fresh()
    receiver.feed(damaged, len(damaged))
    assert receiver.counters.crc_misses == 1


def test_own_echo_of_a_write_is_no_request():
    receiver = fresh(echo=True)
    single = frame(5, 6, 6, 0, 0, 5)
    assert receiver.feed(single, 8) == 0
    receiver.clear(8)
    receiver.expect_echo(8)
    assert receiver.feed(single, 8) == -1
    assert receiver.counters.bytes_echoed == 8
    assert receiver.feed(READ, len(READ)) == 0


def test_a_flood_keeps_only_what_a_frame_can_hold():
    receiver = fresh()
    flood = bytes(range(256)) * 4
    receiver.feed(flood, len(flood))
    assert receiver.length == 264
    assert receiver.feed(READ, len(READ)) >= 0
    counters = receiver.counters
    receiver.clear(8)
    assert counters.bytes_heard == counters.bytes_discarded + 8


def test_several_write_heads_in_the_buffer():
    receiver = fresh()
    head = b"\x05\x10\x05\x10\x05\x10\x05"
    assert receiver.feed(head, len(head)) == -1
    assert receiver.feed(WRITE, len(WRITE)) == len(head)
