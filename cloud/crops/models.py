"""Crops: what was stocked, fed and harvested."""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Crop(Base):
    """One crop of one pond, running until `harvested_on`.

    `pond` is the pond's key in its farm, for a pond that is taken out of the farm keeps its crops. `per_kg` is the size at
    harvest, in animals per kilogram.
    """

    __tablename__ = "crops"
    __table_args__ = (Index("crops_of_pond", "gateway_id", "pond", "stocked_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    pond: Mapped[str]
    species: Mapped[str]
    stocked_on: Mapped[date]
    stocked_count: Mapped[int | None]
    harvested_on: Mapped[date | None]
    harvest_kg: Mapped[float | None]
    feed_kg: Mapped[float | None]
    per_kg: Mapped[float | None]
