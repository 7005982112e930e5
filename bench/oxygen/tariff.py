"""Prices of the benchmark: QD 1279/2025 below 6 kV before VAT, hours of QD 963/2026."""

from datetime import datetime, timedelta

MONDAY = datetime(2026, 7, 6)  # noqa: DTZ001 - local pond time
START_COST_VND = 60.0


def price_vnd_kwh(local: datetime) -> float:
    """Price of a kWh drawn now."""
    hour = local.hour + local.minute / 60
    if hour < 6:
        return 1300.0
    if local.weekday() != 6 and 17.5 <= hour < 22.5:
        return 3640.0
    return 1987.0


def price_at(hour: float) -> float:
    """Price of a kWh at an hour since Monday 00:00."""
    return price_vnd_kwh(MONDAY + timedelta(hours=hour))
