"""Are there more cases in one place and the last days than chance would bring? A question to look into, never a diagnosis.

Kulldorff's prospective space-time scan statistic, Poisson model: M. Kulldorff (2001), Prospective time periodic
geographical disease surveillance using a scan statistic, J. R. Stat. Soc. A 164:61-72. The window is a cylinder: a circle
around one of the places, and some whole days that end today. The number of all cases is taken as given.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How wide and long a cylinder may be, and how many random copies its p comes from.

    `share` is the largest part of all that is at risk (the paper's half) that a circle may hold. `p` cannot fall below
    1 / (replicates + 1); it is exact at alpha where (replicates + 1) * alpha is whole.
    """

    share: float = 0.5
    radius_km: float = 20.0
    days: int = 14
    replicates: int = 999


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The least likely cylinder: its middle (a place's number), what is in it, and how often chance alone does as much.

    `relative_risk` is the rate inside over the rate outside, infinite where nothing lies outside. One look a day at
    nothing finds as much once in `1 / p` days on average.
    """

    centre: int
    radius_km: float
    places: tuple[int, ...]
    days: int
    observed: int
    expected: float
    relative_risk: float
    likelihood_ratio_log: float
    p: float


def scan(
    positions_km: Floats, at_risk: Floats, cases: Counts, random: np.random.Generator, limits: Limits
) -> Cluster | None:
    """The cluster that chance explains worst; None where no cylinder holds more than its share.

    `positions_km` is (places, 2); `at_risk` and `cases` are (places, days), the last day today: what cases are
    proportional to when nothing goes on (ponds watched), and how many there were. ValueError where they do not fit.
    """
    _check(positions_km, at_risk, cases)
    total = int(cases.sum())
    if total == 0:
        return None
    circles = _circles(positions_km, at_risk, limits)
    heights = min(limits.days, cases.shape[1])
    expected = _last_days(at_risk[None], heights)[0] * (total / at_risk.sum())
    best, found = _best(circles, expected, _last_days(cases[None], heights), total)
    if best[0] <= 0:
        return None
    drawn = random.multinomial(total, (at_risk / at_risk.sum()).ravel(), size=limits.replicates)
    copies, _ = _best(circles, expected, _last_days(drawn.reshape(-1, *cases.shape), heights), total)
    p = (1 + int((copies >= best[0] - 1e-9).sum())) / (limits.replicates + 1)
    return _cluster(circles[found[0]], found, expected, cases, float(best[0]), p)


def to_km(latitudes: Floats, longitudes: Floats) -> Floats:
    """Positions on a plane, good to a part in a thousand over a province."""
    north = np.radians(latitudes) * EARTH_RADIUS_KM
    east = np.radians(longitudes) * EARTH_RADIUS_KM * np.cos(np.radians(latitudes.mean()))
    return np.column_stack((east, north))


@dataclass(frozen=True)
class _Circles:
    """All circles around one place: places by distance, and after how many of them a circle may end."""

    centre: int
    order: Counts
    ends: Counts
    radii_km: Floats


def _check(positions_km: Floats, at_risk: Floats, cases: Counts) -> None:
    if cases.shape != at_risk.shape or positions_km.shape != (len(cases), 2):
        raise ValueError(f"places and days differ: {positions_km.shape}, {at_risk.shape}, {cases.shape}")
    if at_risk.min(initial=0) < 0 or cases.min(initial=0) < 0 or at_risk.sum() <= 0:
        raise ValueError("what is at risk and cases are counts, and something must be at risk")


def _circles(positions_km: Floats, at_risk: Floats, limits: Limits) -> list[_Circles]:
    """Places at the same distance enter together: a circle cannot hold only one of them."""
    held = at_risk.sum(axis=1)
    made = []
    for centre, middle in enumerate(positions_km):
        distances = np.hypot(*(positions_km - middle).T)
        order = np.argsort(distances, kind="stable")
        sorted_km = distances[order]
        last_of_tie = np.append(np.diff(sorted_km) > 1e-9, True)
        small = (np.cumsum(held[order]) <= limits.share * held.sum() + 1e-9) & (sorted_km <= limits.radius_km)
        ends = np.flatnonzero(last_of_tie & small)
        made.append(_Circles(centre, order, ends, sorted_km))
    return made


def _last_days(values: NDArray[Any], heights: int) -> NDArray[Any]:
    """Sums over the last day, the last two, and so on: (..., places, heights)."""
    return np.cumsum(values[..., ::-1], axis=-1)[..., :heights]


def _best(
    circles: list[_Circles], expected: NDArray[Any], sums: NDArray[Any], total: int
) -> tuple[Floats, tuple[int, int, int]]:
    """The highest log likelihood ratio of each copy, and where the first copy has it: circles, end, height."""
    best = np.zeros(len(sums))
    where = (0, 0, 0)
    for number, around in enumerate(circles):
        if not len(around.ends):
            continue
        order = around.order[: around.ends[-1] + 1]
        mu = np.cumsum(expected[order], axis=0)[around.ends]
        inside = np.cumsum(sums[:, order], axis=1, dtype=np.int32)[:, around.ends].reshape(len(sums), -1)
        ratios = _ratios(mu.ravel(), total)
        found = ratios.ravel()[inside + np.arange(mu.size, dtype=np.int32) * (total + 1)]
        if found[0].max() > best[0] + 1e-9:
            end, height = divmod(int(found[0].argmax()), mu.shape[1])
            where = (number, end, height)
        best = np.maximum(best, found.max(axis=1))
    return best, where


def _ratios(mu: Floats, total: int) -> Floats:
    """Log likelihood ratio of "more inside than outside" against "alike", for each cylinder and each count inside it.

    0 where there is no more inside than expected.
    """
    inside = np.arange(total + 1, dtype=float)
    outside = total - inside
    mu = np.clip(mu, 1e-300, total)[:, None]
    apart = inside * np.log(np.maximum(inside, 1.0) / mu)
    rest = outside * np.log(np.maximum(outside, 1.0) / np.maximum(total - mu, 1e-300))
    return np.where(inside > mu, apart + rest, 0.0)


def _cluster(
    around: _Circles,
    found: tuple[int, int, int],
    expected: NDArray[Any],
    cases: Counts,
    ratio: float,
    p: float,
) -> Cluster:
    end, days = int(around.ends[found[1]]), found[2] + 1
    places = around.order[: end + 1]
    observed, total = int(cases[places, -days:].sum()), int(cases.sum())
    inside = float(expected[places, days - 1].sum())
    outside_rate = (total - observed) / (total - inside) if total > inside else 0.0
    return Cluster(
        centre=around.centre,
        radius_km=float(around.radii_km[end]),
        places=tuple(sorted(int(place) for place in places)),
        days=days,
        observed=observed,
        expected=inside,
        relative_risk=observed / inside / outside_rate if outside_rate else float("inf"),
        likelihood_ratio_log=ratio,
        p=p,
    )
