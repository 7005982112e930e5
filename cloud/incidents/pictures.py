"""What a picture says beside the picture goes: where a phone stood, whose it is, when. Pixels stay as they came.

Told by their first bytes, not by a name: JPEG (ISO/IEC 10918-1), PNG (ISO/IEC 15948), WebP (RFC 9649).
"""

import struct
from collections.abc import Iterator

MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

PNG = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}
WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}
WEBP_PICTURES = (b"VP8 ", b"VP8L", b"ANMF")
WEBP_TELLS = 0x08 | 0x04

START, END, SCAN = 0xD8, 0xD9, 0xDA
BARE = {0x01, *range(0xD0, 0xD8)}
JPEG_DROPPED = {0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE}
PROFILE, PROFILE_SIGN = 0xE2, b"ICC_PROFILE\0"


class NoPicture(ValueError):
    """These bytes are not a whole picture of a kind that is taken."""


def kind_of(data: bytes) -> str | None:
    """jpeg, png or webp by the first bytes; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(PNG):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def cleaned(data: bytes) -> tuple[str, bytes]:
    """Its kind, and the picture without position, texts, previews and whatever follows its end; NoPicture."""
    kind = kind_of(data)
    if kind is None:
        raise NoPicture("this is no JPEG, PNG or WebP picture: take the photo anew")
    try:
        return kind, {"jpeg": _jpeg, "png": _png, "webp": _webp}[kind](data)
    except (IndexError, struct.error) as error:
        raise NoPicture(f"this {kind} picture ends before its end: send it again") from error


def _jpeg(data: bytes) -> bytes:
    """Without APP1 (Exif, XMP), other application segments but those that colours need (APP0, profile, APP14), comments."""
    pieces = list(_segments(data))
    if not any(marker == SCAN for marker, _ in pieces):
        raise NoPicture("this JPEG has no picture in it: take the photo anew")
    return b"\xff\xd8" + b"".join(piece for marker, piece in pieces if _is_picture(marker, piece))


def _is_picture(marker: int, piece: bytes) -> bool:
    if marker == PROFILE:
        return piece[4:].startswith(PROFILE_SIGN)
    return marker not in JPEG_DROPPED


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker after the first with its bytes; a scan's entropy-coded bytes go with it. IndexError at a cut."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise NoPicture("this JPEG picture is damaged: send it again")
        while data[at + 1] == 0xFF:
            at += 1
        marker, begin = data[at + 1], at
        if marker == END:
            yield marker, b"\xff\xd9"
            return
        at += 2 if marker in BARE else 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == SCAN:
            at = _after_scan(data, at)
        if at > len(data):
            raise IndexError
        yield marker, data[begin:at]


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker begins; a stuffed 0 and restarts belong to the scan."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise IndexError
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at


def _png(data: bytes) -> bytes:
    """Only the chunks that make the picture."""
    kept, at, name = [PNG], len(PNG), b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise IndexError
        if name in PNG_KEPT:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _webp(data: bytes) -> bytes:
    """Only the chunks that make the picture; the head no longer promises Exif and XMP."""
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise IndexError
    kept, at = [], 12
    while at < size + 8:
        name, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        chunk = data[at : at + 8 + length + length % 2]
        if len(chunk) < 8 + length:
            raise IndexError
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_TELLS]) + chunk[9:]
        if name in WEBP_KEPT:
            kept.append(chunk)
        at += len(chunk)
    if not any(chunk.startswith(WEBP_PICTURES) for chunk in kept):
        raise NoPicture("this WebP has no picture in it: take the photo anew")
    body = b"".join(kept)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
