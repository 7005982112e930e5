# Modbus RTU slave: turns one request frame into one reply frame, in buffers made once.
#
# Source: Modbus application protocol V1.1b3, sections 6.1 to 6.12; Modbus over serial line V1.02.

from firmware.node.bank import Bank
from firmware.node.counters import Counters
from firmware.node.crc import seal
from firmware.node.refused import ILLEGAL_FUNCTION, ILLEGAL_VALUE, Refused

_MOST_READ = 125
_MOST_WRITTEN = 123
_MOST_COILS = 2000


class Slave:
    def __init__(self, bank: Bank, counters: Counters) -> None:
        self.reply = bytearray(264)
        self._bank = bank
        self._counters = counters

    def serve(self, frame: bytearray, start: int) -> int:
        # Builds the reply to the request at frame[start:] in `reply` and returns its length.
        self._counters.requests += 1
        reply = self.reply
        reply[0] = frame[start]
        reply[1] = frame[start + 1]
        try:
            length = self._answer(frame, start)
        except Refused as refused:
            length = self._exception(refused.args[0])
        return seal(reply, length)

    def _exception(self, code: int) -> int:
        self._counters.exceptions += 1
        self.reply[1] |= 0x80
        self.reply[2] = code
        return 3

    def _answer(self, frame: bytearray, start: int) -> int:
        function = frame[start + 1]
        address = frame[start + 2] << 8 | frame[start + 3]
        count = frame[start + 4] << 8 | frame[start + 5]
        if function in (3, 4):
            return self._read(address, count)
        if function == 1:
            return self._read_coils(address, count)
        if function == 6:
            self._bank.write(address, 1, frame, start + 4)
        elif function == 5:
            self._write_coil(address, count)
        elif function == 16:
            self._write_registers(address, count, frame, start)
        elif function == 15:
            self._write_coils(address, count, frame, start)
        else:
            raise Refused(ILLEGAL_FUNCTION)
        self.reply[2:6] = frame[start + 2 : start + 6]
        return 6

    def _read(self, address: int, count: int) -> int:
        if not 1 <= count <= _MOST_READ:
            raise Refused(ILLEGAL_VALUE)
        self._bank.read(address, count, self.reply, 3)
        self.reply[2] = 2 * count
        return 3 + 2 * count

    def _read_coils(self, address: int, count: int) -> int:
        if not 1 <= count <= _MOST_COILS:
            raise Refused(ILLEGAL_VALUE)
        bits = self._bank.coils(address, count)
        size = (count + 7) // 8
        self.reply[2] = size
        for at in range(size):
            self.reply[3 + at] = bits >> (8 * at) & 0xFF
        return 3 + size

    def _write_coil(self, address: int, value: int) -> None:
        if value not in (0x0000, 0xFF00):
            raise Refused(ILLEGAL_VALUE)
        self._bank.write_coils(address, 1, 1 if value else 0)

    def _write_registers(self, address: int, count: int, frame: bytearray, start: int) -> None:
        if not 1 <= count <= _MOST_WRITTEN or frame[start + 6] != 2 * count:
            raise Refused(ILLEGAL_VALUE)
        self._bank.write(address, count, frame, start + 7)

    def _write_coils(self, address: int, count: int, frame: bytearray, start: int) -> None:
        size = frame[start + 6]
        if not 1 <= count <= _MOST_COILS or size != (count + 7) // 8:
            raise Refused(ILLEGAL_VALUE)
        bits = 0
        for at in range(size - 1, -1, -1):
            bits = bits << 8 | frame[start + 7 + at]
        self._bank.write_coils(address, count, bits & ((1 << count) - 1))
