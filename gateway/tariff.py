"""What a kilowatt-hour costs and when: dated data files, never constants in code.

A bad or missing file never stops a farm: it falls back to one flat price and says so in `warning`.
"""

import re
import tomllib
from bisect import bisect_right
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).with_name("tariffs")
FLAT_VND_KWH = 1987.0  # the normal hours' price under 6 kV, QD 1279/QD-BCT; small users pay it all day
DAY_MINUTES = 24 * 60

Band = Literal["off_peak", "normal", "peak"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Price = Annotated[float, Field(ge=100, le=20000)]
Share = Annotated[float, Field(ge=0, le=0.3)]


def _span(text: Any) -> tuple[int, int]:
    """Minutes of day of "22:00-04:00"; an end at or before the start lies in the next day."""
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('hours are written as "17:30-22:30"')
    h, m, to_h, to_m = (int(part) for part in match.groups())
    start, end = h * 60 + m, to_h * 60 + to_m
    if start >= DAY_MINUTES or end > DAY_MINUTES or m > 59 or to_m > 59 or start == end:
        raise ValueError(f"{text} is not a range of one day")
    return start, end


Span = Annotated[tuple[int, int], BeforeValidator(_span)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Prices(_Part):
    """VND/kWh before VAT."""

    off_peak: Price
    normal: Price
    peak: Price


class Hours(_Part):
    """Peak and off-peak of some weekdays; what is neither is normal. A range past midnight belongs to its first day."""

    days: Annotated[list[Day], Field(min_length=1)]
    peak: list[Span] = []
    off_peak: list[Span] = []


class Period(_Part):
    """Prices and hours from a day on, until the next period's day."""

    valid_from: date
    source: Annotated[str, Field(min_length=1)]
    prices: Prices
    hours: list[Hours]

    @model_validator(mode="after")
    def _every_day_once(self) -> "Period":
        days = [day for hours in self.hours for day in hours.days]
        if sorted(days) != sorted(WEEK):
            raise ValueError("hours must name each of mon to sun once")
        for at, day in enumerate(WEEK):
            spans = sorted(span for band in ("peak", "off_peak") for span in self._spans(at, band))
            if any(first[1] > second[0] for first, second in pairwise(spans)):
                raise ValueError(f"hours of {day} overlap")
        return self

    def band(self, weekday: int, minute: int) -> Band:
        """Which price holds at this minute of this weekday, Monday = 0."""
        if any(start <= minute < end for start, end in self._spans(weekday, "peak")):
            return "peak"
        if any(start <= minute < end for start, end in self._spans(weekday, "off_peak")):
            return "off_peak"
        return "normal"

    def _spans(self, weekday: int, band: str) -> list[tuple[int, int]]:
        """Within this weekday only, with what reaches over from the day before."""
        today = [(start, end if end > start else DAY_MINUTES) for start, end in self._written(weekday, band)]
        over = [(0, end) for start, end in self._written((weekday - 1) % 7, band) if 0 < end <= start]
        return over + today

    def _written(self, weekday: int, band: str) -> list[tuple[int, int]]:
        for hours in self.hours:
            if WEEK[weekday] in hours.days:
                return hours.peak if band == "peak" else hours.off_peak
        return []


class Vat(_Part):
    """Value added tax as a share, from a day on."""

    valid_from: date
    share: Share


class Tariff(_Part):
    """One price list with its history; `warning` is not empty when this is not what was asked for."""

    title: Annotated[str, Field(min_length=1)]
    note: str = ""
    period: Annotated[list[Period], Field(min_length=1)]
    vat: list[Vat] = []
    warning: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> "Tariff":
        for days in ([period.valid_from for period in self.period], [vat.valid_from for vat in self.vat]):
            if any(first >= second for first, second in pairwise(days)):
                raise ValueError("valid_from must rise from one entry to the next")
        return self

    def price_vnd_kwh(self, local: datetime) -> float:
        """Price before VAT at this local time; before the first period, the first period's."""
        period = self._period(local.date())
        return float(getattr(period.prices, self.band(local)))

    def band(self, local: datetime) -> Band:
        """Peak, normal or off_peak at this local time."""
        return self._period(local.date()).band(local.weekday(), local.hour * 60 + local.minute)

    def vat_share(self, local: datetime) -> float:
        """Value added tax at this local time, 0.08 for 8 %; 0 where the file does not say."""
        at = bisect_right([vat.valid_from for vat in self.vat], local.date()) - 1
        return self.vat[at].share if at >= 0 else 0.0

    def _period(self, day: date) -> Period:
        at = bisect_right([period.valid_from for period in self.period], day) - 1
        return self.period[max(at, 0)]


def flat(price_vnd_kwh: float = FLAT_VND_KWH, warning: str = "") -> Tariff:
    """One price at all hours, VND/kWh before VAT."""
    period = Period(
        valid_from=date(2000, 1, 1),
        source="flat price",
        prices=Prices(off_peak=price_vnd_kwh, normal=price_vnd_kwh, peak=price_vnd_kwh),
        hours=[Hours(days=[*WEEK])],
    )
    return Tariff(title=f"{price_vnd_kwh:.0f} VND/kWh", period=[period], warning=warning)


def read_tariff(name_or_path: str | Path) -> Tariff:
    """The tariff of this name in gateway/tariffs or of this file; what cannot be used ends in `flat()` with a warning."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{path.name}.toml"
    try:
        return Tariff.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        said = f"cannot be read ({error}); there are {', '.join(names())}"
    except tomllib.TOMLDecodeError as error:
        said = f"is not valid TOML ({error})"
    except ValidationError as error:
        problem = error.errors()[0]
        said = f"{'.'.join(str(part) for part in problem['loc']) or 'file'}: {problem['msg']}"
    return flat(warning=f"tariff {name_or_path}: {said}. A flat {FLAT_VND_KWH:.0f} VND/kWh is used.")


def names() -> list[str]:
    """The tariffs that come with the gateway."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
