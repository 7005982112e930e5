"""Check sums of the probes' buses."""


def crc16(data: bytes) -> bytes:
    """CRC-16/Modbus, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def crc8(data: bytes) -> int:
    """CRC-8 of 1-Wire (x^8 + x^5 + x^4 + 1, low bit first)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8C if crc & 1 else crc >> 1
    return crc
