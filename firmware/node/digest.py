# SHA-256 of a file, read in small pieces.

import hashlib

PIECE = 512


def pieces(path: str, end: int):
    # The first `end` bytes of a file, in one buffer that each piece overwrites. Raises OSError.
    buffer = bytearray(PIECE)
    view = memoryview(buffer)
    with open(path, "rb") as file:
        while end > 0:
            count = file.readinto(view[: min(end, PIECE)])
            if not count:
                return
            end -= count
            yield view[:count]


def sha256_of(path: str, length: int, rest) -> bytes:
    # b"" when the file is not exactly that long; rest() is called at each piece. Raises OSError.
    digest = hashlib.sha256()
    seen = 0
    for piece in pieces(path, length + 1):
        rest()
        digest.update(piece)
        seen += len(piece)
    return digest.digest() if seen == length else b""
