# Oxygen in mg/L from a probe's share of saturation; salinity from conductivity. Formulas and their sources as in
# hardware/water.py, against which they are tested: a board carries no file of that room but the register map.

from math import exp, log, sqrt


def do_mg_l(saturation: float, temperature_c: float, salinity_psu: float, pressure_hpa: float) -> float:
    # `saturation` is a share, 1.0 in balance with air. Benson and Krause 1984.
    kelvin = temperature_c + 273.15
    fresh = -139.34411 + (1.575701e5 + (-6.642308e7 + (1.243800e10 - 8.621949e11 / kelvin) / kelvin) / kelvin) / kelvin
    salting_out = salinity_psu * (1.7674e-2 - 10.754 / kelvin + 2140.7 / (kelvin * kelvin))
    atmospheres = pressure_hpa / 1013.25
    vapour = exp(11.8571 - 3840.70 / kelvin - 216961.0 / (kelvin * kelvin))
    theta = 9.75e-4 - 1.426e-5 * temperature_c + 6.436e-8 * temperature_c * temperature_c
    pressure = exp(
        log(atmospheres)
        + log((1 - vapour / atmospheres) / (1 - vapour))
        + log((1 - theta * atmospheres) / (1 - theta))
    )
    return saturation * exp(fresh - salting_out) * pressure


def salinity_psu(conductivity_ms_cm: float, temperature_c: float) -> float:
    # Practical salinity scale 1978 at the surface (UNESCO technical paper 44, 1983).
    if conductivity_ms_cm <= 0:
        return 0.0
    t = temperature_c
    standard = 0.6766097 + t * (2.00564e-2 + t * (1.104259e-4 + t * (-6.9698e-7 + t * 1.0031e-9)))
    r = sqrt(conductivity_ms_cm / 42.914 / standard)
    base = 0.0080 + r * (-0.1692 + r * (25.3851 + r * (14.0941 + r * (-7.0261 + r * 2.7081))))
    shift = 0.0005 + r * (-0.0056 + r * (-0.0066 + r * (-0.0375 + r * (0.0636 - r * 0.0144))))
    return max(0.0, base + shift * (t - 15.0) / (1.0 + 0.0162 * (t - 15.0)))
