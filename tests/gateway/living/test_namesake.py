"""A copied memory card: both gateways hear of each other; one that was only started again is no namesake."""

from gateway.uplink.namesake import Namesake
from tests.gateway.farms import Steps


def test_two_gateways_of_one_name_find_out_once_and_forget_when_it_is_over() -> None:
    steps = Steps()
    here = Namesake("aaaa", lambda: steps.now_s)
    steps.forward(130)
    told = []
    for number in range(6):
        steps.forward(10)
        assert not here.hear(f"aaaa-{number}")
        told.append(here.hear(f"bbbb-{number}"))
    assert told == [False, False, True, False, False, False]
    assert here.there
    steps.forward(700)
    assert not here.there


def test_confirmations_of_the_own_last_run_are_no_namesake() -> None:
    steps = Steps()
    here = Namesake("aaaa", lambda: steps.now_s)
    for number in range(20):
        steps.forward(5)
        assert not here.hear(f"old-{number}")
    assert not here.there
