"""Who takes part, by name."""

from importlib.util import find_spec

from bench.oxygen.baselines import AlwaysOn, Hysteresis, Pid, Staged, Timer
from bench.oxygen.seen import Factory, Facts, Player


def _mpc(facts: Facts) -> Player:
    """CasADi is loaded only where it plays."""
    from bench.oxygen.mpc import Mpc

    return Mpc(facts)


BASELINES: dict[str, Factory] = {
    "always": AlwaysOn,
    "timer": Timer,
    "hyst55": lambda facts: Hysteresis(facts, 4.5, 5.5),
    "hyst47": lambda facts: Hysteresis(facts, 4.2, 4.7),
    "staged": Staged,
    "pid": Pid,
    "mpc": _mpc,
}

# Slow ones take part in these scenarios only.
ONLY_IN: dict[str, tuple[str, ...]] = {"mpc": ("A", "B", "C", "D", "R")}


def players() -> dict[str, Factory]:
    """The baselines, and our own controller once it is there."""
    found = dict(BASELINES)
    if find_spec("bench.oxygen.ours"):
        from bench.oxygen.ours import ours

        found["ours"] = ours
    return found
