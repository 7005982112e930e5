import struct

from firmware.node.bank import Bank
from firmware.node.counters import Counters
from firmware.node.crc import holds, seal
from firmware.node.panel import Panel
from firmware.node.settings import Settings
from firmware.node.setup import Setup
from firmware.node.slave import Slave
from hardware.registers import ACTION_RESET, COMMAND, CONTROL, PANEL, SETTINGS


class Clock:
    ms = 0

    def uptime_ms(self):
        return self.ms


class Relays:
    def __init__(self):
        self.mask = 0

    def allowed(self):
        return self.mask

    def allow(self, aerator, run):
        self.mask = self.mask | 1 << aerator if run else self.mask & ~(1 << aerator)

    def current_a(self, aerator):
        return 4.5 if self.mask & 1 << aerator else 0.0

    def hoa(self):
        return 0x0055


class Board:
    # A panel of four aerators, asked through real frames.
    def __init__(self):
        self.settings = Settings()
        self.settings.aerators = 4
        self.clock = Clock()
        self.relays = Relays()
        self.resets = []
        self.counters = Counters()
        bank = Bank()
        self.panel = Panel(self.settings, self.relays, self.clock)
        self.panel.serve(bank)
        Setup(self.settings, lambda: self.resets.append(1)).serve(bank)
        self.slave = Slave(bank, self.counters)

    def ask(self, function, *words, data=b""):
        body = bytes((1, function)) + struct.pack(">" + "H" * len(words), *words) + data
        frame = bytearray(len(body) + 2)
        frame[: len(body)] = body
        seal(frame, len(body))
        length = self.slave.serve(frame, 0)
        reply = bytes(self.slave.reply[:length])
        assert holds(self.slave.reply, 0, length)
        assert reply[0] == 1
        return reply[1:-2]

    def write(self, block, *words):
        data = struct.pack(">" + "H" * len(words), *words)
        return self.ask(16, block.address, len(words), data=bytes((len(data),)) + data)

    def coils(self):
        return self.relays.mask


def test_reads_a_block_by_both_functions():
    board = Board()
    for function in (3, 4):
        reply = board.ask(function, PANEL.address, PANEL.length)
        assert reply[0] == function
        assert reply[1] == 2 * PANEL.length
        assert struct.unpack(">H", reply[2:4])[0] == PANEL.number


def test_exceptions_of_the_standard():
    board = Board()
    assert board.ask(3, 0x7000, 1) == b"\x83\x02"
    assert board.ask(3, PANEL.address, PANEL.length + 1) == b"\x83\x02"
    assert board.ask(3, PANEL.address, 0) == b"\x83\x03"
    assert board.ask(3, PANEL.address, 126) == b"\x83\x03"
    assert board.ask(2, 0, 1) == b"\x82\x01"
    assert board.ask(6, PANEL.address, 1) == b"\x86\x02"
    assert board.ask(5, 0, 0x1234) == b"\x85\x03"
    assert board.ask(5, 4, 0xFF00) == b"\x85\x02"
    assert board.ask(16, COMMAND.address, 3, data=b"\x02\x00\x01") == b"\x90\x03"
    assert board.write(COMMAND, 1, 0x10, 60) == b"\x90\x03"
    assert board.counters.exceptions == 10


def test_settings_are_checked_before_any_is_changed():
    board = Board()
    assert board.ask(6, SETTINGS.address, 0) == b"\x86\x03"
    good = board.ask(3, SETTINGS.address, SETTINGS.length)[2:]
    bad = bytearray(good)
    bad[1] = 9
    bad[-4:-2] = b"\x00\x63"
    assert board.ask(16, SETTINGS.address, SETTINGS.length, data=bytes((len(bad),)) + bytes(bad)) == b"\x90\x03"
    assert board.settings.unit_id == 1
    assert board.ask(6, SETTINGS.address, 9)[0] == 6
    assert board.settings.unit_id == 9
    assert board.ask(6, SETTINGS.address + 2, 0) == b"\x86\x03"


def test_reset_is_asked_by_its_word_alone():
    board = Board()
    assert board.ask(6, CONTROL.address, 1) == b"\x86\x03"
    assert board.resets == []
    board.ask(6, CONTROL.address, ACTION_RESET)
    assert board.resets == [1]


def test_coils_read_and_write():
    board = Board()
    board.clock.ms += 5000
    board.write(COMMAND, 1, 0b0001, 60)
    board.panel.step()
    assert board.ask(1, 0, 4) == b"\x01\x01\x01"
    board.ask(5, 0, 0x0000)
    board.panel.step()
    assert board.coils() == 0
    board.ask(15, 0, 4, data=b"\x01\x0a")
    board.panel.step()
    board.clock.ms += 5000
    board.panel.step()
    board.clock.ms += 5000
    board.write(COMMAND, 2, 0b1010, 60)
    assert board.coils() == 0b1010


def test_boot_brings_all_on_one_after_another():
    board = Board()
    seen = []
    board.panel.step()
    assert board.coils() == 0
    for _ in range(4):
        board.clock.ms += 5000
        board.panel.step()
        board.panel.step()
        seen.append(board.coils())
    assert seen == [0b0001, 0b0011, 0b0111, 0b1111]


def test_lost_lease_brings_all_on_and_says_why():
    board = Board()
    board.write(COMMAND, 1, 0, 60)
    board.clock.ms += 14999
    board.panel.step()
    assert (board.coils(), board.panel.reason) == (0, 2)
    board.clock.ms += 1
    for _ in range(4):
        board.panel.step()
        board.clock.ms += 5000
    assert (board.coils(), board.panel.reason, board.panel.lease_losses) == (0b1111, 3, 1)


def test_same_counter_renews_nothing():
    board = Board()
    board.write(COMMAND, 1, 0, 600)
    for _ in range(4):
        board.clock.ms += 4000
        board.write(COMMAND, 1, 0, 600)
    assert board.panel.reason == 3


def test_expired_command_brings_all_on_though_the_lease_lives():
    board = Board()
    board.clock.ms += 5000
    board.write(COMMAND, 1, 0, 2)
    board.clock.ms += 2000
    board.panel.step()
    assert (board.coils(), board.panel.reason) == (0b0001, 4)


def test_a_reset_keeps_what_ran():
    board = Board()
    board.relays.mask = 0b0101
    again = Panel(board.settings, board.relays, board.clock)
    again.step()
    assert board.relays.mask & 0b0101 == 0b0101
