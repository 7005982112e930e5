"""What a board shows: screen after screen, each a station with at most six values that can be read across a road."""

import math
from typing import Any

from sqlalchemy.orm import Session

from cloud.boards import repository as boards
from cloud.boards.models import Board
from cloud.boards.trend import lines_of, trend_of
from cloud.stations import repository
from cloud.stations.models import Station
from cloud.stations.state import State, silent_after_s, state_of
from cloud.stations.wording import age, clock, shown_values
from gateway.text import Text

MOST_VALUES = 6
DAY_S, BUCKETS = 86400.0, 72


def screens(session: Session, board: Board, words: Text, now_s: float) -> list[dict[str, Any]]:
    """The screens of a board now."""
    stations = boards.stations_of(session, board.id)
    ids = [station.id for station in stations]
    latest, flags = repository.latest(session, ids), repository.open_flags(session, ids)
    found = []
    for station in stations:
        state = state_of(station, latest.get(station.id, []), flags.get(station.id, []), now_s)
        found += _of_station(session, station, state, words, now_s)
    return found


def advice(session: Session, board: Board, words: Text, now_s: float) -> dict[str, str] | None:
    """The newest advice for the board's commune, None where there is none in force."""
    found = boards.advice(session, board.commune, now_s)
    if found is None:
        return None
    english = words.language == "en" and found.title_en
    return {
        "title": found.title_en if english else found.title_vi,
        "body": found.body_en if english else found.body_vi,
        "place": found.place,
        "until": words("boards.until", day=clock(found.valid_until)),
    }


def _of_station(session: Session, station: Station, state: State, words: Text, now_s: float) -> list[dict[str, Any]]:
    shown = [
        {**value, **_past(session, station, value["symbol"], now_s)} for value in shown_values(state.values, words)
    ]
    count = max(1, math.ceil(len(shown) / MOST_VALUES))
    size = math.ceil(len(shown) / count)
    return [
        {
            "name": station.name,
            "kind": words(f"station_kind.{station.kind}"),
            "level": state.level,
            "word": words(f"station_state.{state.word}"),
            "age_s": None if state.at is None else round(max(0.0, now_s - state.at)),
            "age": age(state.at, now_s, words),
            "stale_after_s": round(silent_after_s(station)),
            "values": shown[part * size : (part + 1) * size],
            "part": f"{part + 1}/{count}" if count > 1 else "",
        }
        for part in range(count)
    ]


def _past(session: Session, station: Station, symbol: str, now_s: float) -> dict[str, Any]:
    since = now_s - DAY_S
    day = repository.series(session, station.id, symbol, since, now_s, BUCKETS)
    return {"trend": trend_of(symbol, day, now_s), "lines": lines_of(day, since, now_s)}
