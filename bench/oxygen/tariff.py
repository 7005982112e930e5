"""Prices of the benchmark: the gateway's own dated tariff below 6 kV before VAT, in the week of 6 July 2026."""

from datetime import datetime, timedelta
from functools import cache

from gateway.tariff import read_tariff

MONDAY = datetime(2026, 7, 6)  # noqa: DTZ001 - local pond time
START_COST_VND = 60.0
TARIFF = "vn-under-6kv"


@cache
def _quarters() -> list[float]:
    """Price of each quarter of an hour of a week; prices change at no other times."""
    tariff = read_tariff(TARIFF)
    if tariff.warning:
        raise ValueError(tariff.warning)
    return [tariff.price_vnd_kwh(MONDAY + timedelta(minutes=15 * quarter)) for quarter in range(7 * 96)]


def price_at(hour: float) -> float:
    """Price of a kWh, VND, at an hour since Monday 00:00; weeks repeat."""
    return _quarters()[int(hour % 168 * 4)]
