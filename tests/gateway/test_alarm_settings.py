"""What farm.toml may say of alarms."""

from pathlib import Path

import pytest

from gateway.alarms.limits import preset
from gateway.farm import FarmError
from tests.gateway.farms import FARM, small_farm

PERSON = '\n[[person]]\nid = "lan"\nname = "Lan"\n'


def test_a_farm_that_says_nothing_has_the_regulations_limits(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    limits = farm.limits_of(farm.pond[0])
    assert (limits.temperature_high_c, limits.ph_low, limits.ammonia_high_mg_l) == (33.0, 7.0, 0.3)
    assert preset("qcvn-02-19-2014").dated.year == 2014


def test_a_pond_may_have_limits_of_its_own(tmp_path: Path) -> None:
    text = FARM + '\n[pond.limits]\nph_high = 8.6\n\n[alarms]\npreset = "vannamei"\nproof_test = "sun 09:00"\n'
    farm = small_farm(tmp_path, text)
    limits = farm.limits_of(farm.pond[0])
    assert (limits.ph_high, limits.temperature_high_c) == (8.6, 32.0)
    assert farm.alarms.proof_test == (6 * 24 + 9) * 60


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('\n[alarms]\npreset = "none"\n', "qcvn-02-19-2014"),
        ('\n[alarms]\nproof_test = "9h"\n', 'written as "sun 09:00"'),
        ('\n[alarms]\nout_of_service = ["do_low"]\n', "dead shrimp"),
        ('\n[alarms]\nout_of_service = ["do_lwo"]\n', "no alarm 'do_lwo'"),
        ('\n[[alarms.step]]\nafter_s = 0\nchannels = ["sms"]\npersons = ["minh"]\n', "nobody has the id 'minh'"),
        ("\n[pond.limits]\nph_low = 9.5\n", "each low limit must be under its high one"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(FarmError, match=said):
        small_farm(tmp_path, FARM + more + PERSON)
