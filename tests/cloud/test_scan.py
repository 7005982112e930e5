"""Where cases crowd, the scan says so; where they do not, it is wrong as seldom as it promises."""

import math

import numpy as np
import pytest

from cloud.advisories.scan import Cluster, Limits, scan, to_km

WIDE = Limits(share=0.5, radius_km=1000, days=7, replicates=99)


def seeded(number: int = 1) -> np.random.Generator:
    return np.random.default_rng(number)


def likelihood_ratio(inside: float, expected: float, total: float) -> float:
    """As in the paper, without any short cut."""
    if inside <= expected:
        return 0.0
    found = inside * math.log(inside / expected)
    if total > inside:
        found += (total - inside) * math.log((total - inside) / (total - expected))
    return found


def by_hand(positions: np.ndarray, at_risk: np.ndarray, cases: np.ndarray, limits: Limits) -> float:
    """Every cylinder, one by one: the slowest way there is."""
    total, everything = cases.sum(), at_risk.sum()
    best = 0.0
    for middle in positions:
        distances = [math.dist(middle, place) for place in positions]
        for radius in distances:
            held = [index for index, distance in enumerate(distances) if distance <= radius + 1e-9]
            if at_risk[held].sum() > limits.share * everything + 1e-9 or radius > limits.radius_km:
                continue
            for days in range(1, min(limits.days, cases.shape[1]) + 1):
                expected = at_risk[held, -days:].sum() * total / everything
                best = max(best, likelihood_ratio(cases[held, -days:].sum(), expected, total))
    return best


def test_a_case_worked_by_hand() -> None:
    positions = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    cases = np.array([[0, 0, 0, 4], [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1]])
    found = scan(positions, np.ones((4, 4)), cases, seeded(), WIDE)
    assert found is not None
    assert (found.centre, found.radius_km, found.days, found.places) == (0, 0.0, 1, (0,))
    assert (found.observed, found.expected) == (4, 8 / 16)
    assert found.relative_risk == pytest.approx((4 / 0.5) / (4 / 7.5))
    assert found.likelihood_ratio_log == pytest.approx(4 * math.log(8) + 4 * math.log(4 / 7.5))


def test_neighbours_with_cases_for_three_days_are_one_cluster() -> None:
    positions = np.array([[float(index % 5), float(index // 5)] for index in range(25)]) * 2
    cases = np.zeros((25, 20), dtype=int)
    cases[[6, 7, 11], -3:] = 2
    cases[[0, 24, 4, 20], [2, 5, 9, 13]] = 1
    found = scan(positions, np.ones((25, 20)), cases, seeded(), Limits(replicates=999))
    assert found is not None
    assert {6, 7, 11} <= set(found.places)
    assert (found.days, found.observed) == (3, 18)
    assert found.p == 0.001


def test_many_ponds_have_many_cases_and_are_no_cluster() -> None:
    positions = np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]])
    at_risk = np.tile([[40.0], [40.0], [20.0]], (1, 10))
    cases = np.tile([[4], [4], [2]], (1, 10))
    found = scan(positions, at_risk, cases, seeded(), WIDE)
    assert found is None


def test_without_cases_there_is_nothing_to_ask() -> None:
    assert scan(np.zeros((2, 2)), np.ones((2, 3)), np.zeros((2, 3), dtype=int), seeded(), WIDE) is None


def test_a_cluster_of_last_month_that_is_over_is_not_told() -> None:
    cases = np.ones((6, 30), dtype=int)
    cases[0, 2:8] = 9
    positions = np.arange(12.0).reshape(6, 2)
    found = scan(positions, np.ones((6, 30)), cases, seeded(), WIDE)
    assert found is None or found.p > 0.5


@pytest.mark.parametrize("seed", range(25))
def test_no_cylinder_is_overlooked(seed: int) -> None:
    random = seeded(seed)
    places, days = int(random.integers(2, 9)), int(random.integers(1, 10))
    positions = random.integers(0, 4, (places, 2)).astype(float)
    at_risk = random.integers(1, 6, (places, days)).astype(float)
    cases = random.poisson(0.7, (places, days))
    limits = Limits(share=0.5, radius_km=float(random.integers(1, 6)), days=5, replicates=9)
    found = scan(positions, at_risk, cases, seeded(), limits)
    expected = by_hand(positions, at_risk, cases, limits)
    assert (found.likelihood_ratio_log if found else 0.0) == pytest.approx(expected, abs=1e-9)
    if found:
        assert cases[list(found.places), -found.days :].sum() == found.observed
        assert likelihood_ratio(found.observed, found.expected, cases.sum()) == pytest.approx(expected)


def test_the_same_seed_finds_the_same() -> None:
    cases = seeded(3).poisson(0.3, (12, 20))
    positions = seeded(4).uniform(0, 20, (12, 2))

    def once() -> Cluster | None:
        return scan(positions, np.ones((12, 20)), cases, seeded(5), WIDE)

    assert once() == once()


def test_false_alarms_come_as_often_as_promised() -> None:
    """2 and 10 in a hundred, over 200 quiet months: 99.9 % of honest scans lie between these bounds."""
    random = seeded(20261126)
    positions = random.uniform(0, 30, (12, 2))
    at_risk = random.integers(1, 8, 12)[:, None] * np.ones((12, 28))
    ps = []
    for _ in range(200):
        cases = random.poisson(at_risk * 0.03)
        found = scan(positions, at_risk, cases, random, Limits(replicates=99, days=7))
        ps.append(found.p if found else 1.0)
    rates = {alpha: sum(p <= alpha for p in ps) / len(ps) for alpha in (0.05, 0.1, 0.2)}
    assert 0.01 <= rates[0.05] <= 0.1, rates
    assert 0.05 <= rates[0.1] <= 0.165, rates
    assert 0.12 <= rates[0.2] <= 0.285, rates


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="differ"):
        scan(np.zeros((2, 2)), np.ones((2, 3)), np.zeros((2, 4), dtype=int), seeded(), WIDE)
    with pytest.raises(ValueError, match="at risk"):
        scan(np.zeros((2, 2)), np.zeros((2, 3)), np.zeros((2, 3), dtype=int), seeded(), WIDE)


def test_degrees_become_kilometres() -> None:
    positions = to_km(np.array([10.0, 10.0, 11.0]), np.array([105.0, 106.0, 105.0]))
    assert math.dist(positions[0], positions[2]) == pytest.approx(111.2, abs=0.1)
    assert math.dist(positions[0], positions[1]) == pytest.approx(111.2 * math.cos(math.radians(10.3)), abs=0.3)
