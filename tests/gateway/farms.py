"""A small farm for tests, and a clock that is stepped."""

from dataclasses import dataclass
from pathlib import Path

from gateway.bus.samples import Quality, Reading, Sample
from gateway.clock import Clock
from gateway.farm import Farm, read_farm

FARM = """
id = "test"
name = "Test farm"
data = "data"

[[line]]
id = "one"
port = "/dev/null"

[[node]]
id = "node-1"
line = "one"
unit = 11

[[panel]]
id = "panel-1"
line = "one"
unit = 21

[[pond]]
id = "ao-1"
name = "Ao 1"
node = "node-1"
panel = "panel-1"
aerators = [1, 2, 3, 4]
"""


def small_farm(folder: Path, text: str = FARM) -> Farm:
    path = folder / "farm.toml"
    path.write_text(text, encoding="utf-8")
    return read_farm(path)


@dataclass
class Steps:
    """Both clocks, in hand."""

    now_s: float = 1000.0
    wall_s: float = 1_800_000_000.0

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now_s, wall=lambda: self.wall_s)

    def forward(self, seconds: float) -> None:
        self.now_s += seconds
        self.wall_s += seconds


def sample(
    sequence: int,
    taken_s: float,
    do_mg_l: float | None = 5.0,
    *,
    saturation: float = 70.0,
    temperature_c: float = 29.0,
    quality: Quality = Quality.GOOD,
    boot: int = 7,
    node: str = "n1",
    late: bool = False,
) -> Sample:
    wobble = sequence % 7 * 0.01
    value = None if do_mg_l is None else do_mg_l + wobble
    return Sample(
        node=node,
        boot=boot,
        sequence=sequence,
        taken_s=taken_s,
        late=late,
        readings=(
            Reading(quantity="do_mg_l", value=value, quality=quality),
            Reading(quantity="do_sat", value=saturation + wobble * 10, quality=quality),
            Reading(quantity="temperature_c", value=temperature_c, quality=Quality.GOOD),
        ),
    )
