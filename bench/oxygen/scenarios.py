"""The scenarios as data. Hours count from Monday 00:00 of the measured week; day 1 is Monday."""

from dataclasses import dataclass, field, replace

from bench.oxygen.kinds import FLOC, GRAND_BAY, GREEN, Kind

WARM_UP_DAYS = 4
DAYS = 7
FOREVER = 24.0 * DAYS


def at(day: int, hour: float = 0.0) -> float:
    """Hour of the week; days count from 1."""
    return (day - 1) * 24.0 + hour


@dataclass(frozen=True, kw_only=True)
class ProbeFault:
    """What a probe does wrong between two hours; `kind` is one of probe.FAULTS, `fits` the alarms that name it."""

    kind: str
    start: float
    end: float
    size: float = 0.0
    fits: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One week of one pond; spans are (first hour, last hour)."""

    name: str
    title: str
    kind: Kind
    light: dict[int, float] = field(default_factory=dict)
    crash: tuple[float, float] | None = None
    cut: tuple[float, float] | None = None
    lost: tuple[int, float] | None = None
    welded: tuple[int, float] | None = None
    feeder: tuple[float, float, float] | None = None
    probe: ProbeFault | None = None
    noisy: bool = False
    nameplate: float = 1.15
    mixing: int = 0
    longest_cut_minutes: float = 0.0

    @property
    def fault_free(self) -> bool:
        """Weather and load only: nothing in this scenario is broken."""
        return not (self.cut or self.lost or self.welded or self.feeder or self.probe)

    @property
    def water(self) -> str:
        """Scenarios of one such name have the same water and machines, so the same optimum."""
        return self.name if self.probe is None and not self.noisy and self.nameplate == 1.15 else "A"


E = ProbeFault(kind="bias", start=0.0, end=FOREVER, size=2.0, fits=("fouled",))
S = ProbeFault(kind="stuck", start=at(3, 22), end=at(4, 6), fits=("stuck",))
O = ProbeFault(kind="out_of_water", start=at(3, 15), end=at(3, 23), fits=("out_of_water",))  # noqa: E741
L = ProbeFault(kind="lost", start=at(3), end=at(3, 6), fits=("lost",))
V = ProbeFault(kind="weak", start=0.0, end=FOREVER, size=0.25, fits=("weak", "fouled"))

# With half of its machines the pond of A still holds; this one does not.
DENSE = replace(GREEN, best_growth_mg_l_h=1.6, growth_slope_mg_l_h=2.2, water_breathing_mg_l_h=0.385)

ALL = [
    Scenario(name="A", title="diel, 10 t/ha", kind=GREEN),
    Scenario(name="A2", title="A, one machine always on for mixing", kind=GREEN, mixing=1),
    Scenario(name="B", title="biofloc, 50 t/ha", kind=FLOC),
    Scenario(name="B2", title="B, three machines always on for mixing", kind=FLOC, mixing=3),
    Scenario(name="C", title="days 2 to 4 cloudy", kind=GREEN, light={2: 0.2, 3: 0.25, 4: 0.3}),
    Scenario(name="D", title="algae crash on day 3", kind=GREEN, crash=(at(3), at(5))),
    Scenario(name="E", title="probe drifts to +2 mg/L", kind=GREEN, probe=E),
    Scenario(name="F", title="denser algae, half the machines lost on day 3", kind=DENSE, lost=(3, at(3, 1))),
    Scenario(name="G", title="power cut of 2 h", kind=GREEN, cut=(at(2, 2), at(2, 4)), longest_cut_minutes=120),
    Scenario(name="H", title="power cut of 30 min in biofloc", kind=FLOC, cut=(at(2, 2), at(2, 2.5)),
             longest_cut_minutes=30),
    Scenario(name="R", title="Grand Bay, 5 to 11 July 2021", kind=GRAND_BAY),
    Scenario(name="S", title="probe stuck for 8 h", kind=GREEN, probe=S),
    Scenario(name="O", title="probe out of water for 8 h", kind=GREEN, probe=O),
    Scenario(name="L", title="node lost for 6 h", kind=GREEN, probe=L),
    Scenario(name="X+", title="aerators said to be 43 % better than they are", kind=GREEN, nameplate=1 / 0.7),
    Scenario(name="X-", title="aerators said to be 23 % worse than they are", kind=GREEN, nameplate=1 / 1.3),
    Scenario(name="N", title="probe noise doubled, lag of 3 min", kind=GREEN, noisy=True),
    Scenario(name="W", title="contactor welded from day 2", kind=GREEN, welded=(1, at(2))),
    Scenario(name="P", title="feeder at 60 % from 18 to 21 h", kind=GREEN, feeder=(0.6, 18, 21)),
    Scenario(name="V", title="probe loses a quarter of its gain", kind=GREEN, probe=V),
]  # fmt: skip
BY_NAME = {scenario.name: scenario for scenario in ALL}
