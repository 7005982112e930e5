# SHA-512 (FIPS 180-4), which MicroPython's hashlib lacks. Its constants are the roots of the first primes, computed here.

import struct

_MASK = 0xFFFFFFFFFFFFFFFF
_BLOCK = 128


def _primes(count: int) -> "list[int]":
    found: "list[int]" = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _root_bits(number: int, power: int) -> int:
    # First 64 bits behind the point of the square or cube root.
    wanted = number << 64 * power
    root = 0
    for bit in range(68, -1, -1):
        if (root | 1 << bit) ** power <= wanted:
            root |= 1 << bit
    return root & _MASK


def _rotated(word: int, a: int, b: int, c: int) -> int:
    # Exclusive or of the word rotated right by a, b and c.
    double = word << 64 | word
    return (double >> a ^ double >> b ^ double >> c) & _MASK


class Sha512:
    def __init__(self) -> None:
        primes = _primes(80)
        self._round = [_root_bits(prime, 3) for prime in primes]
        self._state = [_root_bits(prime, 2) for prime in primes[:8]]
        self._rest = b""
        self._bytes = 0

    def update(self, data: bytes) -> None:
        self._bytes += len(data)
        data = self._rest + data
        whole = len(data) - len(data) % _BLOCK
        for at in range(0, whole, _BLOCK):
            self._compress(data[at : at + _BLOCK])
        self._rest = data[whole:]

    def digest(self) -> bytes:
        # To be called once, last.
        bits = self._bytes * 8
        self.update(b"\x80" + bytes((111 - self._bytes) % _BLOCK) + struct.pack(">QQ", 0, bits))
        return b"".join([struct.pack(">Q", word) for word in self._state])

    def _compress(self, block: bytes) -> None:
        schedule = list(struct.unpack(">16Q", block))
        a, b, c, d, e, f, g, h = self._state
        for t in range(80):
            if t >= 16:
                self._extend(schedule)
            choice = (e & f) ^ (~e & _MASK & g)
            first = h + _rotated(e, 14, 18, 41) + choice + self._round[t] + schedule[min(t, 15)]
            second = _rotated(a, 28, 34, 39) + ((a & b) ^ (a & c) ^ (b & c))
            h, g, f, e, d, c, b, a = g, f, e, (d + first) & _MASK, c, b, a, (first + second) & _MASK
        self._state = [(self._state[i] + x) & _MASK for i, x in enumerate((a, b, c, d, e, f, g, h))]

    def _extend(self, schedule: "list[int]") -> None:
        # Drops the oldest of sixteen words and appends the next.
        w1, w14 = schedule[1], schedule[14]
        low = _rotated(w1, 1, 8, 0) ^ w1 ^ w1 >> 7
        high = _rotated(w14, 19, 61, 0) ^ w14 ^ w14 >> 6
        schedule.append((schedule[0] + low + schedule[9] + high) & _MASK)
        schedule.pop(0)
