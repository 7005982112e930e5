"""Physical properties of water that the whole house shares."""

import math

KELVIN = 273.15
STANDARD_PRESSURE_HPA = 1013.25


def oxygen_solubility_mg_l(
    temperature_c: float, salinity_psu: float = 0.0, pressure_hpa: float = STANDARD_PRESSURE_HPA
) -> float:
    """Oxygen that water holds in balance with moist air, in mg/L.

    Benson and Krause 1984 as used by the USGS since memorandum 2011.03; pressure correction of the same paper with the
    vapour pressure of fresh water. Valid for 0 to 40 degC, 0 to 40 psu, 0.5 to 1.1 atm.
    """
    kelvin = temperature_c + KELVIN
    fresh = (
        -139.34411 + 1.575701e5 / kelvin - 6.642308e7 / kelvin**2 + 1.243800e10 / kelvin**3 - 8.621949e11 / kelvin**4
    )
    salting_out = salinity_psu * (1.7674e-2 - 10.754 / kelvin + 2.1407e3 / kelvin**2)
    return math.exp(fresh - salting_out) * _pressure_factor(temperature_c, pressure_hpa)


def _pressure_factor(temperature_c: float, pressure_hpa: float) -> float:
    atmospheres = pressure_hpa / STANDARD_PRESSURE_HPA
    vapour = math.exp(11.8571 - 3840.70 / (temperature_c + KELVIN) - 216961.0 / (temperature_c + KELVIN) ** 2)
    theta = 9.75e-4 - 1.426e-5 * temperature_c + 6.436e-8 * temperature_c**2
    return atmospheres * (1 - vapour / atmospheres) * (1 - theta * atmospheres) / ((1 - vapour) * (1 - theta))


def unionised_ammonia_fraction(ph: float, temperature_c: float, salinity_psu: float = 0.0) -> float:
    """Share of total ammonia that is NH3, 0 to 1.

    Fresh water (below 0.5 psu): Emerson et al. 1975, pKa = 0.09018 + 2729.92/T. Saline water: Bell et al. 2008,
    pKa = 10.0423 - 0.0315536 t + 0.003071 S, good for 0 to 40 psu.
    """
    if salinity_psu < 0.5:
        pka = 0.09018 + 2729.92 / (temperature_c + KELVIN)
    else:
        pka = 10.0423 - 0.0315536 * temperature_c + 0.003071 * salinity_psu
    return float(1.0 / (1.0 + 10.0 ** (pka - ph)))


def salinity_psu(conductivity_ms_cm: float, temperature_c: float) -> float:
    """Practical salinity from conductivity in place, PSS-78 at the surface (UNESCO technical paper 44, 1983)."""
    ratio = conductivity_ms_cm / 42.914
    if ratio <= 0:
        return 0.0
    t = temperature_c
    standard = 0.6766097 + t * (2.00564e-2 + t * (1.104259e-4 + t * (-6.9698e-7 + t * 1.0031e-9)))
    root = math.sqrt(ratio / standard)
    base = 0.0080 + root * (-0.1692 + root * (25.3851 + root * (14.0941 + root * (-7.0261 + root * 2.7081))))
    shift = 0.0005 + root * (-0.0056 + root * (-0.0066 + root * (-0.0375 + root * (0.0636 - root * 0.0144))))
    return max(0.0, base + shift * (t - 15.0) / (1.0 + 0.0162 * (t - 15.0)))


def conductivity_ms_cm(salinity: float, temperature_c: float) -> float:
    """The conductivity whose practical salinity is `salinity`: PSS-78 inverted by bisection to 1e-6 mS/cm."""
    low, high = 0.0, 120.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        if salinity_psu(middle, temperature_c) < salinity:
            low = middle
        else:
            high = middle
    return (low + high) / 2
