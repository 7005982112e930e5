"""The file of automatic stations (Circular 10/2021/TT-BTNMT): one line a parameter, fields between tabs, UTF-8, CRLF.

symbol, value, unit, time as yyyyMMddHHmmss in Vietnam, status. A value stands for the mean of its cycle.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal

VIETNAM = timezone(timedelta(hours=7))
MEASURING, CALIBRATING, ERROR = STATUSES = ("00", "01", "02")
LARGEST_BYTES = 4_000_000
LARGEST_VALUE = 1e9
CLOCK_AHEAD_S = 3600.0
OLDEST = datetime(2010, 1, 1, tzinfo=VIETNAM)

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,400})?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_TIME = re.compile(r"\d{14}", re.ASCII)
_WORD = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One parameter at one time (whole Unix seconds); `value` is None only where the device failed."""

    symbol: str
    value: float | None
    unit: str
    at: int
    status: str

    @property
    def good(self) -> float | None:
        """The value where it counts as one: never while the device is calibrated or has failed."""
        return self.value if self.status == MEASURING else None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line (numbered from 1; 0 is the whole file) is not taken: a key of [national_file] and its values."""

    line: int
    code: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: its good lines with their numbers, each once, and what is wrong with the others."""

    lines: list[tuple[int, Line]]
    faults: list[Fault]


class _Wrong(Exception):
    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def parse(data: bytes, now_s: float) -> Parsed:
    """Read a file; nothing that a file may hold makes it raise. A byte order mark and bare line feeds do no harm."""
    try:
        rows = _text(data).split("\n")
    except _Wrong as wrong:
        return Parsed([], [Fault(0, wrong.code, wrong.values)])
    faults: list[Fault] = []
    said: dict[tuple[str, int], tuple[int, Line]] = {}
    for number, row in enumerate(rows, 1):
        if not (row := row.removesuffix("\r")):
            continue
        try:
            line = _line(row, now_s)
            earlier = said.setdefault((line.symbol, line.at), (number, line))
            if earlier[1] != line:
                raise _Wrong("contradicts", other=str(earlier[0]))
        except _Wrong as wrong:
            faults.append(Fault(number, wrong.code, wrong.values))
    if not said and not faults:
        faults.append(Fault(0, "empty"))
    return Parsed(list(said.values()), faults)


def write(lines: Iterable[Line]) -> bytes:
    """The bytes of a file; ValueError for a line that the format cannot hold."""
    return b"".join(_row(line).encode() for line in lines)


def stamp(at: float) -> str:
    """A time (Unix seconds) as the file and its name write it."""
    return datetime.fromtimestamp(at, VIETNAM).strftime("%Y%m%d%H%M%S")


def _text(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        raise _Wrong("large", most=str(LARGEST_BYTES // 1_000_000))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data:
        raise _Wrong("utf16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Wrong("encoding", row=str(data.count(b"\n", 0, error.start) + 1)) from error


def _line(row: str, now_s: float) -> Line:
    fields = row.split("\t")
    if len(fields) == 1:
        raise _Wrong("separator")
    if len(fields) != 5:
        raise _Wrong("fields", n=str(len(fields)))
    symbol, value, unit, time, status = fields
    if status not in STATUSES:
        raise _Wrong("status", found=_shown(status))
    if not symbol.strip() or not _WORD.fullmatch(symbol):
        raise _Wrong("symbol", found=_shown(symbol))
    if not _WORD.fullmatch(unit):
        raise _Wrong("unit", found=_shown(unit))
    return Line(symbol=symbol, value=_value(value, status), unit=unit, at=_time(time, now_s), status=status)


def _value(text: str, status: str) -> float | None:
    if not text and status == ERROR:
        return None
    if _COMMA.fullmatch(text):
        raise _Wrong("comma", found=_shown(text))
    if not _NUMBER.fullmatch(text) or abs(value := float(text)) > LARGEST_VALUE:
        raise _Wrong("value", found=_shown(text))
    return value


def _time(text: str, now_s: float) -> int:
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        found = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
    except ValueError as error:
        raise _Wrong("time", found=_shown(text)) from error
    if found < OLDEST:
        raise _Wrong("clock_lost", found=text)
    if found.timestamp() > now_s + CLOCK_AHEAD_S:
        raise _Wrong("clock_ahead", found=text)
    return int(found.timestamp())


def _shown(text: str) -> str:
    return repr(text[:40])


def _row(line: Line) -> str:
    value = "" if line.value is None else f"{Decimal(repr(line.value)):f}"
    if line.value is None and line.status != ERROR:
        raise ValueError(f"{line.symbol} at {stamp(line.at)}: a line without a value has status {ERROR}")
    if line.value is not None and not (math.isfinite(line.value) and abs(line.value) <= LARGEST_VALUE):
        raise ValueError(f"{line.symbol} at {stamp(line.at)}: {line.value} is no value of a station")
    if (
        line.status not in STATUSES
        or not line.symbol.strip()
        or not all(map(_WORD.fullmatch, (line.symbol, line.unit)))
    ):
        raise ValueError(f"{line.symbol!r}, {line.unit!r}, {line.status!r} cannot stand in a line")
    return "\t".join((line.symbol, value, line.unit, stamp(line.at), line.status)) + "\r\n"
