"""How fast oxygen rises or falls, as every page tells it."""

from collections.abc import Sequence

TREND_S = 1800.0
LEAST_TREND_S = 240.0
LEAST_VALUES = 4


def slope_mg_l_h(history: Sequence[tuple[float, float]]) -> float | None:
    """By least squares, of (seconds, mg/L) in the order of time; None for too few or too short."""
    if len(history) < LEAST_VALUES or history[-1][0] - history[0][0] < LEAST_TREND_S:
        return None
    mean_s = sum(at for at, _ in history) / len(history)
    mean = sum(value for _, value in history) / len(history)
    spread = sum((at - mean_s) ** 2 for at, _ in history)
    return 3600 * sum((at - mean_s) * (value - mean) for at, value in history) / spread
