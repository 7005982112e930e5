"""Administrative units as dated facts, and the areas that extension offices draw for themselves."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base

COMMUNES = ("commune", "ward", "special_zone")


class Unit(Base):
    """A unit under its code from one day until another (not included); `parent` is the code of the unit it lies in."""

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_until: Mapped[date | None]
    name: Mapped[str]
    kind: Mapped[str]
    parent: Mapped[str | None] = mapped_column(index=True)
    plain: Mapped[str]


class Succession(Base):
    """One unit went into another, whole or in part."""

    __tablename__ = "successions"

    old_code: Mapped[str] = mapped_column(primary_key=True)
    old_valid_from: Mapped[date] = mapped_column(primary_key=True)
    new_code: Mapped[str] = mapped_column(primary_key=True)
    new_valid_from: Mapped[date] = mapped_column(primary_key=True)


class ExtensionArea(Base):
    """An area of an extension office, of communes as it likes."""

    __tablename__ = "extension_areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class ExtensionAreaUnit(Base):
    """A commune of an extension area."""

    __tablename__ = "extension_area_units"

    area_id: Mapped[int] = mapped_column(ForeignKey("extension_areas.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
