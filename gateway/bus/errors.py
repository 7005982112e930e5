"""What can go wrong on a line."""


class BusError(Exception):
    """A request did not bring what was asked."""


class LineDown(BusError):
    """The port is missing, busy, or went away."""


class NoReply(BusError):
    """Nothing usable came within the deadline; `heard` says whether bytes came at all."""

    def __init__(self, message: str, *, heard: bool) -> None:
        super().__init__(message)
        self.heard = heard


class Refused(BusError):
    """The device answered with a Modbus exception."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


class MemoryFull(BusError):
    """Neither disk nor memory takes more rows; the node keeps what it has."""


class WrongBlock(BusError):
    """A reply of the right shape did not begin with the number of the block that was asked."""
