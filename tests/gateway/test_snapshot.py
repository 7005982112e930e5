"""What control tells other processes is JSON as the standard has it, from its first word on."""

import json
from pathlib import Path

from gateway.process import ControlProcess
from tests.gateway.farms import Steps, sample, small_farm


async def test_no_number_of_the_snapshot_is_none_that_json_knows(tmp_path: Path) -> None:
    steps = Steps()
    process = ControlProcess(small_farm(tmp_path), steps.clock())
    json.dumps(process.snapshot(), allow_nan=False)
    for number, do_mg_l in enumerate((5.0, 4.8, 3.5, 2.4), 1):
        steps.forward(10)
        process.control.take("node-1", sample(number, steps.now_s, do_mg_l), 10.0)
        process._pass()
        json.dumps(process.snapshot(), allow_nan=False)
