"""A copied memory card: both gateways hear of each other; one that was only started again is no namesake."""

import contextlib
import json
from pathlib import Path

import pytest

from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from gateway.uplink.namesake import Namesake
from gateway.uplink.uplink import Uplink
from tests.faults import Fault
from tests.gateway.farms import FARM, Steps, sample, small_farm

UPLINK = '\n[uplink]\nurl = "mqtt://127.0.0.1:1"\npassword_file = "password"\n'


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


@pytest.mark.fault("29", "the memory card is copied: two gateways have one identity")
def test_the_other_ones_confirmations_take_nothing_from_the_outbox(tmp_path: Path, fault: Fault) -> None:
    steps = Steps()
    farm = small_farm(tmp_path, FARM + UPLINK)
    journal = Journal(farm.data / "journal.sqlite", steps.clock(), "boot")
    journal.open()
    assert farm.uplink is not None
    uplink = Uplink(farm, farm.uplink, journal, steps.clock(), "boot")
    journal.put(sample(1, steps.now_s))
    steps.forward(200)
    for number in range(5):
        uplink._take_ack(json.dumps({"batch": f"ffffffff-{number}", "status": "stored"}).encode())
    assert uplink.namesake.there
    journal.flush()
    with contextlib.closing(JournalReader(journal.path)) as reader:
        assert len(reader.unsent("sample", 10)) == 1
        assert [event["kind"] for event in reader.unsent("event", 10)] == ["identity_shared"]
    journal.close()
    fault.measured(
        aerators="not concerned (the uplink alone, with confirmations as the other one would get them)",
        lost="nothing: the other one's confirmations take no row out of the outbox",
        told="event at the third confirmation of a batch that was never sent, two minutes after the start; `doctor`",
    )
