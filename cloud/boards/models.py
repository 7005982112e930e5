"""Public display boards: what each shows and who may take it down."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Board(Base):
    """A board; whoever has the token of its address sees it until `revoked_at`. Only the token's hash is kept."""

    __tablename__ = "boards"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    commune: Mapped[str | None]
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_by: Mapped[str]
    made_at: Mapped[float]
    revoked_at: Mapped[float | None]


class BoardStation(Base):
    """A station on a board, in the order of `place`."""

    __tablename__ = "board_stations"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
