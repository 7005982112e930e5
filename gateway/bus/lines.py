"""Lines as farm.toml describes them."""

from typing import Literal

from gateway.bus.framing import Framing, Mbap, Rtu
from gateway.bus.line import Line
from gateway.bus.settings import LineSettings
from gateway.bus.wire import SerialWire, TcpWire, Wire

PARITY: dict[str, Literal["N", "E", "O"]] = {"none": "N", "even": "E", "odd": "O"}


def make_line(settings: LineSettings) -> Line:
    """A line; does no I/O."""
    return Line(
        settings.place,
        baud=settings.baud,
        turnaround_s=settings.turnaround_ms / 1000,
        wire=_wire(settings),
        framing=_framing(settings),
        bits_per_byte=settings.bits_per_byte,
    )


def _wire(settings: LineSettings) -> Wire:
    if settings.port is not None:
        return SerialWire(settings.port, settings.baud, PARITY[settings.parity], settings.stop_bits)
    host, _, port = settings.place.rpartition(":")
    return TcpWire(host, int(port))


def _framing(settings: LineSettings) -> Framing:
    return Mbap() if settings.modbus_tcp is not None else Rtu()
