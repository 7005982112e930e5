"""All queries about display boards."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cloud.advisories.models import Advisory, AdvisoryUnit
from cloud.boards.models import Board, BoardStation
from cloud.stations.models import Station


def make(
    session: Session, name: str, commune: str | None, stations: Sequence[int], who: str, now_s: float
) -> tuple[Board, str]:
    """A new board and its token, which nothing can show again."""
    token = secrets.token_urlsafe(24)
    board = Board(name=name, commune=commune, token_hash=_hashed(token), made_by=who, made_at=now_s, revoked_at=None)
    session.add(board)
    session.flush()
    session.add_all(BoardStation(board_id=board.id, place=place, station_id=one) for place, one in enumerate(stations))
    return board, token


def by_token(session: Session, token: str) -> Board | None:
    """The board of a token, None for one that never was or is revoked."""
    asked = select(Board).where(Board.token_hash == _hashed(token), Board.revoked_at.is_(None))
    return session.scalars(asked).first()


def one(session: Session, board_id: int) -> Board | None:
    """One board."""
    return session.get(Board, board_id)


def boards(session: Session, communes: Select[Any] | None) -> Sequence[Board]:
    """Boards by name, those switched off last; of these communes only, where some are given."""
    asked = select(Board).order_by(Board.revoked_at.is_not(None), Board.name, Board.id)
    if communes is not None:
        asked = asked.where(Board.commune.in_(communes))
    return session.scalars(asked).all()


def codes(session: Session, communes: Select[Any]) -> Sequence[str]:
    """The codes of communes, for a person to choose from."""
    return sorted(session.scalars(communes))


def stations_of(session: Session, board_id: int) -> Sequence[Station]:
    """The stations on a board, in their order."""
    asked = select(Station).join(BoardStation, BoardStation.station_id == Station.id)
    return session.scalars(asked.where(BoardStation.board_id == board_id).order_by(BoardStation.place)).all()


def advice(session: Session, commune: str | None, now_s: float) -> Advisory | None:
    """The newest advice in force for a commune, None where there is none."""
    asked = select(Advisory).join(AdvisoryUnit, AdvisoryUnit.advisory_id == Advisory.id)
    in_force = Advisory.state == "issued", Advisory.valid_from <= now_s, Advisory.valid_until > now_s
    return session.scalars(asked.where(AdvisoryUnit.code == commune, *in_force).order_by(Advisory.id.desc())).first()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
