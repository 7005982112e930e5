"""How a station stands, for a list, a page or a board: one level and one word, the worst first."""

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.stations.models import Station, StationFlag, StationLatest
from cloud.stations.national_file import CALIBRATING, ERROR, MEASURING

SILENT_CYCLES = 3
LEAST_SILENT_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One parameter: its newest good value and that value's time, the newest line's status, the flag that stands."""

    symbol: str
    unit: str
    value: float | None
    at: int | None
    status: str
    fresh: bool
    flag: StationFlag | None

    @property
    def level(self) -> str:
        """ok, watch (beyond a limit) or lost."""
        if not self.fresh or self.status != MEASURING or self.value is None:
            return "lost"
        return "watch" if self.flag else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`word` is a key of [station_state]; `at` the newest line's time, None before the first."""

    level: str
    word: str
    at: int | None
    values: list[Value]


def silent_after_s(station: Station) -> float:
    """How old the newest line may be: three cycles, and never less than a quarter of an hour."""
    return max(SILENT_CYCLES * station.interval_s, LEAST_SILENT_S)


def state_of(station: Station, rows: Sequence[StationLatest], flags: Sequence[StationFlag], now_s: float) -> State:
    """The state of a station at a time."""
    oldest_s = now_s - silent_after_s(station)
    by_symbol = {flag.symbol: flag for flag in reversed(flags)}
    values = [_value(row, by_symbol.get(row.symbol), oldest_s) for row in rows]
    newest = max((row.at for row in rows), default=None)
    level, word = _worded(values, newest, oldest_s)
    return State(level=level, word=word, at=newest, values=values)


def _value(row: StationLatest, flag: StationFlag | None, oldest_s: float) -> Value:
    return Value(
        symbol=row.symbol,
        unit=row.unit,
        value=row.good_value,
        at=row.good_at,
        status=row.status,
        fresh=row.good_at is not None and row.good_at >= oldest_s,
        flag=flag,
    )


def _worded(values: Sequence[Value], newest: int | None, oldest_s: float) -> tuple[str, str]:
    if newest is None:
        return "lost", "waiting"
    if newest < oldest_s:
        return "lost", "silent"
    if any(value.level == "watch" for value in values):
        return "watch", "beyond"
    for status, word in ((ERROR, "error"), (CALIBRATING, "calibrating")):
        if any(value.status == status for value in values):
            return ("watch" if any(value.level == "ok" for value in values) else "lost"), word
    return ("lost", "old") if any(value.level == "lost" for value in values) else ("ok", "good")
