"""From points (raw, true) to the curve that a node applies, and the sanity of it.

A curve is a list of segments (raw_from, gain, offset): shown = gain * raw + offset from raw_from on. The first segment
reaches down without end.
"""

from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Segment = tuple[float, float, float]

FIRST = -1e9


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to calibrate: how many points, and what slope (probe against truth) and zero error are believed."""

    name: str
    points: int
    least_slope: float = 0.8
    most_slope: float = 1.25
    most_zero_error: float = float("inf")


# pH slope: 90 to 105 % of the theoretical 59.16 mV; zero error at pH 7: 50 mV, which is 0.85 pH.
KINDS = {
    "do_1": Kind(name="do_1", points=1),
    "do_2": Kind(name="do_2", points=2, most_zero_error=5.0),
    "ph_2": Kind(name="ph_2", points=2, least_slope=0.90, most_slope=1.05, most_zero_error=0.85),
    "ph_3": Kind(name="ph_3", points=3, least_slope=0.90, most_slope=1.05, most_zero_error=0.85),
    "ec_1": Kind(name="ec_1", points=1),
    "offset": Kind(name="offset", points=1),
}
NEUTRAL_PH = 7.0


class BadPoints(ValueError):
    """These points make no curve that a healthy probe could have; the text says what is odd."""


def curve_of(kind_name: str, points: list[Point]) -> list[Segment]:
    """The curve through the points; BadPoints when no healthy probe reads so. KeyError for an unknown kind."""
    kind = KINDS[kind_name]
    if len(points) != kind.points:
        raise BadPoints(f"{kind.name} needs {kind.points} points, got {len(points)}")
    ordered = sorted(points)
    if kind.name == "offset":
        raw, true = ordered[0]
        return [(FIRST, 1.0, true - raw)]
    if kind.points == 1:
        curve = [(FIRST, _ratio(ordered[0]), 0.0)]
    else:
        curve = [_line(low, high) for low, high in pairwise(ordered)]
        curve[0] = (FIRST, *curve[0][1:])
    _check(kind, curve)
    return curve


def apply(curve: list[Segment], raw: float) -> float:
    """What a node shows for a raw value."""
    if not curve:
        return raw
    _, gain, offset = [segment for segment in curve if raw >= segment[0]][-1]
    return gain * raw + offset


def _ratio(point: Point) -> float:
    raw, true = point
    if raw <= 0 or true <= 0:
        raise BadPoints(f"raw {raw:g} against {true:g}: a one-point calibration needs both above zero")
    return true / raw


def _line(low: Point, high: Point) -> Segment:
    if high[0] - low[0] < 1e-6 or high[1] <= low[1]:
        raise BadPoints(f"raw {low[0]:g} and {high[0]:g} do not rise with the standards {low[1]:g} and {high[1]:g}")
    gain = (high[1] - low[1]) / (high[0] - low[0])
    return (low[0], gain, low[1] - gain * low[0])


def _check(kind: Kind, curve: list[Segment]) -> None:
    for _, gain, _ in curve:
        if not kind.least_slope <= 1 / gain <= kind.most_slope:
            raise BadPoints(
                f"the probe's slope is {100 / gain:.0f} %, believed are {100 * kind.least_slope:.0f} to "
                f"{100 * kind.most_slope:.0f} %"
            )
    neutral = NEUTRAL_PH if kind.name.startswith("ph") else 0.0
    _, gain, offset = curve[0]
    error = (neutral - offset) / gain - neutral
    if abs(error) > kind.most_zero_error:
        raise BadPoints(f"the probe reads {error:+.2f} off at {neutral:g}, believed is {kind.most_zero_error:g}")
