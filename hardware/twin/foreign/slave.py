"""A Modbus device in plain registers; each family overrides what is odd about it."""

import struct

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


class Slave:
    """Answers a request's body (function and data) with an answer's body, None for silence.

    `holding` and `inputs` are registers by address, `coils` bits by address; an address that is in none of them is refused.
    """

    most_words = 125

    def __init__(self, unit_id: int) -> None:
        self.unit_id = unit_id
        self.holding: dict[int, int] = {}
        self.inputs: dict[int, int] = {}
        self.coils: dict[int, bool] = {}
        self.dead = False
        self.asked: list[bytes] = []

    def answer(self, body: bytes) -> bytes | None:
        """What the device says to a whole request."""
        if self.dead:
            return None
        self.asked.append(body)
        return self.odd(body) or self._standard(body)

    def odd(self, _body: bytes) -> bytes | None:
        """What is not as the book says; None to go on by the book."""
        return None

    def written(self, address: int, value: int) -> bool:
        """A register was written; False refuses it."""
        known = address in self.holding
        if known:
            self.holding[address] = value
        return known

    def switched(self, address: int, value: int) -> bool:
        """A coil was written with 0xFF00 or 0x0000; False refuses it."""
        known = address in self.coils
        if known:
            self.coils[address] = value == 0xFF00
        return known

    def set_float(self, address: int, value: float, order: str = "ABCD") -> None:
        """A float in two holding registers, its bytes A to D in this order."""
        data = struct.pack(">f", value)
        data = bytes(data["ABCD".index(letter)] for letter in order)
        self.holding[address], self.holding[address + 1] = struct.unpack(">HH", data)

    def _standard(self, body: bytes) -> bytes:
        function = body[0]
        if function in (1, 2):
            return self._bits(body)
        if function in (3, 4):
            return self._words(body)
        if function in (5, 6, 15, 16):
            return self._write(body)
        return refusal(body, ILLEGAL_FUNCTION)

    def _bits(self, body: bytes) -> bytes:
        address, count = struct.unpack(">HH", body[1:5])
        places = range(address, address + count)
        data: bytes
        if not all(at in self.coils for at in places):
            return refusal(body, ILLEGAL_ADDRESS)
        mask = sum(1 << at - address for at in places if self.coils[at])
        data = mask.to_bytes((count + 7) // 8, "little")
        return bytes((body[0], len(data))) + data

    def _words(self, body: bytes) -> bytes:
        address, count = struct.unpack(">HH", body[1:5])
        table = self.holding if body[0] == 3 else self.inputs
        places = range(address, address + count)
        if not 1 <= count <= self.most_words:
            return refusal(body, ILLEGAL_VALUE)
        if not all(at in table for at in places):
            return refusal(body, ILLEGAL_ADDRESS)
        return bytes((body[0], 2 * count)) + struct.pack(f">{count}H", *(table[at] & 0xFFFF for at in places))

    def _write(self, body: bytes) -> bytes:
        function, address, value = struct.unpack(">BHH", body[:5])
        if function == 5:
            taken = self.switched(address, value)
        elif function == 6:
            taken = self.written(address, value)
        elif function == 15:
            mask = int.from_bytes(body[6:], "little")
            taken = all(self.switched(address + at, 0xFF00 * (mask >> at & 1)) for at in range(value))
        else:
            words = struct.unpack(f">{value}H", body[6:])
            taken = all(self.written(address + at, word) for at, word in enumerate(words))
        return body[:5] if taken else refusal(body, ILLEGAL_ADDRESS)


def refusal(body: bytes, code: int) -> bytes:
    """The exception to a request."""
    return bytes((body[0] | 0x80, code))
