"""The network's end of SMS in PDU mode: reads what a modem submits, makes what it delivers (3GPP TS 23.040, 9.2.2)."""

from dataclasses import dataclass

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
NO_STAMP = bytes.fromhex("62115232321082")


@dataclass(frozen=True)
class Submitted:
    """One part of a message: `of` parts carry the same `reference`."""

    number: str
    text: str
    reference: int
    at: int
    of: int


def read_submit(pdu: str, octets: int) -> Submitted:
    """ValueError when a real modem would say +CMS ERROR: 304."""
    data = bytes.fromhex(pdu)
    data = data[1 + data[0] :]
    if len(data) != octets or data[0] & 3 != 1:
        raise ValueError(f"length {len(data)}, announced {octets}")
    digits = data[2]
    end = 4 + (digits + 1) // 2
    number = "+" + "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in data[4:end])[:digits]
    end += 2 + (1 if data[0] & 0x10 else 0)
    coding, length, body = data[5 + (digits + 1) // 2], data[end], data[end + 1 :]
    header = body[: 1 + body[0]] if data[0] & 0x40 else b""
    reference, of, at = (header[3], header[4], header[5]) if header else (0, 1, 1)
    return Submitted(number, _words(body, length, len(header), coding), reference, at, of)


def make_deliver(number: str, text: str) -> tuple[str, int]:
    """A message to the modem as UCS-2: its PDU and the length without the service centre."""
    digits = number.removeprefix("+")
    padded = digits + "f" * (len(digits) % 2)
    address = bytes.fromhex("".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2)))
    kind = 0x91 if number.startswith("+") else 0x81
    body = text.encode("utf-16-be")
    tpdu = bytes((4, len(digits), kind)) + address + bytes((0, 8)) + NO_STAMP + bytes((len(body),)) + body
    return ("00" + tpdu.hex()).upper(), len(tpdu)


def _words(body: bytes, length: int, header: int, coding: int) -> str:
    if coding == 8:
        if length != len(body) or length > 140:
            raise ValueError("length of the words")
        return body[header:].decode("utf-16-be")
    if length > 160 or len(body) != (length * 7 + 7) // 8:
        raise ValueError("length of the words")
    bits = int.from_bytes(body, "little")
    first = (header * 8 + 6) // 7
    return "".join(ALPHABET[bits >> (7 * at) & 127] for at in range(first, length))
