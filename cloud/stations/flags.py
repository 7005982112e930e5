"""Flags: raised when a newest good value, or its mean, passes a limit, and taken down when it is back within."""

from sqlalchemy.orm import Session

from cloud.stations import repository
from cloud.stations.limits import Limit, presets
from cloud.stations.models import Station, StationFlag, StationLatest

ENOUGH = 0.75


def judge(session: Session, station: Station, now_s: float) -> None:
    """Compare what a station measured last with its limits; what comes late is not newest and changes nothing."""
    preset = presets().get(station.preset)
    standing = repository.open_flags(session, [station.id]).get(station.id, [])
    by_key = {(flag.symbol, flag.over_h, flag.bound): flag for flag in standing}
    for row in repository.latest(session, [station.id]).get(station.id, []):
        if row.good_at is None:
            continue
        for limit in preset.limits_of(row.symbol, row.unit, row.good_at) if preset else []:
            value = _judged(session, station, row, limit)
            if value is not None:
                _compare(session, station, row, limit, value, by_key)
    for flag in by_key.values():
        if flag.preset != station.preset:
            flag.closed_at = now_s


def _judged(session: Session, station: Station, row: StationLatest, limit: Limit) -> float | None:
    """The value that a limit is held against; None while too little of its hours was measured."""
    if not limit.over_h or row.good_at is None:
        return row.good_value
    span_s = limit.over_h * 3600
    value, count = repository.mean(session, station.id, row.symbol, row.good_at - span_s, row.good_at)
    return value if count >= ENOUGH * span_s / station.interval_s else None


def _compare(
    session: Session,
    station: Station,
    row: StationLatest,
    limit: Limit,
    value: float,
    standing: dict[tuple[str, int, str], StationFlag],
) -> None:
    passed = limit.passed_by(value)
    at = float(row.good_at or 0)
    for bound in ("low", "high"):
        flag = standing.get((row.symbol, limit.over_h, bound))
        if flag is not None and (passed is None or passed[0] != bound):
            flag.closed_at = at
        elif flag is not None:
            flag.value = min(flag.value, value) if bound == "low" else max(flag.value, value)
        elif passed is not None and passed[0] == bound:
            session.add(
                StationFlag(
                    station_id=station.id,
                    symbol=row.symbol,
                    preset=station.preset,
                    bound=bound,
                    over_h=limit.over_h,
                    limit=passed[1],
                    value=value,
                    opened_at=at,
                    closed_at=None,
                )
            )
