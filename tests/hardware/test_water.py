"""Physical properties against published tables and 5,333 rows of a real record."""

import csv
import statistics
from importlib import resources

import pytest

from hardware.water import conductivity_ms_cm, oxygen_solubility_mg_l, salinity_psu, unionised_ammonia_fraction

TEMPERATURES = (20, 22, 24, 26, 28, 30, 32, 34)
# Benson and Krause 1984 at 1 atm, mg/L, by salinity.
SOLUBILITY = {
    0: (9.092, 8.744, 8.418, 8.114, 7.828, 7.559, 7.305, 7.065),
    5: (8.828, 8.493, 8.181, 7.888, 7.613, 7.354, 7.110, 6.878),
    10: (8.572, 8.250, 7.950, 7.668, 7.404, 7.155, 6.919, 6.697),
    15: (8.322, 8.014, 7.725, 7.455, 7.201, 6.961, 6.734, 6.520),
    20: (8.080, 7.784, 7.507, 7.247, 7.003, 6.772, 6.554, 6.348),
    25: (7.846, 7.561, 7.295, 7.045, 6.811, 6.589, 6.379, 6.180),
    30: (7.617, 7.345, 7.089, 6.849, 6.624, 6.410, 6.208, 6.017),
    35: (7.396, 7.134, 6.889, 6.659, 6.442, 6.237, 6.042, 5.858),
}


@pytest.mark.parametrize("salinity", SOLUBILITY)
def test_oxygen_solubility_of_the_published_table(salinity: int) -> None:
    for temperature_c, expected in zip(TEMPERATURES, SOLUBILITY[salinity], strict=True):
        assert oxygen_solubility_mg_l(temperature_c, salinity) == pytest.approx(expected, abs=0.0015)


def test_oxygen_solubility_of_another_code_base_and_under_pressure() -> None:
    assert oxygen_solubility_mg_l(21, 0, 1013.25) == pytest.approx(8.914559, rel=1e-4)
    assert oxygen_solubility_mg_l(28, 0, 0.95 * 1013.25) == pytest.approx(7.421, abs=0.002)
    assert oxygen_solubility_mg_l(28, 15, 0.95 * 1013.25) == pytest.approx(6.827, abs=0.002)


def test_oxygen_against_the_real_record() -> None:
    """The instrument's mg/L over its own % of saturation is the solubility that it used."""
    text = resources.files("hardware.twin").joinpath("data/grand_bay_2021.csv").read_text()
    errors = []
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        cells = [row[name] for name in ("temp_c", "salinity_psu", "do_sat_pct", "do_mg_l")]
        if all(cells):
            temperature_c, salinity, saturation, do_mg_l = map(float, cells)
            computed = oxygen_solubility_mg_l(temperature_c, salinity) * saturation / 100
            errors.append(computed / do_mg_l - 1)
    errors.sort()
    assert len(errors) == 5333
    assert abs(statistics.median(errors)) < 0.005
    assert errors[len(errors) * 5 // 100] > -0.015
    assert errors[len(errors) * 95 // 100] < 0.015


@pytest.mark.parametrize(
    ("temperature_c", "ph", "percent"),
    [(28, 7.5, 2.16), (28, 8.0, 6.54), (28, 8.5, 18.12), (28, 9.0, 41.16), (30, 7.5, 2.48), (30, 8.5, 20.25)],
)
def test_ammonia_in_fresh_water(temperature_c: float, ph: float, percent: float) -> None:
    """Emerson 1975."""
    assert 100 * unionised_ammonia_fraction(ph, temperature_c) == pytest.approx(percent, rel=0.003)


@pytest.mark.parametrize(
    ("temperature_c", "ph", "percent"), [(20, 8.0, 2.98), (25, 7.5, 1.39), (25, 8.0, 4.28), (25, 8.5, 12.40)]
)
def test_ammonia_in_sea_water(temperature_c: float, ph: float, percent: float) -> None:
    """Bower and Bidwell 1978 at 34 psu; the formula stands within 2 % of it."""
    assert 100 * unionised_ammonia_fraction(ph, temperature_c, 34) == pytest.approx(percent, rel=0.02)


def test_salinity_and_conductivity_are_each_others_inverse() -> None:
    assert salinity_psu(42.914, 15) == pytest.approx(35.0, abs=1e-3)
    for salinity in (2, 10, 25, 35):
        assert salinity_psu(conductivity_ms_cm(salinity, 29), 29) == pytest.approx(salinity, abs=1e-3)
