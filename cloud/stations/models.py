"""Public stations, what they measured, and where a value stands beyond its limit."""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base

KINDS = ("river", "sea_cage", "aquaculture", "air", "operations")


class Station(Base):
    """A station; `code` is its name in file names, `interval_s` how often it has to report.

    One that comes through a Pondkeeper gateway names that gateway and a node. `preset` names its limits, "" for none.
    """

    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    commune: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    gateway_id: Mapped[str | None] = mapped_column(ForeignKey("gateways.id"))
    node: Mapped[str | None]
    interval_s: Mapped[int]
    preset: Mapped[str]
    created_at: Mapped[float]


class StationValue(Base):
    """One line of a station, known for ever by (station, symbol, time); only status 00 makes its value count.

    `at` is whole Unix seconds. Stations are few and slow, so one clustered key serves storing and series alike.
    """

    __tablename__ = "station_values"

    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    value: Mapped[float | None]
    unit: Mapped[str]
    status: Mapped[str]
    received_at: Mapped[float]


class StationLatest(Base):
    """The newest line of each parameter, whatever its status, and its newest good value; neither goes back."""

    __tablename__ = "station_latest"

    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    good_at: Mapped[int | None] = mapped_column(BigInteger)
    good_value: Mapped[float | None]
    received_at: Mapped[float]


class StationFlag(Base):
    """A parameter beyond a limit, open until `closed_at`; `bound` is "low" or "high", `value` the worst meanwhile.

    `over_h` is the hours of the mean that was judged, 0 for single values. Times are Unix seconds.
    """

    __tablename__ = "station_flags"
    __table_args__ = (Index("station_flags_open", "station_id", "closed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    symbol: Mapped[str]
    preset: Mapped[str]
    bound: Mapped[str]
    over_h: Mapped[int]
    limit: Mapped[float]
    value: Mapped[float]
    opened_at: Mapped[float]
    closed_at: Mapped[float | None]
