"""What is wrong with a pond's probe, in one word, and what the farmer can do about it: of judge, step test and record."""

from typing import Any

from gateway.control.observation import DoState, Oxygen
from gateway.control.pilot import Pilot
from gateway.control.signature import Fault, Signature
from gateway.control.truth import doubt_mg_l

OF_STATE = {
    DoState.STALE: "lost",
    DoState.BAD: "dead",
    DoState.FROZEN: "stuck",
    DoState.OUT_OF_WATER: "out_of_water",
    DoState.IMPLAUSIBLE: "implausible",
}
OF_RECORD = {Fault.NOISY, Fault.INCONSISTENT, Fault.FOULED, Fault.WEAK, Fault.SALINITY}
TASKS = {
    "lost": "check_cable",
    "dead": "check_cable",
    "stuck": "check_probe",
    "out_of_water": "return_probe",
    "implausible": "check_probe",
    "noisy": "check_probe",
    "inconsistent": "calibrate_probe",
    "fouled": "clean_probe",
    "weak": "replace_probe",
    "salinity": "check_probe",
}


def verdict(oxygen: Oxygen, pilot: Pilot, signature: Signature) -> str:
    """One word, empty for a good probe: what the judge says now, else the step test's, else the record's."""
    if word := OF_STATE.get(oxygen.state) or pilot.truth.verdict:
        return word
    return next((str(found.fault) for found in signature.verdicts if found.fault in OF_RECORD), "")


def probe_row(word: str, oxygen: Oxygen, pilot: Pilot) -> dict[str, Any]:
    """As the page shows it; `corrected_mg_l` is None while oxygen is not known."""
    estimator = pilot.estimator
    known = oxygen.good and estimator.known
    return {
        "verdict": word,
        "offset_mg_l": round(estimator.offset_mg_l, 2) if estimator.known else 0.0,
        "offset_sd_mg_l": round(doubt_mg_l(estimator), 2) if estimator.known else 0.0,
        "shown_mg_l": oxygen.value_mg_l,
        "corrected_mg_l": round(pilot.do_mg_l, 2) if known else None,
        "task": TASKS.get(word, ""),
    }
