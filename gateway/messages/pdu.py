"""SMS in PDU mode: what SUBMIT carries out and DELIVER brings in.

Layout: 3GPP TS 23.040, 9.2.2 and 9.2.3; alphabets: 3GPP TS 23.038, 6.2.1 and 6.2.3. What the 7-bit alphabet lacks, as
Vietnamese does, goes as UCS-2. A long text goes in parts, which the phone joins (concatenation with an 8-bit reference).
"""

from dataclasses import dataclass

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
SEPTETS, SEPTETS_IN_PART = 160, 153
UNITS, UNITS_IN_PART = 70, 67
ONE_HOUR = 11  # validity period, relative: (11 + 1) * 5 min; an alarm older than that is no news
SUBMIT, RELATIVE_VALIDITY, HAS_HEADER = 0x01, 0x10, 0x40
INTERNATIONAL, ALPHANUMERIC = 0x91, 0x50


@dataclass(frozen=True)
class Part:
    """One SUBMIT: its hexadecimal text and the length that AT+CMGS wants."""

    text: str
    octets: int


class BadPdu(ValueError):
    """A message that cannot be read."""


def parts(number: str, text: str, reference: int) -> list[Part]:
    """The parts of a text to a number in international form (+84…); `reference` 0 to 255 tells texts apart."""
    plain = all(sign in ALPHABET and sign != "\x1b" for sign in text)
    pieces = _pieces(text, SEPTETS, SEPTETS_IN_PART) if plain else _pieces(text, UNITS, UNITS_IN_PART)
    made = []
    for at, piece in enumerate(pieces, 1):
        header = bytes((5, 0, 3, reference & 0xFF, len(pieces), at)) if len(pieces) > 1 else b""
        made.append(_submit(number, piece, header, plain=plain))
    return made


def read_deliver(text: str) -> tuple[str, str]:
    """Sender and words of a DELIVER, service centre's address included; BadPdu when it is none."""
    try:
        return _deliver(bytes.fromhex(text))
    except (IndexError, ValueError) as error:
        raise BadPdu(f"not an SMS: {text[:40]!r}") from error


def _pieces(text: str, most: int, most_in_part: int) -> list[str]:
    """Cut by UTF-16 units, never within a sign."""
    if _units(text) <= most:
        return [text]
    pieces = [""]
    for sign in text:
        if _units(pieces[-1]) + _units(sign) > most_in_part:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


def _submit(number: str, piece: str, header: bytes, *, plain: bool) -> Part:
    first = SUBMIT | RELATIVE_VALIDITY | (HAS_HEADER if header else 0)
    if plain:
        fill_bits = -8 * len(header) % 7
        length = len(piece) + (8 * len(header) + fill_bits) // 7
        body = header + _pack([ALPHABET.index(sign) for sign in piece], fill_bits if header else 0)
    else:
        body = header + piece.encode("utf-16-be")
        length = len(body)
    coding = 0x00 if plain else 0x08
    tpdu = bytes((first, 0)) + _address(number) + bytes((0, coding, ONE_HOUR, length)) + body
    return Part("00" + tpdu.hex().upper(), len(tpdu))


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    return bytes((len(digits), INTERNATIONAL)) + bytes.fromhex(swapped)


def _pack(septets: list[int], fill_bits: int) -> bytes:
    value = sum(septet << (7 * at) for at, septet in enumerate(septets)) << fill_bits
    return value.to_bytes((7 * len(septets) + fill_bits + 7) // 8, "little")


def _unpack(data: bytes, count: int) -> list[int]:
    value = int.from_bytes(data, "little")
    return [value >> (7 * at) & 0x7F for at in range(count)]


def _deliver(data: bytes) -> tuple[str, str]:
    at = 1 + data[0]
    first, digits, kind = data[at], data[at + 1], data[at + 2]
    if first & 0x03:
        raise BadPdu("not a DELIVER")
    at += 3
    sender = _sender(data[at : at + (digits + 1) // 2], digits, kind)
    at += (digits + 1) // 2
    coding, length = data[at + 1], data[at + 9]
    body = data[at + 10 :]
    header = 1 + body[0] if first & HAS_HEADER else 0
    if coding & 0x0C == 0x08:
        return sender, body[header:length].decode("utf-16-be", "replace")
    skipped = (8 * header + 6) // 7
    return sender, "".join(ALPHABET[septet] for septet in _unpack(body, length)[skipped:])


def _sender(octets: bytes, digits: int, kind: int) -> str:
    if kind & 0x70 == ALPHANUMERIC:
        return "".join(ALPHABET[septet] for septet in _unpack(octets, digits * 4 // 7))
    shown = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in octets)[:digits]
    return ("+" if kind & 0x70 == 0x10 else "") + shown
