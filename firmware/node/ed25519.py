# Checks Ed25519 signatures (RFC 8032, section 5.1.7). Verification only: nothing secret is handled, so nothing needs to take
# constant time. Imported just for a check and dropped after it, because it takes memory and seconds.

from firmware.node.sha512 import Sha512

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_ZERO = (0, 1, 1, 0)  # points are (x, y, z, t) with x = X/Z, y = Y/Z, x * y = T/Z


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(p):
    a = p[0] * p[0] % _P
    b = p[1] * p[1] % _P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1])
    g = a - b
    f = 2 * p[2] * p[2] + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _is_small(p) -> bool:
    # True for the eight points whose multiple by eight is zero.
    p = _double(_double(_double(p)))
    return p[0] == 0 and p[1] == p[2]


def _root(square: int) -> "int | None":
    # A root modulo P, or None when there is none.
    root = pow(square, (_P + 3) // 8, _P)
    if (root * root - square) % _P:
        root = root * _ROOT_OF_MINUS_ONE % _P
    return None if (root * root - square) % _P else root


def _point(encoded: bytes):
    # The point behind 32 bytes, None where they are no point's only encoding.
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= _P:
        return None
    x = _root((y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P)
    if x is None or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def _combine(s: int, base, k: int, other, rest):
    # s * base + k * other, bit by bit together; rest() is called at each bit.
    both = _add(base, other)
    sum_ = _ZERO
    for bit in range(252, -1, -1):
        rest()
        sum_ = _double(sum_)
        bits = (s >> bit & 1) | (k >> bit & 1) << 1
        if bits:
            sum_ = _add(sum_, (base, other, both)[bits - 1])
    return sum_


def verify(public: bytes, signature: bytes, pieces, rest) -> bool:
    # `pieces` yields the message; `rest()` is called often, to feed the watchdog.
    if len(public) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    key, commitment = _point(public), _point(signature[:32])
    if s >= _ORDER or key is None or commitment is None or _is_small(key) or _is_small(commitment):
        return False
    digest = Sha512()
    digest.update(signature[:32] + public)
    for piece in pieces:
        rest()
        digest.update(piece)
    k = int.from_bytes(digest.digest(), "little") % _ORDER
    minus_key = (_P - key[0], key[1], 1, _P - key[3])
    x, y, z, _ = _combine(s, _BASE, k, minus_key, rest)
    return (x - commitment[0] * z) % _P == 0 and (y - commitment[1] * z) % _P == 0
