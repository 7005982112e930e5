import struct

from firmware.node.bank import Bank
from firmware.node.crc import holds, seal
from firmware.node.setup import Setup
from hardware.registers import ACTION_RESET, COMMAND, CONTROL, PANEL, SETTINGS
from panels import Rig


class Board(Rig):
    # A panel of four aerators, asked through real frames.
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
    assert board.write(COMMAND, 1, 0x10, 60, 0) == b"\x90\x03"
    assert board.counters.exceptions == 10


def test_settings_are_checked_before_any_is_changed():
    board = Board()
    assert board.ask(6, SETTINGS.address, 0) == b"\x86\x03"
    good = board.ask(3, SETTINGS.address, SETTINGS.length)[2:]
    bad = bytearray(good)
    bad[1] = 9
    bad[-2:] = b"\x00\x63"
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
    board.write(COMMAND, 1, 0b0001, 60, 0)
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
    board.write(COMMAND, 2, 0b1010, 60, 0)
    assert board.coils() == 0b1010


def test_every_setting_of_the_block_reads_back_as_written():
    board = Board()
    words = (7, 96, 0, 5000, 1, 3500, 1005, 20, 0, 2500, 6, 80, 120, 90, 1250, 600, 1)
    board.write(SETTINGS, *words)
    assert struct.unpack(">17H", board.ask(3, SETTINGS.address, SETTINGS.length)[2:]) == words
    settings = board.settings
    assert (settings.baud, settings.power_limit_kw, settings.running_a) == (9600, 12.5, 0.8)
    assert (settings.min_off_s, settings.siren_after_s, settings.repl_locked) == (90, 600, 1)


def test_other_words_of_the_control_block_reach_their_owner():
    board = Board()
    called = []
    bank = Bank()
    Setup(board.settings, lambda: called.append("reset"), {0x1DE0: lambda: called.append("blink")}).serve(bank)
    for word in (0x1DE0, ACTION_RESET):
        bank.write(CONTROL.address, 1, bytearray((word >> 8, word & 0xFF)), 0)
    assert called == ["blink", "reset"]
